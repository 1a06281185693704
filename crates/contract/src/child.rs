//! One probe in a process of its own: what it finds is one line, and that it hangs is a finding too.

use std::panic;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::column::{Column, Note};
use crate::counting::exempt_this_thread;
use crate::outcome::Fault;

static STAGE: Mutex<&str> = Mutex::new("");

/// Says what is tried next, in case it never comes back.
pub(crate) fn stage(what: &'static str) {
    *STAGE.lock().unwrap() = what;
}

/// Between two looks at the probe.
const TICK: Duration = Duration::from_millis(50);

/// What one probe found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Kept,
    Broken(String),
    /// What was seen, and what the crate's documentation says of it.
    Differs(String),
    NotOffered(String),
}

impl Verdict {
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Broken(_) => "broken",
            Self::Differs(_) => "differs",
            Self::NotOffered(_) => "not offered",
        }
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Kept => "",
            Self::Broken(text) | Self::Differs(text) | Self::NotOffered(text) => text,
        }
    }

    pub(crate) fn parse(word: &str, text: &str) -> Option<Self> {
        let text = text.to_owned();
        Some(match word {
            "kept" => Self::Kept,
            "broken" => Self::Broken(text),
            "differs" => Self::Differs(text),
            "not offered" => Self::NotOffered(text),
            _ => return None,
        })
    }
}

/// What comes before the line that counts.
pub(crate) const MARK: &str = "verdict";

/// Runs one probe and prints its line. It hangs when its threads slept for so many seconds, ran for half as long again, or
/// were at it for six times as long, by a clock that stops when the process does.
pub(crate) fn run(column: &Column, probe: &str, seconds: u64) -> Option<()> {
    let run = column.probes.iter().find(|(name, _)| *name == probe)?.1;
    let note = (column.documented)(probe);
    let working = thread::spawn(move || panic::catch_unwind(run));
    exempt_this_thread();
    let limit = seconds * 1_000 / TICK.as_millis() as u64;
    let (mut idle, mut seen, mut ticks) = (0, 0, 0);
    while !working.is_finished() && idle < limit && ticks < 6 * limit && ran() < seconds * 150 {
        // Most are over before the first tick.
        thread::sleep(if idle == 0 { TICK / 10 } else { TICK });
        idle += 1;
        ticks += 1;
        if ran() >= seen + 5 {
            (idle, seen) = (0, ran());
        }
    }
    if !working.is_finished() {
        let stage = STAGE.lock().map_or("", |stage| *stage);
        let at = if stage.is_empty() { String::new() } else { format!(": {stage}") };
        say(&weighed(Verdict::Broken(format!("hangs{at}")), note));
        // Its thread cannot be ended otherwise, and may hold what an orderly exit would wait for.
        std::process::abort();
    }
    let verdict = match working.join() {
        Ok(Ok(Ok(()))) => Verdict::Kept,
        Ok(Ok(Err(Fault::Broken(seen)))) => Verdict::Broken(seen),
        Ok(Ok(Err(Fault::NotOffered(why)))) => Verdict::NotOffered(why),
        Ok(Err(panic)) | Err(panic) => Verdict::Broken(format!("panics: {}", said(&*panic))),
    };
    say(&weighed(verdict, note));
    Some(())
}

/// For how long this process ran, in hundredths of a second, as Linux tells; elsewhere 0, and sleep is all that counts.
fn ran() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, in parentheses, may hold spaces; the state comes after it, and user and system time are 11 and 12 on.
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum()
}

/// What its authors say of it beforehand is no broken promise.
fn weighed(verdict: Verdict, note: Option<Note>) -> Verdict {
    match (verdict, note) {
        (Verdict::Broken(seen), Some(note)) => {
            Verdict::Differs(format!("{seen}; documented: \"{}\" ({})", note.says, note.place))
        }
        (verdict, _) => verdict,
    }
}

fn said(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    text.unwrap_or("without a word").lines().next().unwrap_or_default().to_owned()
}

fn say(verdict: &Verdict) {
    println!("{MARK}\t{}\t{}", verdict.word(), verdict.text().replace(['\t', '\n'], " "));
}
