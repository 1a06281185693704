//! The shape of the main job: a walk, hashers, and a printer that is held up for a while at two thirds of the way.

use thalweg::mpmc;
use thalweg::record::{name_channel, named};

use super::executor::Executor;

const FILES: u64 = 300;
const HASHERS: u64 = 4;

/// Less than `most`, in no order that one sees.
fn scattered(number: u64, most: u64) -> u64 {
    // By the golden ratio, which puts each where the others leave room.
    (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32) % most
}

pub(crate) fn run(executor: &Executor) {
    let ((files, to_hash), (sums, to_print)) = (mpmc::bounded(16), mpmc::bounded(16));
    name_channel("files", &files);
    name_channel("sums", &sums);
    for number in 1..=HASHERS {
        let name = format!("hasher {number}");
        let (to_hash, sums) = (named(name.clone(), to_hash.clone()), named(name, sums.clone()));
        let time = executor.clone();
        executor.spawn(async move {
            while let Ok(file) = to_hash.recv().await {
                time.sleep(6 + scattered(file, 16)).await;
                if sums.send(file).await.is_err() {
                    return;
                }
            }
        });
    }
    drop((to_hash, sums));
    let (files, time) = (named("walk", files), executor.clone());
    executor.spawn(async move {
        for file in 0..FILES {
            time.sleep(2 + scattered(file, 3)).await;
            if files.send(file).await.is_err() {
                return;
            }
        }
    });
    let (to_print, time) = (named("printer", to_print), executor.clone());
    executor.spawn(async move {
        let mut printed = 0;
        while to_print.recv().await.is_ok() {
            printed += 1;
            time.sleep(if printed == FILES * 2 / 3 { FILES } else { 1 }).await;
        }
        assert_eq!(printed, FILES);
    });
}
