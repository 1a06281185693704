//! The kept programs, and some that are drawn, the same at every run.

use std::fs;
use std::path::Path;

#[test]
fn kept_programs_run_as_their_models() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(files.len() > 10, "where is the corpus?");
    for file in files {
        println!("{}", file.display());
        thalweg_fuzz::run(&fs::read(&file).unwrap());
    }
}

/// The number of drawn programs; `THALWEG_FUZZ_DRAWS` for more.
fn draws() -> u64 {
    std::env::var("THALWEG_FUZZ_DRAWS").map_or(3_000, |text| text.parse().expect("THALWEG_FUZZ_DRAWS is a number"))
}

/// So many runs of bytes, the same every time.
fn draw(count: u64, mut run: impl FnMut(Vec<u8>)) {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for draw in 0..count {
        let bytes: Vec<u8> = (0..next() % 400).map(|_| (next() >> 32) as u8).collect();
        // The test's name for a failure: the program that is run.
        println!("{draw}: {bytes:?}");
        run(bytes);
    }
}

#[test]
fn drawn_programs_run_as_their_models() {
    draw(draws(), |bytes| thalweg_fuzz::run(&bytes));
}

#[test]
fn drawn_damage_to_a_recording_makes_nothing_panic() {
    draw(draws() / 10, |mut bytes| {
        // Much damage leaves little to draw: a few bytes change three places.
        bytes.truncate(bytes.len() % 40);
        bytes.insert(0, thalweg_fuzz::RECORDING);
        thalweg_fuzz::run(&bytes);
    });
}
