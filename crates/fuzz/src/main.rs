//! With `--cfg fuzzing`, what libFuzzer calls for each text it makes; without, a replay of the files that are named.

#![cfg_attr(fuzzing, no_main)]

/// Called by libFuzzer. A panic ends the process, which it reports.
#[cfg(fuzzing)]
#[unsafe(no_mangle)]
extern "C" fn LLVMFuzzerTestOneInput(data: *const u8, size: usize) -> i32 {
    // SAFETY: libFuzzer passes a buffer of that size, which it leaves alone until this returns. It is not null, but may
    // be so if it is empty.
    let bytes = if size == 0 { &[] } else { unsafe { std::slice::from_raw_parts(data, size) } };
    thalweg_fuzz::run(bytes);
    0
}

#[cfg(not(fuzzing))]
fn main() {
    for path in std::env::args_os().skip(1) {
        let bytes = std::fs::read(&path).expect("a file that can be read");
        println!("{}", std::path::Path::new(&path).display());
        thalweg_fuzz::run(&bytes);
    }
}
