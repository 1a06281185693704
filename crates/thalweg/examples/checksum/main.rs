//! SHA-256 of every file below a directory, as `sha256sum` prints it, hashed by several workers.
//!
//! ```text
//! walk ── send_blocking ──▶ [ one bounded channel ] ── recv_blocking ──▶ worker 1 ─┐
//! walk.rs                         of paths          ── recv_blocking ──▶ worker 2 ─┼──▶ list, sorted
//!                                                   ── recv_blocking ──▶ worker N ─┘    list.rs, output.rs
//! ```
//!
//! What the channel does for this program:
//!
//! - **Each path goes to one worker**, to whichever is free, so that a worker which got a large file is
//!   not given more while others are idle.
//! - **The bound holds the walk back** when the workers are slower: a tree of millions of files needs
//!   memory for its list, but no second copy of it in a queue.
//! - **The end needs no message**: the walk drops the last sender, the workers empty the channel, then
//!   `recv_blocking` fails and they are done.
//! - **Ctrl-C closes the channel**, from a handle that does not keep it open. What was accepted is
//!   still hashed; a path that comes too late is given back to the walk, which counts it as missing.
//!
//! The workers are plain threads. Hashing is reading and arithmetic, both of which would block an async
//! runtime, and a channel of thalweg is the same channel for threads and tasks: an async `main` would
//! write `paths.send(path).await` in the walk and leave the workers as they are.

mod args;
mod hash;
mod interrupt;
mod list;
mod log;
mod output;
#[cfg_attr(feature = "record", path = "record_on.rs")]
#[cfg_attr(not(feature = "record"), path = "record_off.rs")]
mod record;
mod stdout;
mod walk;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;
use std::time::Instant;

use thalweg::mpmc;

use args::Args;
use hash::Hashed;
use log::Log;
use output::Output;
use walk::{Seen, Walk};

/// Something could not be read or written. The rest was still done.
const FAILED: u8 = 1;
/// The command line does not say what to do.
const USAGE: u8 = 2;
/// What a shell reports for a program that Ctrl-C ended.
const INTERRUPTED: u8 = 130;

fn main() -> ExitCode {
    let Some(args) = Args::parse_or_offer() else {
        return ExitCode::from(USAGE);
    };
    let log = Arc::new(Log::new());
    match run(&args, &log) {
        Ok(()) if interrupt::requested() => ExitCode::from(INTERRUPTED),
        Ok(()) if log.problems() == 0 => ExitCode::SUCCESS,
        Ok(()) => ExitCode::from(FAILED),
        Err(problem) => {
            log.problem(&problem);
            ExitCode::from(FAILED)
        }
    }
}

/// The whole job. An error means that there is no list; what went wrong with single files is in the log.
fn run(args: &Args, log: &Arc<Log>) -> Result<(), String> {
    let started = Instant::now();
    // First, so that a list that cannot be written is known before an hour of hashing and not after it.
    let output = Output::prepare(args.output.as_deref(), log)?;

    let recording = record::Recording::begin(args.diagram.is_some() || args.stats)?;
    let (paths, inbox) = mpmc::bounded(args.capacity);
    let paths = record::name_sender(paths);
    interrupt::close_on_ctrl_c(paths.downgrade(), Arc::clone(log))?;

    let (seen, by_worker) = thread::scope(|scope| {
        let workers = start_workers(scope, args.workers(), inbox, log)?;
        let walk = Walk { paths, output: &output, log, names_all_links: args.verbose };
        let seen = walk.run(&args.dirs);
        let lists = workers.into_iter().map(|worker| worker.join().expect("a worker panicked"));
        Ok::<_, String>((seen, lists.collect::<Vec<_>>()))
    })?;

    let elapsed = started.elapsed();
    // Now, since what comes below is not done by channels.
    let run = recording.end();
    let shares: Vec<_> = by_worker.iter().map(Vec::len).collect();
    log.end_progress();
    // On a terminal the summary is what one wants to see last.
    let written = deliver(by_worker.into_iter().flatten().collect(), &output, &seen, log);
    log.summarize(&seen, &shares, elapsed);
    run.show(args.diagram.as_deref(), args.stats, log)?;
    written
}

/// Writes the list, unless it is empty for a bad reason: then an old list is worth more.
fn deliver(list: Vec<Hashed>, output: &Output, seen: &Seen, log: &Log) -> Result<(), String> {
    if list.is_empty() {
        if let Some(path) = &seen.list {
            log.problem(&format!("cannot hash {path:?}: it is where the list goes"));
        }
        if log.problems() > 0 || interrupt::requested() {
            output.leave(log);
            return Ok(());
        }
    }
    output.write(list)
}

/// Each worker has its own handle to the receiving end and keeps its own list, so that workers share
/// nothing but the channel.
fn start_workers<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    count: usize,
    inbox: mpmc::Receiver<PathBuf>,
    log: &'scope Log,
) -> Result<Vec<thread::ScopedJoinHandle<'scope, Vec<Hashed>>>, String> {
    let mut workers = Vec::new();
    for number in 1..=count {
        let inbox = record::name_worker(number, inbox.clone());
        let spawned = thread::Builder::new()
            .name(format!("worker {number}"))
            .spawn_scoped(scope, move || hash::work(&inbox, log));
        match spawned {
            Ok(worker) => workers.push(worker),
            Err(error) if workers.is_empty() => {
                return Err(format!("cannot start a worker: {error}"));
            }
            Err(error) => {
                log.note(&format!("goes on with {} of {count} workers: {error}", workers.len()));
                break;
            }
        }
    }
    // `inbox` itself is dropped here: the receiving end now lives as long as a worker does. If none were
    // left, the walk's sends would fail instead of waiting for ever.
    Ok(workers)
}
