//! A walk, two workers and a printer, whose channels tokio-console shows. The workers are slow, so the walk waits.
//!
//! ```sh
//! cargo install --locked tokio-console@0.1.14
//! RUSTFLAGS="--cfg tokio_unstable" cargo run -p thalweg-console --example pipeline
//! tokio-console     # in another terminal; `r` shows resources, Enter one of them
//! ```
//!
//! It runs until it is stopped, or for as many seconds as are given.

#[cfg_attr(tokio_unstable, path = "console.rs")]
#[cfg_attr(not(tokio_unstable), path = "no_console.rs")]
mod console;

use std::time::Duration;
use std::{env, io, thread};

use thalweg::{mpmc, mpsc, record};
use thalweg_console::Console;
use tokio::time::{interval, sleep};

/// How long a worker is busy with a file.
const WORK: Duration = Duration::from_millis(40);

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> io::Result<()> {
    console::begin();
    let recorder = record::Options::new().start()?;
    thread::spawn(move || {
        let mut console = Console::new();
        loop {
            console.publish(&recorder.snapshot());
            thread::sleep(Duration::from_millis(250));
        }
    });
    let run = pipeline();
    match env::args().nth(1).and_then(|seconds| seconds.parse().ok()) {
        Some(seconds) => {
            tokio::select! {
                () = run => {}
                () = sleep(Duration::from_secs(seconds)) => {}
            }
        }
        None => run.await,
    }
    Ok(())
}

async fn pipeline() {
    let (files, to_hash) = mpmc::bounded::<u64>(8);
    let (sums, to_print) = mpsc::channel::<u64>(4);
    record::name_channel("files", &files);
    record::name_channel("sums", &sums);
    for number in 1..=2 {
        let files = record::named(format!("worker {number}"), to_hash.clone());
        let sums = record::named(format!("worker {number}"), sums.clone());
        tokio::spawn(async move {
            let mut work = interval(WORK);
            while let Ok(file) = files.recv().await {
                work.tick().await;
                if sums.send(file).await.is_err() {
                    return;
                }
            }
        });
    }
    drop((to_hash, sums));
    let files = record::named("walk", files);
    tokio::spawn(async move {
        for file in 0.. {
            if files.send(file).await.is_err() {
                return;
            }
        }
    });
    let mut to_print = record::named("printer", to_print);
    while to_print.recv().await.is_some() {}
}
