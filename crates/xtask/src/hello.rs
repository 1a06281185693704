//! What a channel costs before it carries much: how long a small program with one takes to build from nothing, and how
//! much code it has. Each project gets the same program, at the version that the benchmark takes. One that only takes
//! turns, without a channel, shows what is not the channel's.

mod report;

use std::collections::HashSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Instant;

use crate::process;
use crate::scratch::{Scratch, failed};
use crate::step::Stop;
use crate::workspace::{Workspace, minutes};

/// What stands for `OPEN`, `FAILS` (to send `n`) and `NEXT` is all that differs.
const PROGRAM: &str = include_str!("hello/program.txt");

struct Hello {
    name: &'static str,
    /// The crate, and what its dependency says but for the version.
    needs: Option<(&'static str, &'static str)>,
    open: &'static str,
    fails: &'static str,
    next: &'static str,
}

const fn with(name: &'static str, needs: &'static str, open: &'static str) -> Hello {
    Hello { name, needs: Some((needs, "")), open, fails: "tx.send(n).await.is_err()", next: "rx.recv().await.ok()" }
}

const NONE: &str = "no channel";
const OURS: [&str; 2] = ["thalweg::mpmc", "thalweg::mpsc"];
const AGAINST: [&str; 2] = ["async-channel", "tokio::sync::mpsc"];

