//! Compilers that rustup has not brought: Debian's browser-support packages hold a current one with sources, and one
//! of our oldest supported version. They are unpacked below the target folder; only what must lie in its place is
//! installed, by `install`, and that only for the long tiers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::process;
use crate::scratch::failed;
use crate::step::{Step, Stop};
use crate::workspace::{Workspace, minutes};

/// Without an operating system: one with 32-bit words and one with 64.
const BARE_METAL: [&str; 2] = ["thumbv7em-none-eabihf", "x86_64-unknown-none"];

/// The same as `rust-version` in Cargo.toml; `msrv` compares them.
const OLDEST: &str = "1.85";

/// The current one. Its sources let a check build a standard library of its own.
pub(crate) const CURRENT: &str = "1.96";

pub(crate) fn nostd(workspace: &Workspace) -> Step<'_> {
    Step::new("nostd", "the library without std, for targets that have none", move || {
        if BARE_METAL.iter().all(|target| has_target(target)) {
            for target in BARE_METAL {
                let arguments = format!("build -p thalweg --lib --no-default-features --target {target}");
                process::run(workspace.cargo("nostd", &arguments), minutes(5))?;
            }
            return Ok(BARE_METAL.join(", "));
        }
        let compiler = Compiler::unpack(workspace, CURRENT, &["rust-web-src"])?;
        let build = |more: &str, target: &str| {
            let arguments = format!("build -Zbuild-std=core,alloc -p thalweg --lib {more} --target {target}");
            let mut command = compiler.cargo(workspace, "nostd", &arguments);
            command.env("RUSTC_BOOTSTRAP", "1");
            command
        };
        // Both at once: `core` is one crate, which keeps one processor busy.
        let both = BARE_METAL.join(" --target ");
        process::run(build("--no-default-features", &both), minutes(8))?;
        process::run(build("--no-default-features --features sink", &both), minutes(8))?;
        // Shows that the targets have no std that could slip in.
        let ended = process::probe(build("--features std", BARE_METAL[0]), minutes(8))?;
        match ended {
            Some(status) if !status.success() => Ok(BARE_METAL.join(", ")),
            _ => Err(Stop::Failed("the feature `std` builds where there is no std".to_owned())),
        }
    })
}

pub(crate) fn msrv(workspace: &Workspace) -> Step<'_> {
    Step::new("msrv", "the library with the oldest supported compiler", move || {
        let stated = workspace.package("thalweg").and_then(|p| p["rust_version"].as_str());
        if stated != Some(OLDEST) {
            let text = format!("Cargo.toml states {stated:?}, this check is for {OLDEST}");
            return Err(Stop::Failed(text));
        }
        let compiler = Compiler::unpack(workspace, OLDEST, &[])?;
        for features in ["", "--no-default-features", "--all-features"] {
            let arguments = format!("check --locked -p thalweg --lib {features}");
            process::run(compiler.cargo(workspace, "msrv", &arguments), minutes(5))?;
        }
        Ok(format!("rustc {OLDEST}"))
    })
}

fn has_target(target: &str) -> bool {
    let mut command = Command::new("rustc");
    command.args(["--print", "target-libdir", "--target", target]);
    process::read(command, Duration::from_secs(20)).is_ok_and(|folder| Path::new(folder.trim()).is_dir())
}

/// An unpacked compiler with its cargo.
pub(crate) struct Compiler {
    pub(crate) root: PathBuf,
}

impl Compiler {
    /// The compiler of this version, and further packages. Those whose names hold `rust-web` have the compiler's version.
    pub(crate) fn unpack(workspace: &Workspace, version: &str, further: &[&str]) -> Result<Compiler, Stop> {
        let root = workspace.target.join("compilers").join(version);
        fs::create_dir_all(&root).map_err(|error| failed("create", &root, error))?;
        let base = ["rustc-web", "cargo-web", "libstd-rust-web-dev", &format!("libstd-rust-web-{version}")];
        let names: Vec<&str> = base.iter().chain(further).copied().collect();
        // One record a package: what another check has unpacked stays.
        let missing: Vec<&str> = names.into_iter().filter(|name| !root.join("unpacked").join(name).exists()).collect();
        if !missing.is_empty() {
            unpack(&root, version, &missing)?;
        }
        Ok(Compiler { root })
    }

    pub(crate) fn cargo(&self, workspace: &Workspace, folder: &str, arguments: &str) -> Command {
        let binaries = self.root.join("usr/bin");
        let libraries = ["usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"]
            .map(|folder| self.root.join(folder).display().to_string())
            .join(":");
        let mut command = Command::new(binaries.join("cargo"));
        command
            .args(arguments.split_whitespace())
            .current_dir(&workspace.root)
            .env("CARGO_TARGET_DIR", workspace.target.join(folder))
            .env("RUSTC", binaries.join("rustc"))
            .env("LD_LIBRARY_PATH", libraries)
            .env_remove("CARGO")
            .env_remove("RUSTUP_TOOLCHAIN");
        command
    }
}

