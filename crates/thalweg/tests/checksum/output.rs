//! Where the list goes, and what becomes of what is there already.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;

use crate::checksum::program::{Outcome, Running, sha256sum_of_what_find_finds};
use crate::checksum::tree::Tree;

/// A tree with one file in it, and the list of it.
fn one_file() -> (Tree, Vec<u8>) {
    let tree = Tree::empty();
    tree.file("file", b"contents");
    let line = sha256sum_of_what_find_finds(&tree, "file").concat();
    (tree, [&line[..], b"\n"].concat())
}

#[test]
fn output_is_written_whole_and_not_hashed() {
    let tree = Tree::with_awkward_names();
    let expected = sha256sum_of_what_find_finds(&tree, ".");
    // The second time an old list is there, the third time its name is a link to it.
    for round in 0..3 {
        if round == 2 {
            fs::rename(tree.path("list"), tree.path("real-list")).unwrap();
            symlink("real-list", tree.path("list")).unwrap();
        }
        let ours = tree.checksum(["--output", "list", "."]);
        assert_eq!(ours.status, 0, "{ours:?}");
        assert!(ours.stdout.is_empty());
        let list = Outcome::with_stdout(fs::read(tree.path("list")).unwrap());
        assert_eq!(list.lines(), expected, "round {round}");
        let left_over = tree.names().into_iter().find(|name| name.starts_with(".checksum-"));
        assert_eq!(left_over, None);
    }
    assert!(fs::symlink_metadata(tree.path("list")).unwrap().is_symlink());
    let any_file = fs::metadata(tree.path("plain")).unwrap();
    assert_eq!(fs::metadata(tree.path("list")).unwrap().mode(), any_file.mode());
}

