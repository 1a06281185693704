//! Each probe in a process of its own, a few at a time.

use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::{MARK, Verdict};
use crate::column::Column;
use crate::findings::{Finding, root, version};

/// What sleeps for so long, or runs for half as long again, hangs. No probe that comes back comes near either.
pub(crate) const SECONDS: u64 = 8;

/// What took longer is named while it runs.
const SLOW: Duration = Duration::from_secs(5);

/// One probe of one column.
pub(crate) struct Cell<'a> {
    pub(crate) column: &'a Column,
    pub(crate) probe: &'static str,
}

/// All that `wanted` says yes to: kind, name, probe.
pub(crate) fn cells<'a>(columns: &'a [Column], wanted: impl Fn(&str, &str, &str) -> bool) -> Vec<Cell<'a>> {
    let all = columns.iter().flat_map(|column| column.probes.iter().map(move |(probe, _)| Cell { column, probe }));
    all.filter(|cell| wanted(cell.column.kind, cell.column.name, cell.probe)).collect()
}

/// Runs them and says what they found, in their order.
pub(crate) fn run(cells: &[Cell<'_>], seconds: u64, workers: usize) -> Vec<Finding> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                while let Some((at, cell)) = cells.get(next.load(Ordering::SeqCst)).and_then(|_| {
                    let at = next.fetch_add(1, Ordering::SeqCst);
                    cells.get(at).map(|cell| (at, cell))
                }) {
                    let verdict = probe(cell, seconds);
                    found.lock().unwrap().push((at, verdict));
                }
            });
        }
    });
    let mut found = found.into_inner().unwrap();
    found.sort_by_key(|(at, _)| *at);
    let finding = |(at, verdict): (usize, Verdict)| {
        let Cell { column, probe } = &cells[at];
        Finding { kind: column.kind.into(), name: column.name.into(), probe: (*probe).into(), verdict }
    };
    found.into_iter().map(finding).collect()
}

fn probe(cell: &Cell<'_>, seconds: u64) -> Verdict {
    let program = std::env::current_exe().expect("this program has a path");
    let mut command = Command::new(program);
    command.args(["probe", cell.column.kind, cell.column.name, cell.probe, &seconds.to_string()]);
    command.env("RUST_BACKTRACE", "0").stdin(Stdio::null()).stderr(Stdio::null());
    let started = Instant::now();
    let output = match command.output() {
        Ok(output) => output,
        Err(error) => return Verdict::Broken(format!("the probe could not be started: {error}")),
    };
    if started.elapsed() > SLOW {
        let Column { kind, name, .. } = cell.column;
        eprintln!("{kind} {name} {}: {} s", cell.probe, started.elapsed().as_secs());
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let line = text.lines().find_map(|line| line.strip_prefix(MARK)?.strip_prefix('\t'));
    let verdict = line.and_then(|line| line.split_once('\t')).and_then(|(word, text)| Verdict::parse(word, text));
    verdict.unwrap_or_else(|| Verdict::Broken(format!("ends the whole process: {}", output.status)))
}

/// When, where, with what.
pub(crate) fn facts(columns: &[Column]) -> Vec<(String, String)> {
    let lock = std::fs::read_to_string(root().join("Cargo.lock")).unwrap_or_default();
    let mut facts = vec![
        ("date".into(), said_by("date", &["-u", "+%Y-%m-%d"])),
        ("compiler".into(), said_by("rustc", &["--version"])),
        ("machine".into(), machine()),
    ];
    let mut names: Vec<&str> = columns.iter().map(|column| column.name.split(' ').next().unwrap_or("")).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let version = version(&lock, name);
        if !version.is_empty() {
            facts.push((name.to_owned(), version));
        }
    }
    facts
}

fn said_by(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    output.map_or("unknown".into(), |output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn machine() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or("unknown processor", |(_, name)| name);
    let count = thread::available_parallelism().map_or(0, usize::from);
    format!("{count} processors, {model}, {}", std::env::consts::OS)
}
