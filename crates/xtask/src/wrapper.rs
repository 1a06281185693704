//! As cargo's wrapper of the compiler for the crates of the workspace: gives them a setting more, by which nothing that
//! they depend on must be built anew.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

/// What names the setting to the wrapper.
const CFG: &str = "THALWEG_CFG";

/// Makes `command`, of cargo, build the workspace's crates with `--cfg` and this.
pub(crate) fn set(command: &mut Command, cfg: &str) {
    let own = std::env::current_exe().unwrap_or_else(|_| "xtask".into());
    command.env("RUSTC_WORKSPACE_WRAPPER", own).env(CFG, cfg);
}

/// If it is for that that this process was started: the compiler's end. Its path comes first, then its arguments.
pub(crate) fn run() -> Option<ExitCode> {
    let cfg = std::env::var_os(CFG)?;
    let mut arguments = std::env::args_os().skip(1);
    let mut command = Command::new(arguments.next()?);
    let status = command.args(arguments).args([OsString::from("--cfg"), cfg]).status();
    Some(match status.ok().and_then(|status| status.code()) {
        Some(code) => ExitCode::from(u8::try_from(code).unwrap_or(1)),
        None => ExitCode::FAILURE,
    })
}
