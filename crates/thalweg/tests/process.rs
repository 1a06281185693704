//! What shows only in a process of its own: memory that runs out at each allocation, an end while everything is pending, and a
//! fork while threads block.

#![cfg(unix)]

#[cfg(target_os = "linux")]
mod child;
#[cfg(target_os = "linux")]
#[path = "process/forked.rs"]
mod forked;
#[path = "process/scenes.rs"]
mod scenes;

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
    env,
    os::unix::process::ExitStatusExt,
    process::{Command, Output, Stdio},
    thread,
    time::{Duration, Instant},
};

/// The system's allocator, but that it has no memory once.
struct Failing;

thread_local! {
    /// How many allocations of this thread are left until then. 0: it was, or never will be.
    static LEFT: Cell<usize> = const { Cell::new(0) };
    static FAILED: Cell<bool> = const { Cell::new(false) };
}

// SAFETY: the system's allocator, or none, which the caller must expect.
unsafe impl GlobalAlloc for Failing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let fails = LEFT.try_with(|left| {
            let is_last = left.get() == 1;
            left.set(left.get().saturating_sub(1));
            FAILED.set(is_last || FAILED.get());
            is_last
        });
        if fails == Ok(true) {
            return std::ptr::null_mut();
        }
        // SAFETY: the caller's promise is passed on.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(memory, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Failing = Failing;

const ROLE: &str = "THALWEG_ROLE";
const REACHED: &str = "the allocation was reached";
const NOT_REACHED: &str = "there are fewer allocations";
const LIMIT: Duration = Duration::from_secs(30);

/// This program once more, in a role.
#[track_caller]
fn run(role: &str) -> Output {
    run_test("role", role)
}

#[track_caller]
fn run_test(test: &str, role: &str) -> Output {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env("RUST_BACKTRACE", "0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let deadline = Instant::now() + LIMIT;
    while child.try_wait().unwrap().is_none() {
        if Instant::now() > deadline {
            child.kill().unwrap();
            panic!("{role}: still running after {LIMIT:?}");
        }
        thread::sleep(Duration::from_millis(1));
    }
    child.wait_with_output().unwrap()
}

/// What this program does as a child of itself.
#[test]
#[ignore = "a role for the other tests"]
fn role() {
    let role = env::var(ROLE).expect("the other tests say which");
    match role.split_once(' ') {
        Some(("memory", rest)) => {
            let (scene, nth) = scenes::chosen(rest);
            // What is allocated once, by whoever comes first, is the runtime's affair.
            scene();
            LEFT.set(nth);
            scene();
            LEFT.set(0);
            println!("{}", if FAILED.get() { REACHED } else { NOT_REACHED });
        }
        #[cfg(feature = "record")]
        Some(("recorded", rest)) => {
            let (scene, nth) = scenes::chosen(rest);
            scene();
            LEFT.set(nth);
            let recorder = thalweg::record::Options::new().start().unwrap();
            scene();
            recorder.finish().unwrap();
            LEFT.set(0);
            println!("{}", if FAILED.get() { REACHED } else { NOT_REACHED });
        }
        Some(("pending", end)) => {
            scenes::leave_all_pending();
            if end == "exit" {
                std::process::exit(0);
            }
        }
        _ => panic!("which role is {role}?"),
    }
}

/// crossbeam #1147: each allocation fails in turn. The process ends by the standard handler, or goes on to the end.
#[test]
fn memory_runs_out_at_each_allocation() {
    each_allocation_fails("memory");
}

/// So do those of a recording, from its start to its end.
#[cfg(feature = "record")]
#[test]
fn memory_runs_out_at_each_allocation_while_recording() {
    each_allocation_fails("recorded");
}

#[track_caller]
fn each_allocation_fails(role: &str) {
    for (name, _) in scenes::ALL {
        let mut nth = 0;
        loop {
            nth += 1;
            let output = run(&format!("{role} {name} {nth}"));
            let (said, cried) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
            if output.status.success() {
                if said.contains(NOT_REACHED) {
                    break;
                }
                assert!(said.contains(REACHED), "{name} {nth}: {said}");
            } else {
                assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{name} {nth}: {cried}");
                assert!(cried.contains("memory allocation of "), "{name} {nth}: {cried}");
            }
        }
        assert!(nth > 2, "{name}: too few allocations");
    }
}

/// Threads that block at every kind of channel, and futures that wait there, hold up no end of the process.
#[test]
fn process_ends_with_everything_pending() {
    for end in ["exit", "return"] {
        let output = run(&format!("pending {end}"));
        assert!(output.status.success(), "{end}: {output:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
#[ignore = "a role for the test below"]
fn forks() {
    forked::fork_while_threads_block();
}

/// In the child the threads are gone that waited; what they waited in works on, there and in the parent.
#[cfg(target_os = "linux")]
#[test]
fn forked_child_uses_what_threads_waited_in() {
    let output = run_test("forks", "fork");
    assert!(output.status.success(), "{output:?}");
}
