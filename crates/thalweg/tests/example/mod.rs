//! How the tests of an example come by it.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Builds an example as users run it, beside the test, and says where it is. It is for the processor that the test is
/// for, with the same instruments: cargo reads both from the environment.
pub(crate) fn built(name: &str, arguments: &[&str]) -> PathBuf {
    let this_test = std::env::current_exe().unwrap();
    let target = this_test.ancestors().nth(3).expect("target/<profile>/deps/<test>");
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--release", "--message-format", "json-render-diagnostics", "--example", name])
        .args(arguments)
        .arg("--target-dir")
        .arg(target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the example does not build");
    // In which folder depends on the settings that cargo found.
    let said = String::from_utf8(output.stdout).unwrap();
    let path = said.lines().find_map(|line| line.split_once("\"executable\":\"")?.1.split('"').next());
    PathBuf::from(path.expect(&said).replace("\\\\", "\\"))
}
