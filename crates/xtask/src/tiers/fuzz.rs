//! libFuzzer over `crates/fuzz`: its runtime from Debian's packages, as the sanitizer's, the instruments by the
//! compiler that goes with them.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use super::sanitize::{PACKAGES, Sanitizer, TARGET};
use super::{Options, flags};
use crate::debian::{CURRENT, Compiler};
use crate::process;
use crate::scratch::failed;
use crate::step::{Outcome, Step, Stop};
use crate::workspace::{Workspace, minutes};

const KEPT: &str = "crates/fuzz/corpus";

/// Longer programs say nothing that shorter ones do not, and take longer to say it.
const MAX_LENGTH: u32 = 400;

const COVERAGE: [&str; 8] = [
    "--cfg=fuzzing",
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Cllvm-args=-sanitizer-coverage-trace-compares",
    "-Ccodegen-units=1",
    "-Cdebug-assertions=yes",
];

pub(crate) fn step<'a>(workspace: &'a Workspace, options: &[String]) -> Result<Step<'a>, String> {
    let options = Options::read(options, &["--minutes"], &["--keep"])?;
    let (minutes, keep) = (options.number("--minutes", 5)?, options.has("--keep"));
    let about = "programs made by libFuzzer, over every kind of channel, against models";
    Ok(Step::new("fuzz", about, move || run(workspace, minutes, keep)))
}

fn run(workspace: &Workspace, time: u64, keep: bool) -> Outcome {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(Stop::NotRun("needs Linux on x86-64".to_owned()));
    }
    let compiler = Compiler::unpack(workspace, CURRENT, &PACKAGES)?;
    let program = build(workspace, &compiler)?;
    let folder = |name: &str| {
        let path = workspace.target.join("fuzz").join(name);
        fs::create_dir_all(&path).map_err(|error| failed("create", &path, error))?;
        Ok(path)
    };
    let (found, corpus): (PathBuf, PathBuf) = (folder("found")?, folder("corpus")?);
    let fuzzer = |arguments: &[&str]| {
        let mut command = Command::new(&program);
        command.current_dir(&workspace.root).args(arguments).env("ASAN_OPTIONS", "detect_leaks=1");
        command.arg(format!("-artifact_prefix={}/", found.display()));
        // A lost wake-up is no hang here, as nobody waits: one program takes milliseconds.
        command.args(["-timeout=20", "-rss_limit_mb=4096", "-print_final_stats=1", "-verbosity=1"]);
        command.arg(format!("-max_len={MAX_LENGTH}"));
        command
    };
    let mut command = fuzzer(&[&format!("-max_total_time={}", time * 60)]);
    command.arg(&corpus).arg(workspace.root.join(KEPT)).env("RUST_BACKTRACE", "1");
    let log = workspace.target.join("fuzz/log");
    let outcome = process::run_logged(command, &log, minutes(time + 5));
    let text = fs::read_to_string(&log).map_err(|error| failed("read", &log, error))?;
    if let Err(Stop::Failed(reason)) = outcome {
        let tail: Vec<&str> = text.lines().rev().take(60).collect();
        tail.iter().rev().for_each(|line| println!("{line}"));
        let how = "replay: cargo run -p thalweg-fuzz -- FILE";
        return Err(Stop::Failed(format!("{reason}; the program is in {} ({how})", found.display())));
    }
    outcome?;
    if keep {
        replace_kept(workspace, &corpus, fuzzer(&["-set_cover_merge=1", "-use_counters=0"]))?;
    }
    let files = fs::read_dir(workspace.root.join(KEPT)).map_or(0, Iterator::count);
    let runs = after(&text, "stat::number_of_executed_units:");
    if runs == "0" {
        return Err(Stop::Failed("it ran no program".to_owned()));
    }
    let covered = text.lines().rev().find_map(|line| line.split("cov: ").nth(1)?.split(' ').next()).unwrap_or("?");
    Ok(format!("{runs} programs in {time} min, {covered} edges reached, {files} programs kept"))
}

fn after<'a>(text: &'a str, name: &str) -> &'a str {
    text.lines().find_map(|line| line.strip_prefix(name)).map_or("0", str::trim)
}

fn build(workspace: &Workspace, compiler: &Compiler) -> Result<PathBuf, Stop> {
    let mut all = Sanitizer::Address.flags(&compiler.root);
    all.extend(COVERAGE.map(str::to_owned));
    let runtime = compiler.root.join("usr/lib/llvm-22/lib/clang/22/lib/linux/libclang_rt.fuzzer-x86_64.a");
    all.push("-Clink-arg=-Wl,--whole-archive".to_owned());
    all.push(format!("-Clink-arg={}", runtime.display()));
    all.push("-Clink-arg=-Wl,--no-whole-archive".to_owned());
    all.push("-Clink-arg=-l:libstdc++.so.6".to_owned());
    let arguments = format!("build --release -p thalweg-fuzz --target {TARGET}");
    let mut command = compiler.cargo(workspace, "fuzz", &arguments);
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_ENCODED_RUSTFLAGS", flags(&all));
    process::run(command, minutes(15))?;
    Ok(workspace.target.join("fuzz").join(TARGET).join("release/fuzz"))
}

/// Keeps the fewest programs that reach all that is known to be reachable. How often they get there does not count.
fn replace_kept(workspace: &Workspace, corpus: &PathBuf, mut merge: Command) -> Result<(), Stop> {
    let kept = workspace.root.join(KEPT);
    let fewest = workspace.target.join("fuzz/fewest");
    let _ = fs::remove_dir_all(&fewest);
    fs::create_dir_all(&fewest).map_err(|error| failed("create", &fewest, error))?;
    merge.arg(&fewest).arg(&kept).arg(corpus);
    process::run_logged(merge, &workspace.target.join("fuzz/merge"), Duration::from_secs(900))?;
    for entry in fs::read_dir(&kept).map_err(|error| failed("read", &kept, error))?.flatten() {
        let _ = fs::remove_file(entry.path());
    }
    for entry in fs::read_dir(&fewest).map_err(|error| failed("read", &fewest, error))?.flatten() {
        let to = kept.join(entry.file_name());
        fs::copy(entry.path(), &to).map_err(|error| failed("write", &to, error))?;
    }
    Ok(())
}
