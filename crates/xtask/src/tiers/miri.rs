//! Miri, where rustup has brought it. Nothing else here looks at provenance and aliasing.

use crate::process;
use crate::step::{Step, Stop};
use crate::tiers::Options;
use crate::workspace::{Workspace, minutes};

const FLAGS: &str = "-Zmiri-strict-provenance -Zmiri-tree-borrows -Zmiri-disable-isolation";

pub(crate) fn step<'a>(workspace: &'a Workspace, options: &[String]) -> Result<Step<'a>, String> {
    let seeds = Options::read(options, &["--seeds"], &[])?.number("--seeds", 8)?;
    Ok(Step::new("miri", "unit tests, and the programs of the fuzzer, under Miri", move || {
        let answers = process::probe(workspace.cargo("", "+nightly miri --version"), minutes(1));
        let answers_plain = process::probe(workspace.cargo("", "miri --version"), minutes(1));
        let toolchain = match (answers, answers_plain) {
            (_, Ok(Some(status))) if status.success() => "",
            (Ok(Some(status)), _) if status.success() => "+nightly ",
            _ => {
                return Err(Stop::NotRun(
                    "`cargo miri` does not answer: the toolchain has no such component".to_owned(),
                ));
            }
        };
        let mut said = Vec::new();
        for tests in ["-p thalweg --lib", "-p thalweg-fuzz --test corpus drawn"] {
            let mut command = workspace.cargo("miri", &format!("{toolchain}miri test {tests}"));
            command
                .env("MIRIFLAGS", format!("{FLAGS} -Zmiri-many-seeds=0..{seeds}"))
                .env("THALWEG_FUZZ_DRAWS", "20")
                .env_remove("CARGO")
                .env_remove("RUSTUP_TOOLCHAIN");
            said.push(process::run_tests(command, minutes(60))?);
        }
        Ok(format!("{} with {seeds} seeds", said.join(" and ")))
    }))
}
