//! The example `checksum` from end to end: the program that a user runs, on trees that a user might have,
//! judged by the `sha256sum`, `find` and `sort` of this machine.
#![cfg(unix)]

mod checksum {
    pub(crate) mod program;
    pub(crate) mod tree;
}

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};

use checksum::program::{Outcome, Running, accepted_by_sha256sum, sha256sum_of_what_find_finds};
use checksum::tree::Tree;

#[test]
fn lines_are_those_of_sha256sum() {
    let tree = Tree::with_awkward_names();
    let ours = tree.checksum(["."]);
    assert_eq!(ours.status, 0, "{ours:?}");
    assert_eq!(ours.lines(), sha256sum_of_what_find_finds(&tree, "."));
    assert_eq!(ours.lines().len(), tree.files());
}

#[test]
fn sha256sum_accepts_the_list_and_sees_a_change() {
    let tree = Tree::with_awkward_names();
    let list = tree.checksum(["."]).stdout;
    assert!(accepted_by_sha256sum(&tree, &list));
    tree.file("plain", b"changed");
    assert!(!accepted_by_sha256sum(&tree, &list));
}

#[test]
fn workers_and_capacity_change_nothing() {
    let tree = Tree::with_awkward_names();
    tree.many_files("many", 300);
    let expected = sha256sum_of_what_find_finds(&tree, ".");
    for workers in ["1", "8"] {
        for capacity in ["0", "1", "64", "18446744073709551615"] {
            let ours = tree.checksum(["--workers", workers, "--capacity", capacity, "."]);
            assert_eq!(ours.status, 0, "{ours:?}");
            assert_eq!(ours.lines(), expected, "workers {workers}, capacity {capacity}");
        }
    }
}

#[test]
fn several_roots_are_sorted_together() {
    let tree = Tree::empty();
    tree.file("b/1", b"one");
    tree.file("a/2", b"two");
    let ours = tree.checksum(["b", "a"]);
    let names: Vec<_> = ours.lines().iter().map(|line| line[66..].to_vec()).collect();
    assert_eq!(names, [b"a/2", b"b/1"]);
}