const PROGRAMS: [Hello; 9] = [
    Hello {
        name: NONE,
        needs: None,
        open: "let mut left = 1..=1000_u64",
        fails: "{ turn().await; std::hint::black_box(n) == 0 }",
        next: "{ turn().await; std::hint::black_box(left.next()) }",
    },
    Hello {
        name: "std::sync::mpsc",
        needs: None,
        open: "let (tx, rx) = std::sync::mpsc::sync_channel::<u64>(16)",
        fails: "{ turn().await; tx.send(n).is_err() }",
        next: "{ turn().await; rx.recv().ok() }",
    },
    with(OURS[0], "thalweg", "let (tx, rx) = thalweg::mpmc::bounded::<u64>(16)"),
    Hello {
        next: "rx.recv().await",
        ..with(OURS[1], "thalweg", "let (tx, mut rx) = thalweg::mpsc::channel::<u64>(16)")
    },
    with(AGAINST[0], "async-channel", "let (tx, rx) = async_channel::bounded::<u64>(16)"),
    Hello {
        needs: Some(("tokio", r#", features = ["sync"]"#)),
        next: "rx.recv().await",
        ..with(AGAINST[1], "tokio", "let (tx, mut rx) = tokio::sync::mpsc::channel::<u64>(16)")
    },
    Hello {
        fails: "tx.send_async(n).await.is_err()",
        next: "rx.recv_async().await.ok()",
        ..with("flume", "flume", "let (tx, rx) = flume::bounded::<u64>(16)")
    },
    with("kanal", "kanal", "let (tx, rx) = kanal::bounded_async::<u64>(16)"),
    with("crossfire", "crossfire", "let (tx, rx) = crossfire::mpmc::bounded_async::<u64>(16)"),
];

/// What is known of a program.
#[derive(Default)]
struct Row {
    name: &'static str,
    version: String,
    crates: usize,
    wall: Vec<f64>,
    /// Of the processors; empty where the system does not tell.
    cpu: Vec<f64>,
    binary: u64,
    text: u64,
}

pub(crate) fn run(workspace: &Workspace, arguments: &[String]) -> ExitCode {
    let outcome = options(arguments).and_then(|(rounds, out)| {
        let report = measure(workspace, rounds)?;
        print!("{report}");
        out.map_or(Ok(()), |path| fs::write(&path, report).map_err(|error| failed("write", &path, error)))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Failed(reason) | Stop::NotRun(reason)) => {
            eprintln!("xtask: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: &[String]) -> Result<(usize, Option<PathBuf>), Stop> {
    let (mut rounds, mut out) = (Some(5), None);
    for pair in arguments.chunks(2) {
        match pair {
            [name, value] if name == "--out" => out = Some(PathBuf::from(value)),
            [name, value] if name == "--rounds" => rounds = value.parse().ok().filter(|count| *count > 0),
            _ => rounds = None,
        }
    }
    let rounds = rounds.ok_or_else(|| Stop::Failed("usage: cargo xtask hello [--rounds N] [--out FILE]".to_owned()))?;
    Ok((rounds, out))
}

fn measure(workspace: &Workspace, rounds: usize) -> Result<String, Stop> {
    let programs: Result<Vec<_>, Stop> = PROGRAMS.iter().map(|hello| prepare(workspace, hello)).collect();
    let mut programs = programs?;
    // The first, not timed, leaves the sources and the compiler in memory for all.
    for round in 0..=rounds {
        eprintln!("hello: round {round} of {rounds}");
        for (scratch, row) in &mut programs {
            build(workspace, scratch, row, round > 0)?;
        }
    }
    let rows: Vec<Row> = programs.into_iter().map(|(_, row)| row).collect();
    Ok(format!("{}\n{}\n{}", report::facts(workspace, rounds)?, report::table(&rows), report::verdict(&rows)))
}

fn prepare(workspace: &Workspace, hello: &Hello) -> Result<(Scratch, Row), Stop> {
    let (version, dependency) = match hello.needs {
        None => (String::new(), String::new()),
        Some(("thalweg", _)) => {
            (String::new(), format!("thalweg = {{ path = {:?} }}", workspace.root.join("crates/thalweg")))
        }
        Some((peer, more)) => {
            let version = version(workspace, peer)?;
            (version.replace('=', ""), format!("{peer} = {{ version = {version:?}{more} }}"))
        }
    };
    let manifest = format!(
        "[package]\nname = \"hello\"\nversion = \"0.0.0\"\nedition = \"2021\"\n[workspace]\n\
         [profile.release]\nstrip = true\n[dependencies]\n{dependency}\n"
    );
    let folder = workspace.target.join("hello").join(hello.name.replace([':', ' '], "-"));
    let scratch = Scratch::at(workspace, folder, &manifest)?;
    let program = PROGRAM.replace("OPEN", hello.open).replace("FAILS", hello.fails).replace("NEXT", hello.next);
    scratch.write("src/main.rs", &program)?;
    // This also fetches what is missing.
    let tree = process::read(cargo(workspace, &scratch, "tree --edges normal,build --prefix none"), minutes(5))?;
    Ok((scratch, Row { name: hello.name, version, crates: crates_in(&tree), ..Row::default() }))
}

/// The requirement of the benchmark, which names one version.
fn version(workspace: &Workspace, peer: &str) -> Result<String, Stop> {
    let needs = workspace.package("thalweg-bench").and_then(|bench| bench["dependencies"].as_array());
    let found = needs.into_iter().flatten().find(|need| need["name"] == peer).and_then(|need| need["req"].as_str());
    found.map(str::to_owned).ok_or_else(|| Stop::Failed(format!("the benchmark does not depend on {peer}")))
}

fn cargo(workspace: &Workspace, scratch: &Scratch, arguments: &str) -> Command {
    let mut command = workspace.cargo("", arguments);
    // No wrapper: what one keeps is not compiled.
    command
        .current_dir(&scratch.folder)
        .env("CARGO_TARGET_DIR", scratch.folder.join("target"))
        .env("RUSTC_WRAPPER", "");
    command
}

/// From nothing, one job at a time. Not by `process`, which looks only now and then whether a child has ended.
fn build(workspace: &Workspace, scratch: &Scratch, row: &mut Row, timed: bool) -> Result<(), Stop> {
    let target = scratch.folder.join("target");
    if target.exists() {
        fs::remove_dir_all(&target).map_err(|error| failed("remove", &target, error))?;
    }
    let (started, before) = (Instant::now(), cpu());
    let output = cargo(workspace, scratch, "build --release --offline -j1").output();
    let (wall, after) = (started.elapsed().as_secs_f64(), cpu());
    let output = output.map_err(|error| Stop::NotRun(format!("cannot start cargo: {error}")))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(Stop::Failed(format!("{} does not build: {said}", row.name)));
    }
    if timed {
        row.wall.push(wall);
        row.cpu.extend(before.zip(after).map(|(before, after)| after - before));
        return Ok(());
    }
    let binary = target.join("release/hello");
    process::run(Command::new(&binary), minutes(1))?;
    row.binary = fs::metadata(&binary).map_err(|error| failed("read", &binary, error))?.len();
    let mut size = Command::new("size");
    size.arg("-A").arg(&binary);
    let sections = process::read(size, minutes(1))?;
    row.text = text_in(&sections).ok_or_else(|| Stop::Failed(format!("no .text in: {sections}")))?;
    Ok(())
}

/// Seconds of processor time of children that have ended, theirs included. Linux counts it in ticks of 10 ms.
fn cpu() -> Option<f64> {
    let stat = fs::read_to_string("/proc/self/stat").ok()?;
    // The name, in parentheses, may hold spaces.
    let mut fields = stat.rsplit(')').next()?.split_whitespace().skip(13).map(str::parse::<u32>);
    Some(f64::from(fields.next()?.ok()? + fields.next()?.ok()?) / 100.0)
}

/// How many crates there are in what `cargo tree` says, the program itself left out.
fn crates_in(tree: &str) -> usize {
    let crates = tree.lines().map(|line| line.split(' ').take(2).collect::<Vec<_>>());
    crates.collect::<HashSet<_>>().len().saturating_sub(1)
}

/// The size of the code in what `size -A` says.
fn text_in(sections: &str) -> Option<u64> {
    let line = sections.lines().find(|line| line.starts_with(".text "))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_each_crate_once_and_not_the_program() {
        let tree = "hello v0.0.0 (/tmp)\na v1.0.0\nb v1.0.0 (proc-macro)\na v2.0.0\na v1.0.0 (*)\nb v1.0.0 (*)";
        assert_eq!(crates_in(tree), 3);
    }

    #[test]
    fn finds_the_code_among_the_sections() {
        assert_eq!(text_in("x  :\nsection  size  addr\n.text.hot  1  2\n.text  4660  77\n.data 5 6"), Some(4660));
        assert_eq!(text_in("x  :\n.data 5 6"), None);
    }

    #[test]
    fn each_peer_is_built_at_one_version() {
        let workspace = Workspace::load().unwrap();
        for (name, _) in PROGRAMS.iter().filter_map(|hello| hello.needs).filter(|(name, _)| *name != "thalweg") {
            assert!(version(&workspace, name).unwrap().starts_with('='), "{name} is not pinned");
        }
    }
}
