//! The example `checksum` from end to end: the program that a user runs, on trees that a user might have,
//! judged by the `sha256sum`, `find` and `sort` of this machine.
#![cfg(unix)]

mod checksum {
    mod diagram;
    mod output;
    pub(crate) mod program;
    pub(crate) mod tree;
}
mod example;

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

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
fn what_the_user_names_and_cannot_be_hashed_is_a_failure() {
    let tree = Tree::empty();
    tree.file("file", b"contents");
    tree.fifo("pipe");
    let _socket = UnixListener::bind(tree.path("socket")).unwrap();
    symlink("nowhere", tree.path("dangling")).unwrap();
    symlink("circle", tree.path("circle")).unwrap();
    symlink("pipe", tree.path("link-to-pipe")).unwrap();
    for named in ["pipe", "socket", "/dev/null", "dangling", "circle", "link-to-pipe"] {
        let ours = tree.checksum([named, "file"]);
        assert_eq!(ours.status, 1, "{ours:?}");
        assert!(ours.says(&format!("cannot hash {named:?}: ")) || ours.says(&format!("cannot walk {named:?}: ")));
        assert!(ours.says("1 failure, see above"), "{ours:?}");
        assert_eq!(ours.lines(), sha256sum_of_what_find_finds(&tree, "file"));
    }
}

#[test]
fn links_are_named_with_what_becomes_of_them() {
    let tree = Tree::empty();
    tree.file("tree/below/file", b"contents");
    for (link, target) in
        [("up", ".."), ("circle", "circle"), ("dangling", "nowhere"), ("alias", "file"), ("beside", "../other")]
    {
        symlink(target, tree.path("tree/below").join(link)).unwrap();
    }
    fs::create_dir(tree.path("tree/other")).unwrap();
    let ours = tree.checksum(["tree"]);
    assert_eq!(ours.status, 0, "{ours:?}");
    for (link, description) in [
        ("up", "\"..\", a loop\n"),
        ("circle", "\"circle\", a loop\n"),
        ("dangling", "\"nowhere\", which is not there\n"),
        ("alias", "\"file\"\n"),
        ("beside", "\"../other\"\n"),
    ] {
        let line = format!("does not follow \"tree/below/{link}\": a symbolic link to {description}");
        assert!(ours.says(&line), "{line} in {ours:?}");
    }
    assert!(ours.says("5 symbolic links not followed\n"), "{ours:?}");
}

#[test]
fn many_links_are_named_when_asked_for() {
    let tree = Tree::empty();
    for number in 0..30 {
        symlink("target", tree.path(number.to_string())).unwrap();
    }
    let named = |ours: &Outcome| ours.stderr.matches("does not follow").count();
    let few = tree.checksum(["."]);
    assert_eq!(named(&few), 5, "{few:?}");
    assert!(few.says("30 symbolic links not followed; --verbose names all of them\n"), "{few:?}");
    let all = tree.checksum(["--verbose", "."]);
    assert_eq!(named(&all), 30, "{all:?}");
    assert!(all.says("30 symbolic links not followed\n"), "{all:?}");
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
    tree.fifo("mark/pipe");
    // The only worker is busy with `slow` while the walk puts the next two into the channel and comes to
    // the pipe, of which it tells.
    let roots = ["--workers=1", "--capacity=8", "slow", "vanishing", "turning", "mark", "stays"];
    let mut running = Running::start(&tree, roots);
    running.wait_until_it_says(r#"skips "mark/pipe""#);
    fs::remove_file(tree.path("vanishing")).unwrap();
    fs::rename(tree.path("mark/pipe"), tree.path("turning")).unwrap();
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
    tree.fifo("mark/pipe");
    tree.many_files("late", 500);
    let mut running = Running::start(&tree, ["--workers=1", "--capacity=2", "first", "slow", "mark", "late"]);
    running.wait_until_it_says(r#"skips "mark/pipe""#);
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
    tree.fifo("mark/pipe");
    let mut running = Running::start(&tree, ["--workers=1", "--output=list", "slow", "mark"]);
    running.wait_until_it_says(r#"skips "mark/pipe""#);
    running.interrupt();
    running.wait_until_it_says("interrupted");
    running.interrupt();
    let ours = running.finish();
    assert_eq!(ours.status, 130, "{ours:?}");
    assert_eq!(tree.names(), ["mark", "slow"]);
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
fn a_number_that_cannot_be_is_said() {
    let tree = Tree::empty();
    tree.file("file", b"contents");
    for (option, number, complaint) in [
        ("-w", "0", "must be at least 1"),
        ("-w", "-1", "must be at least 1"),
        ("-w", "1025", "must be at most 1024"),
        ("-w", "40000", "must be at most 1024"),
        ("-w", "100000000000000000000000000000000000000000", "must be at most 1024"),
        ("-w", "two", "must be a whole number"),
        ("-c", "-1", "must be at least 0"),
    ] {
        let ours = tree.checksum([option, number, "file"]);
        assert_eq!(ours.status, 2, "{ours:?}");
        assert!(ours.says(&format!("invalid value '{number}'")) && ours.says(complaint), "{ours:?}");
        assert!(!ours.says("tip:"), "{ours:?}");
        assert!(ours.stdout.is_empty());
    }
}

#[test]
fn the_summary_stays_short() {
    let tree = Tree::empty();
    tree.file("file", b"contents");
    for (workers, summary) in [("2", " by 2 workers: "), ("1024", " by 1024 workers: 0 to 1 files each")] {
        let ours = tree.checksum(["--workers", workers, "file"]);
        assert_eq!(ours.status, 0, "{ours:?}");
        assert_eq!(ours.lines(), sha256sum_of_what_find_finds(&tree, "file"));
        assert!(ours.says(summary), "{ours:?}");
        assert!(ours.stderr.len() < 100, "{ours:?}");
    }
}

#[test]
fn the_list_comes_before_the_summary() {
    let tree = Tree::empty();
    tree.file("file", b"contents");
    let ours = tree.script(r#""$0" file 2>&1"#);
    assert_eq!(ours.status, 0, "{ours:?}");
    let lines = ours.lines();
    assert_eq!(lines[..1], sha256sum_of_what_find_finds(&tree, "file"));
    assert!(lines[1].starts_with(b"checksum: 1 file, "), "{ours:?}");
}