#[test]
fn output_that_cannot_be_written_is_said_before_the_work() {
    let tree = Tree::empty();
    tree.file("file", b"contents");
    symlink("circle", tree.path("circle")).unwrap();
    let _socket = UnixListener::bind(tree.path("socket")).unwrap();
    for (output, complaint) in [
        ("nowhere/list", r#"cannot write "nowhere/list": No such file or directory"#),
        (".", r#"cannot write ".": neither a file nor a pipe nor a character device"#),
        ("socket", r#"cannot write "socket": neither a file nor a pipe nor a character device"#),
        ("circle", r#"cannot write "circle": a loop of symbolic links"#),
        ("/dev/fd/77", r#"cannot write "/dev/fd/77": No such file or directory"#),
    ] {
        let ours = tree.checksum(["--output", output, "."]);
        assert_eq!(ours.status, 1, "{ours:?}");
        assert!(ours.says(complaint), "{ours:?}");
        assert!(ours.stdout.is_empty());
    }
}

#[test]
fn an_old_list_outlives_a_run_that_hashed_nothing() {
    let (tree, _) = one_file();
    tree.file("list", b"old");
    tree.fifo("pipe");
    for (named, failure) in [
        ("missing", r#"cannot walk "missing": "#),
        ("pipe", r#"cannot hash "pipe": "#),
        ("list", r#"cannot hash "list": it is where the list goes"#),
    ] {
        let ours = tree.checksum(["--output", "list", named]);
        assert_eq!(ours.status, 1, "{ours:?}");
        assert!(ours.says(failure), "{ours:?}");
        assert!(ours.says("nothing was hashed: leaves ") && ours.says("list\" as it is"), "{ours:?}");
        assert_eq!(fs::read(tree.path("list")).unwrap(), b"old");
    }
    let ours = tree.checksum(["--output", "new", "missing"]);
    assert_eq!(ours.status, 1, "{ours:?}");
    assert!(ours.says("nothing was hashed: does not write "), "{ours:?}");
    assert_eq!(tree.names(), ["file", "list", "pipe"]);
}

#[test]
fn a_tree_without_files_has_an_empty_list() {
    let tree = Tree::empty();
    tree.file("list", b"old");
    fs::create_dir(tree.path("nothing")).unwrap();
    let ours = tree.checksum(["--output", "list", "nothing"]);
    assert_eq!(ours.status, 0, "{ours:?}");
    assert_eq!(fs::read(tree.path("list")).unwrap(), b"");
}

#[test]
fn a_list_keeps_its_permissions() {
    let (tree, expected) = one_file();
    let list = tree.path("list");
    for mode in [0o600, 0o664, 0o400, 0o755] {
        tree.file("list", b"old");
        fs::set_permissions(&list, Permissions::from_mode(mode)).unwrap();
        // Works for the superuser only, and then the list must keep that too.
        let _ = chown(&list, Some(4321), Some(1234));
        let before = fs::metadata(&list).unwrap();
        let ours = tree.checksum(["--output", "list", "file"]);
        assert_eq!(ours.status, 0, "{ours:?}");
        let after = fs::metadata(&list).unwrap();
        assert_eq!(after.mode(), before.mode(), "{mode:o}");
        assert_eq!((after.uid(), after.gid()), (before.uid(), before.gid()));
        assert_eq!(fs::read(&list).unwrap(), expected);
        fs::remove_file(&list).unwrap();
    }
}

#[test]
fn a_link_to_a_list_that_is_not_there_yet_stays_a_link() {
    let (tree, expected) = one_file();
    fs::create_dir(tree.path("lists")).unwrap();
    symlink("lists/newest", tree.path("link")).unwrap();
    symlink("today", tree.path("lists/newest")).unwrap();
    let ours = tree.checksum(["--output", "link", "file"]);
    assert_eq!(ours.status, 0, "{ours:?}");
    assert_eq!(fs::read_link(tree.path("link")).unwrap().to_str(), Some("lists/newest"));
    assert_eq!(fs::read_link(tree.path("lists/newest")).unwrap().to_str(), Some("today"));
    assert!(fs::symlink_metadata(tree.path("lists/today")).unwrap().is_file());
    assert_eq!(fs::read(tree.path("lists/today")).unwrap(), expected);
}

#[test]
fn names_of_standard_output_are_standard_output() {
    let (tree, expected) = one_file();
    symlink("/dev/stdout", tree.path("link")).unwrap();
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "link"] {
        if fs::exists(name).unwrap() || name == "link" {
            let script = format!(r#"(echo first; "$0" --output {name} file; echo last) >whole"#);
            let ours = tree.script(&script);
            assert_eq!(ours.status, 0, "{ours:?}");
            let whole = fs::read(tree.path("whole")).unwrap();
            assert_eq!(whole, [b"first\n", &expected[..], b"last\n"].concat(), "{name}: {ours:?}");
        }
    }
}

#[test]
fn a_file_that_is_open_already_is_refused() {
    let (tree, _) = one_file();
    let ours = tree
        .script(r#"(echo first >&3; "$0" --output /dev/fd/3 file; status=$?; echo last >&3; exit $status) 3>whole"#);
    assert_eq!(ours.status, 1, "{ours:?}");
    assert!(ours.says(r#"cannot write "/dev/fd/3": a file that is open already; redirect standard output with >&3"#));
    assert_eq!(fs::read(tree.path("whole")).unwrap(), b"first\nlast\n");
}

#[test]
fn pipes_and_devices_are_written_to() {
    let (tree, expected) = one_file();
    for script in [r#"{ "$0" --output /dev/fd/3 file 3>&1 >&4 | cat; } 4>&2"#, r#""$0" --output /dev/null file"#] {
        let ours = tree.script(script);
        assert_eq!(ours.status, 0, "{ours:?}");
        assert_eq!(ours.stdout, if script.contains("null") { b"" } else { &expected[..] }, "{ours:?}");
    }
    let ours = tree.checksum(["--output", "/dev/full", "file"]);
    if fs::exists("/dev/full").unwrap() {
        assert_eq!(ours.status, 1, "{ours:?}");
        assert!(ours.says(r#"cannot write "/dev/full": No space left on device"#), "{ours:?}");
    }
}

#[test]
fn a_named_pipe_waits_for_its_reader() {
    let (tree, expected) = one_file();
    tree.fifo("pipe");
    let mut running = Running::start(&tree, ["--output", "pipe", "file"]);
    running.wait_until_it_says("waits until somebody reads ");
    let read = fs::read(tree.path("pipe")).unwrap();
    let ours = running.finish();
    assert_eq!(ours.status, 0, "{ours:?}");
    assert_eq!(read, expected);
    assert_eq!(tree.names(), ["file", "pipe"]);
}

#[test]
fn a_standard_output_that_takes_nothing_is_a_failure() {
    let (tree, _) = one_file();
    let ours = tree.script(r#""$0" file 1<file"#);
    assert_eq!(ours.status, 1, "{ours:?}");
    assert!(ours.says("cannot write to standard output: "), "{ours:?}");
}