#[test]
fn links_and_special_files_are_left_out_and_said() {
    let tree = Tree::empty();
    tree.file("file", b"contents");
    tree.fifo("pipe");
    symlink(".", tree.path("loop")).unwrap();
    symlink("nowhere", tree.path("dangling")).unwrap();
    symlink("file", tree.path("alias")).unwrap();
    let ours = tree.checksum(["."]);
    assert_eq!(ours.status, 0, "{ours:?}");
    assert_eq!(ours.lines(), sha256sum_of_what_find_finds(&tree, "."));
    assert!(ours.says("3 symbolic links not followed"), "{ours:?}");
    assert!(ours.says(r#"skips "./pipe": not a regular file"#), "{ours:?}");
}

#[test]
fn what_the_user_names_is_followed() {
    let tree = Tree::empty();
    tree.file("dir/file", b"contents");
    symlink("dir", tree.path("link-to-dir")).unwrap();
    symlink("dir/file", tree.path("link-to-file")).unwrap();
    for root in ["link-to-dir", "link-to-file", "dir/file"] {
        let ours = tree.checksum([root]);
        assert_eq!(ours.status, 0, "{ours:?}");
        assert_eq!(ours.lines().len(), 1, "{ours:?}");
        assert_eq!(ours.lines(), sha256sum_of_what_find_finds(&tree, root));
    }
}

#[test]
fn a_tree_without_files_is_said() {
    let tree = Tree::empty();
    fs::create_dir_all(tree.path("a/b")).unwrap();
    let ours = tree.checksum(["."]);
    assert_eq!(ours.status, 0, "{ours:?}");
    assert!(ours.stdout.is_empty());
    assert!(ours.says("found no files"), "{ours:?}");
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_done() {
    let tree = Tree::empty();
    tree.file("tree/good", b"contents");
    tree.file("tree/forbidden", b"secret");
    tree.forbid("tree/forbidden");
    // Whoever may read everything can still not read this process's memory at address 0.
    let memory = "/proc/self/mem";
    let ours = tree.checksum(["missing", memory, "tree"]);

    assert_eq!(ours.status, 1, "{ours:?}");
    assert!(ours.says(r#"cannot walk "missing": No such file or directory"#), "{ours:?}");
    let mut failures = 1;
    if fs::exists(memory).unwrap() {
        failures += 1;
        assert!(ours.says(r#"cannot read "/proc/self/mem": "#), "{ours:?}");
    }
    let mut good = 2;
    if fs::File::open(tree.path("tree/forbidden")).is_err() {
        failures += 1;
        good -= 1;
        assert!(ours.says(r#"cannot read "tree/forbidden": Permission denied"#), "{ours:?}");
    }
    assert!(ours.says(&format!("{failures} failure")), "{ours:?}");
    assert_eq!(ours.lines().len(), good, "{ours:?}");
    assert!(accepted_by_sha256sum(&tree, &ours.stdout));
}

#[test]
fn files_that_change_after_the_walk_are_said() {
    let tree = Tree::empty();
    tree.slow_file("slow");
    tree.file("vanishing", b"gone");
    tree.file("turning", b"into a pipe");
    tree.file("stays", b"here");
    tree.fifo("pipe");
    // The only worker is busy with `slow` while the walk puts the next two into the channel and comes to
    // the pipe, of which it tells.
    let roots = ["--workers=1", "--capacity=8", "slow", "vanishing", "turning", "pipe", "stays"];
    let mut running = Running::start(&tree, roots);
    running.wait_until_it_says(r#"skips "pipe""#);
    fs::remove_file(tree.path("vanishing")).unwrap();
    fs::rename(tree.path("pipe"), tree.path("turning")).unwrap();
    let ours = running.finish();
    assert_eq!(ours.status, 1, "{ours:?}");
    assert!(ours.says(r#"cannot read "vanishing": No such file or directory"#), "{ours:?}");
    assert!(ours.says(r#"cannot read "turning": no longer a regular file"#), "{ours:?}");
    assert_eq!(ours.lines().len(), 2, "{ours:?}");
    assert!(accepted_by_sha256sum(&tree, &ours.stdout));
}

#[test]
fn ctrl_c_finishes_what_was_accepted_and_says_what_is_missing() {
    let tree = Tree::empty();
    tree.many_files("first", 20);
    tree.slow_file("slow");
    tree.fifo("pipe");
    tree.many_files("late", 500);
    let mut running = Running::start(&tree, ["--workers=1", "--capacity=2", "first", "slow", "pipe", "late"]);
    running.wait_until_it_says(r#"skips "pipe""#);
    running.interrupt();
    let ours = running.finish();

    assert_eq!(ours.status, 130, "{ours:?}");
    // Accepted at that moment were the first 20, the one at work and those in the channel.
    let done = ours.lines().len();
    assert!((21..521).contains(&done), "{ours:?}");
    assert!(ours.says(&format!("{} files missing in the list", 521 - done)), "{ours:?}");
    assert!(accepted_by_sha256sum(&tree, &ours.stdout));
}

#[test]
fn a_second_ctrl_c_stops_at_once() {
    let tree = Tree::empty();
    tree.slow_file("slow");
    tree.fifo("pipe");
    let mut running = Running::start(&tree, ["--workers=1", "--output=list", "slow", "pipe"]);
    running.wait_until_it_says(r#"skips "pipe""#);
    running.interrupt();
    running.wait_until_it_says("interrupted");
    running.interrupt();
    let ours = running.finish();
    assert_eq!(ours.status, 130, "{ours:?}");
    assert_eq!(tree.names(), ["pipe", "slow"]);
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
    tree.fifo("pipe");
    for (output, complaint) in [
        ("nowhere/list", r#"cannot write "nowhere/list": No such file or directory"#),
        (".", r#"cannot write ".": exists and is not a regular file"#),
        ("pipe", r#"cannot write "pipe": exists and is not a regular file"#),
    ] {
        let ours = tree.checksum(["--output", output, "."]);
        assert_eq!(ours.status, 1, "{ours:?}");
        assert!(ours.says(complaint), "{ours:?}");
        assert!(ours.stdout.is_empty());
    }
}

#[test]
fn without_arguments_it_explains_itself() {
    let tree = Tree::empty();
    tree.file("file", b"contents");
    let ours = tree.checksum([]);
    assert_eq!(ours.status, 2, "{ours:?}");
    assert!(ours.stdout.is_empty());
    for part in ["Usage: checksum", "--workers", "--capacity", "--output", "`.` is the current directory"] {
        assert!(ours.says(part), "{part} in {ours:?}");
    }
}

#[test]
fn no_workers_is_a_mistake() {
    let tree = Tree::empty();
    assert_eq!(tree.checksum(["--workers", "0", "."]).status, 2);
}
