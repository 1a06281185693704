//! The tests under AddressSanitizer with LeakSanitizer, and under ThreadSanitizer. Debian's compiler builds them, and a
//! standard library of its own with the same instruments: without that, ThreadSanitizer does not see what `Arc` and
//! `Mutex` do, and reports races where there are none.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::debian::{CURRENT, Compiler};
use crate::process;
use crate::step::{Outcome, Step, Stop};
use crate::tiers::{CORPUS, IT, SOAK, Tests, UNIT, flags};
use crate::workspace::{Workspace, minutes};

/// The linker goes with the runtimes: GNU's fails on what they link.
pub(crate) const PACKAGES: [&str; 4] = ["rust-web-src", "libclang-rt-22-dev", "lld-22", "llvm-22"];

pub(crate) const TARGET: &str = "x86_64-unknown-linux-gnu";

/// Who allocated is told down to the test, by whose name a leak may be expected.
const ASAN_OPTIONS: &str = "detect_leaks=1:detect_stack_use_after_return=1:allocator_may_return_null=1:\
                            malloc_context_size=100";

const TSAN_OPTIONS: &str = "halt_on_error=1:second_deadlock_stack=1:report_thread_leaks=0";

const RACES: &str = "crates/thalweg/tests/sanitize/races.txt";

pub(crate) const LEAKS: &str = "crates/thalweg/tests/sanitize/leaks.txt";

#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Sanitizer {
    Address,
    Thread,
}

use Sanitizer::{Address, Thread};

pub(crate) fn steps<'a>(workspace: &'a Workspace, names: &[String]) -> Result<Vec<Step<'a>>, String> {
    let of = |sanitizer: Sanitizer, about: &str| Step::new(sanitizer.step(), about, move || run(workspace, sanitizer));
    let steps = vec![
        of(Address, "the tests under AddressSanitizer and LeakSanitizer"),
        of(Thread, "the tests under ThreadSanitizer"),
    ];
    let names: Vec<String> = names.iter().map(|name| format!("sanitize-{name}")).collect();
    crate::step::select(steps, &names)
}

/// The compiler that instruments, with what it needs.
pub(crate) fn compiler(workspace: &Workspace) -> Result<Compiler, Stop> {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(Stop::NotRun("needs Linux on x86-64".to_owned()));
    }
    Compiler::unpack(workspace, CURRENT, &PACKAGES)
}

fn run(workspace: &Workspace, sanitizer: Sanitizer) -> Outcome {
    let compiler = compiler(workspace)?;
    let cargo = |arguments: &str| sanitizer.cargo(workspace, &compiler, arguments);
    let tests = Tests { seconds: 20, build: minutes(30), run: sanitizer.limit() };
    let examples =
        ["actor", sanitizer.chat(), "checksum"].map(|name| format!("-p thalweg --all-features --test {name}"));
    // Where the tests of examples build them, so that their limit is their own.
    let mut build = cargo("build --release -p thalweg --example actor --example chat --example checksum");
    build.env("CARGO_TARGET_DIR", workspace.target.join(sanitizer.step()).join(TARGET));
    process::run(build, tests.build)?;
    let mut targets = vec![CORPUS, UNIT, IT, SOAK];
    targets.extend(examples.iter().map(String::as_str));
    tests.run(&targets, cargo)
}

impl Sanitizer {
    fn name(self) -> &'static str {
        match self {
            Address => "address",
            Thread => "thread",
        }
    }

    fn step(self) -> String {
        format!("sanitize-{}", self.name())
    }

    /// The example that is interrupted by a signal, which ThreadSanitizer keeps back from a thread that sleeps by a system
    /// call of its own.
    fn chat(self) -> &'static str {
        if self == Thread { "chat -- --skip ending::" } else { "chat" }
    }

    /// What one test target may take.
    pub(crate) fn limit(self) -> Duration {
        minutes(if self == Address { 10 } else { 20 })
    }

    /// Cargo with everything that is built instrumented so.
    pub(crate) fn cargo(self, workspace: &Workspace, compiler: &Compiler, arguments: &str) -> Command {
        let mut command = compiler.cargo(workspace, &self.step(), arguments);
        // AddressSanitizer takes the library as it is: it watches its memory all the same.
        if self == Thread {
            command.env("CARGO_UNSTABLE_BUILD_STD", "std");
        }
        command
            .env("RUSTC_BOOTSTRAP", "1")
            // By the environment, as all of this: tests that build an example do so by a cargo of their own. Without a
            // target what cargo and the compiler run themselves would be instrumented too.
            .env("CARGO_BUILD_TARGET", TARGET)
            // Names in reports, and no more: what is built is large as it is.
            .env("CARGO_PROFILE_DEV_DEBUG", "line-tables-only")
            .env("CARGO_ENCODED_RUSTFLAGS", flags(&self.flags(&compiler.root)))
            .env("ASAN_OPTIONS", ASAN_OPTIONS)
            .env("LSAN_OPTIONS", format!("suppressions={}", workspace.root.join(LEAKS).display()))
            // Threads of a runtime may be there at the end, which is no race.
            .env("TSAN_OPTIONS", format!("{TSAN_OPTIONS}:suppressions={}", workspace.root.join(RACES).display()));
        for symbolizer in ["ASAN_SYMBOLIZER_PATH", "LSAN_SYMBOLIZER_PATH", "TSAN_SYMBOLIZER_PATH"] {
            command.env(symbolizer, compiler.root.join("usr/lib/llvm-22/bin/llvm-symbolizer"));
        }
        command
    }

    pub(crate) fn flags(self, root: &Path) -> Vec<String> {
        let llvm = root.join("usr/lib/llvm-22");
        let runtime = |name: &str| llvm.join(format!("lib/clang/22/lib/linux/libclang_rt.{name}-x86_64.a"));
        let runtimes: &[&str] = match self {
            Address => &["asan", "asan_static"],
            Thread => &["tsan"],
        };
        let mut flags = vec![format!("-Zsanitizer={}", self.name()), "-Zexternal-clangrt".to_owned()];
        // Where memory came from is found by these; without them functions are left out.
        flags.push("-Cforce-frame-pointers=yes".to_owned());
        let mut link = |argument: String| flags.push(format!("-Clink-arg={argument}"));
        link("-Wl,--whole-archive".to_owned());
        for name in runtimes {
            link(runtime(name).display().to_string());
        }
        link("-Wl,--no-whole-archive".to_owned());
        for library in ["-lm", "-lc", "-lpthread", "-ldl", "-lrt"] {
            link(library.to_owned());
        }
        link("-fuse-ld=lld".to_owned());
        link(format!("-B{}", llvm.join("bin").display()));
        flags
    }
}
