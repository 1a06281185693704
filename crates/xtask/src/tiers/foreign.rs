//! Other processors: 32 bits, run natively, where positions wrap in seconds; and aarch64 under qemu, which shows
//! layout and what is compiled there, not its memory order: the emulator reorders nothing.

use crate::debian::{CURRENT, Compiler, install};
use crate::step::{Outcome, Step, Stop};
use crate::tiers::{CORPUS, IT, SOAK, Tests, UNIT, sanitize};
use crate::workspace::{Workspace, minutes};

struct Machine {
    target: &'static str,
    /// Libraries and linker for it, in their places.
    packages: &'static [&'static str],
    /// Variables of the environment.
    settings: &'static [(&'static str, &'static str)],
}

const I686: Machine = Machine {
    target: "i686-unknown-linux-gnu",
    packages: &["gcc", "libc6-dev-i386", "lib32gcc-12-dev"],
    settings: &[],
};

const AARCH64: Machine = Machine {
    target: "aarch64-unknown-linux-gnu",
    packages: &["gcc-aarch64-linux-gnu", "libc6-dev-arm64-cross", "qemu-user"],
    settings: &[
        ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_LINKER", "aarch64-linux-gnu-gcc"),
        ("CARGO_TARGET_AARCH64_UNKNOWN_LINUX_GNU_RUNNER", "qemu-aarch64 -L /usr/aarch64-linux-gnu"),
    ],
};

pub(crate) fn i686(workspace: &Workspace) -> Step<'_> {
    Step::new("i686", "programs, unit tests, `it` and soak with 32 bits, and positions that really wrap", move || {
        let said = run(workspace, &I686, &[CORPUS, UNIT, IT, SOAK])?;
        let wrapped = run(workspace, &I686, &["-p thalweg --release --test wrap"])?;
        Ok(format!("{said}, {wrapped}"))
    })
}

pub(crate) fn aarch64(workspace: &Workspace) -> Step<'_> {
    Step::new("aarch64", "programs, unit tests, `it` and soak as aarch64, under qemu", move || {
        run(workspace, &AARCH64, &[CORPUS, UNIT, IT, SOAK])
    })
}

fn run(workspace: &Workspace, machine: &Machine, targets: &[&str]) -> Outcome {
    if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
        return Err(Stop::NotRun("needs Linux on x86-64".to_owned()));
    }
    let compiler = Compiler::unpack(workspace, CURRENT, &sanitize::PACKAGES)?;
    install(machine.packages)?;
    let cargo = |arguments: &str| {
        let arguments = format!("{arguments} -Zbuild-std --target {}", machine.target);
        let mut command = compiler.cargo(workspace, machine.target, &arguments);
        command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_PROFILE_DEV_DEBUG", "0");
        command.envs(machine.settings.iter().copied());
        command
    };
    Tests { seconds: 20, build: minutes(30), run: minutes(20) }.run(targets, cargo)
}