/// Unpacks these packages, and the libraries they need, below `root`.
fn unpack(root: &Path, version: &str, names: &[&str]) -> Result<(), Stop> {
    let full = package_version(version)?;
    let exact = |name: &&str| if name.contains("rust") { format!("{name}={full}") } else { (*name).to_owned() };
    let packages: Vec<String> = names.iter().map(exact).collect();
    let linked = linked_libraries(&packages)?;
    println!("unpacking {} and libraries from {} Debian packages", names.join(", "), packages.len() + linked.len());
    let mut download = Command::new("apt-get");
    download.args(["-q", "-o", "APT::Sandbox::User=root", "download"]).args(&packages).args(&linked).current_dir(root);
    let no_network = |_| Stop::NotRun(format!("Debian's packages cannot be had: {}", names.join(", ")));
    process::read(download, minutes(5)).map_err(no_network)?;
    for entry in fs::read_dir(root).map_err(|error| failed("read", root, error))?.flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "deb") {
            let mut unpack = Command::new("dpkg");
            unpack.arg("-x").arg(entry.path()).arg(root);
            process::run(unpack, minutes(5))?;
            let _ = fs::remove_file(entry.path());
        }
    }
    let records = root.join("unpacked");
    if records.is_file() {
        // A folder of before this was kept by package.
        let _ = fs::remove_file(&records);
    }
    fs::create_dir_all(&records).map_err(|error| failed("create", &records, error))?;
    for name in names {
        let record = records.join(name);
        fs::write(&record, &full).map_err(|error| failed("write", &record, error))?;
    }
    Ok(())
}

/// Installs what of these packages is not there: what has its place in the system, such as the libraries of another
/// processor.
pub(crate) fn install(packages: &[&str]) -> Result<(), Stop> {
    let is_there = |name: &&&str| {
        let mut command = Command::new("dpkg-query");
        command.args(["--show", "--showformat=${db:Status-Status}", name]).stderr(Stdio::null());
        process::read(command, minutes(1)).is_ok_and(|status| status == "installed")
    };
    let missing: Vec<&str> = packages.iter().filter(|name| !is_there(name)).copied().collect();
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing Debian packages: {}", missing.join(", "));
    let mut command = Command::new("apt-get");
    command
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(&missing)
        .env("DEBIAN_FRONTEND", "noninteractive");
    process::read(command, minutes(5)).map(drop).map_err(|_| {
        let how = "as root: apt-get update && apt-get install";
        Stop::NotRun(format!("needs Debian packages that cannot be installed here ({how} {})", missing.join(" ")))
    })
}

/// The newest full version of Debian's packages that begins so.
fn package_version(version: &str) -> Result<String, Stop> {
    let mut command = Command::new("apt-cache");
    command.args(["madison", "rustc-web"]);
    let table =
        process::read(command, minutes(1)).map_err(|_| Stop::NotRun("needs Debian's package tools".to_owned()))?;
    let versions = table.lines().filter_map(|line| line.split('|').nth(1)).map(str::trim);
    let found = versions.into_iter().find(|full| full.starts_with(&format!("{version}.")));
    found.map(str::to_owned).ok_or_else(|| {
        let hint = "is the list of packages there? (apt-get update)";
        Stop::NotRun(format!("Debian's packages hold no rustc {version} here; {hint}"))
    })
}

/// The shared libraries that these packages need and a small system may lack, and those that these need in turn.
/// What a C compiler and curl bring along is expected to be there: rustup needs them too.
fn linked_libraries(packages: &[String]) -> Result<Vec<String>, Stop> {
    let mut found = Vec::new();
    let mut open = packages.to_vec();
    while !open.is_empty() {
        let mut command = Command::new("apt-cache");
        command.args(["depends", "--important"]).args(&open);
        let text = process::read(command, minutes(1))?;
        open = text
            .lines()
            .filter_map(|line| line.trim().strip_prefix("Depends: ").map(str::to_owned))
            .filter(|name| LIBRARIES.iter().any(|start| name.starts_with(start)))
            .filter(|name| !found.contains(name))
            .collect();
        open.sort();
        open.dedup();
        found.extend_from_slice(&open);
    }
    Ok(found)
}

const LIBRARIES: [&str; 7] = ["libllvm", "libpcre3", "libhttp-parser", "libmbed", "libgit2", "libssh2", "libsqlite3"];
