//! A temporary directory with files in it.

use std::ffi::OsStr;
use std::fs::{self, File, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::checksum::program::{Outcome, Running};

pub(crate) struct Tree {
    directory: TempDir,
}

impl Tree {
    pub(crate) fn empty() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    /// Names and contents with which a list of checksums can go wrong.
    pub(crate) fn with_awkward_names() -> Self {
        let tree = Self::empty();
        tree.file("plain", b"contents");
        tree.file("empty", b"");
        tree.file("with space", b"1");
        tree.file(" leading and trailing ", b"2");
        tree.file("line\nfeed", b"3");
        tree.file("carriage\rreturn\r", b"4");
        tree.file("back\\slash", b"5");
        tree.file("\\n", b"6");
        tree.file("*star", b"7");
        tree.file("-c", b"8");
        tree.file("quote'\"", b"9");
        tree.file("\u{e9}t\u{e9}/\u{2603}", b"10");
        tree.file(OsStr::from_bytes(b"not-utf-8-\xff\xfe"), b"11");
        tree.file("a.b", b"12");
        tree.file("a/b", b"13");
        tree.file("a-b", b"14");
        // On both sides of a block of the hash, and longer than any one read.
        for length in [55, 56, 63, 64, 65, 1 << 20, (1 << 20) + 1] {
            tree.file(format!("long/{length}"), &vec![b'x'; length]);
        }
        tree
    }

    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.directory.path().join(name)
    }

    pub(crate) fn file(&self, name: impl AsRef<Path>, contents: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, contents).unwrap();
    }

    pub(crate) fn many_files(&self, directory: &str, count: usize) {
        for number in 0..count {
            self.file(format!("{directory}/{number}"), number.to_string().as_bytes());
        }
    }

    /// A file that takes no room on the disk and some tenths of a second to hash.
    pub(crate) fn slow_file(&self, name: &str) {
        File::create(self.path(name)).unwrap().set_len(512 << 20).unwrap();
    }

    pub(crate) fn fifo(&self, name: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        assert!(Command::new("mkfifo").arg(path).status().unwrap().success());
    }

    pub(crate) fn forbid(&self, name: &str) {
        fs::set_permissions(self.path(name), Permissions::from_mode(0o000)).unwrap();
    }

    /// The names directly in the tree, sorted.
    pub(crate) fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path(".")).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// How many regular files there are.
    pub(crate) fn files(&self) -> usize {
        fn count(directory: &Path) -> usize {
            let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap());
            entries
                .map(|entry| match entry.file_type().unwrap() {
                    kind if kind.is_dir() => count(&entry.path()),
                    kind => usize::from(kind.is_file()),
                })
                .sum()
        }
        count(self.directory.path())
    }

    /// Runs a script in this tree to its end, in which `$0` is the example.
    pub(crate) fn script(&self, script: &str) -> Outcome {
        Running::start_script(self, script).finish()
    }

    /// Runs the example in this tree to its end.
    pub(crate) fn checksum<const N: usize>(&self, arguments: [&str; N]) -> Outcome {
        Running::start(self, arguments).finish()
    }
}
