//! Runs the example and the programs that judge it.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::OnceLock;

use crate::checksum::tree::Tree;

/// How a run of the example ended.
pub(crate) struct Outcome {
    pub(crate) status: i32,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: String,
}

impl Outcome {
    pub(crate) fn with_stdout(stdout: Vec<u8>) -> Self {
        Self { status: 0, stdout, stderr: String::new() }
    }

    pub(crate) fn lines(&self) -> Vec<Vec<u8>> {
        let mut lines: Vec<_> = self.stdout.split(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect();
        assert_eq!(lines.pop(), Some(Vec::new()), "the last line is not ended");
        lines
    }

    pub(crate) fn says(&self, text: &str) -> bool {
        self.stderr.contains(text)
    }
}

impl fmt::Debug for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { status, stdout, stderr } = self;
        write!(f, "status {status}\n{}\n{stderr}", String::from_utf8_lossy(stdout))
    }
}

/// A run that hangs is a failure too: `timeout` ends it with status 124 and hands on our signals.
const LIMIT: [&str; 2] = ["--foreground", "60"];

/// A run of the example that the test watches and disturbs.
pub(crate) struct Running {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Running {
    pub(crate) fn start<const N: usize>(tree: &Tree, arguments: [&str; N]) -> Self {
        Self::spawn(tree, Command::new("timeout").args(LIMIT).arg(example()).args(arguments))
    }

    /// Starts a script in which `$0` is the example.
    pub(crate) fn start_script(tree: &Tree, script: &str) -> Self {
        Self::spawn(tree, Command::new("timeout").args(LIMIT).args(["sh", "-c", script]).arg(example()))
    }

    fn spawn(tree: &Tree, command: &mut Command) -> Self {
        let mut child = command
            .current_dir(tree.path("."))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("timeout, which coreutils brings, is needed");
        let stderr = BufReader::new(child.stderr.take().unwrap());
        Self { child, stderr, said: String::new() }
    }

    /// Returns as soon as a line with `text` appears on standard error; panics if the run ends without it.
    pub(crate) fn wait_until_it_says(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            let length = self.stderr.read_line(&mut line).unwrap();
            assert_ne!(length, 0, "never said {text}:\n{}", self.said);
            self.said += &line;
        }
    }

    /// What a terminal does to the program in front when Ctrl-C is pressed.
    pub(crate) fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    pub(crate) fn finish(mut self) -> Outcome {
        self.said += std::str::from_utf8(self.stderr.buffer()).unwrap();
        self.child.stderr = Some(self.stderr.into_inner());
        let finished = self.child.wait_with_output().unwrap();
        self.said += std::str::from_utf8(&finished.stderr).unwrap();
        let status = finished.status.code().expect("not killed by a signal");
        Outcome { status, stdout: finished.stdout, stderr: self.said }
    }
}

/// The lines that `sha256sum` prints for the files that `find -H root -type f` finds, sorted by name.
pub(crate) fn sha256sum_of_what_find_finds(tree: &Tree, root: &str) -> Vec<Vec<u8>> {
    let pipeline = r#"find -H "$0" -type f -print0 | LC_ALL=C sort -z | xargs -0 -r sha256sum"#;
    let judged = Command::new("sh").args(["-c", pipeline, root]).current_dir(tree.path(".")).output().unwrap();
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    Outcome::with_stdout(judged.stdout).lines()
}

/// Whether `sha256sum -c` finds every line well-formed and every file as the line says.
pub(crate) fn accepted_by_sha256sum(tree: &Tree, list: &[u8]) -> bool {
    let mut judge = Command::new("sha256sum")
        .args(["--check", "--strict", "--quiet"])
        .current_dir(tree.path("."))
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .expect("sha256sum, which coreutils brings, is needed");
    judge.stdin.take().unwrap().write_all(list).unwrap();
    judge.wait().unwrap().success()
}

/// That of these tests that the example has a use for.
const FEATURES: &str = if cfg!(feature = "record") { "record" } else { "" };

/// The example, built as README says. Cargo knows whether there is anything to do.
fn example() -> &'static Path {
    static EXAMPLE: OnceLock<PathBuf> = OnceLock::new();
    EXAMPLE.get_or_init(|| crate::example::built("checksum", &["--features", FEATURES]))
}
