//! What the program says and draws of its own run.

use super::tree::Tree;

#[cfg(feature = "record")]
#[test]
fn the_run_is_drawn_and_counted() {
    let tree = Tree::empty();
    tree.many_files("many", 300);
    let run = |picture| {
        tree.checksum([
            "--stats",
            "--diagram",
            picture,
            "--output",
            "list",
            "--workers",
            "2",
            "--capacity",
            "1",
            "many",
        ])
    };
    let ours = run("run.svg");
    assert_eq!(ours.status, 0, "{ours:?}");
    let said = ours.stderr;
    assert!(said.contains("the channel: 300 paths sent, 300 received, at most 1 queued; the walk waited "), "{said}");
    let picture = std::fs::read_to_string(tree.path("run.svg")).unwrap();
    for part in ["<svg", ">walk<", ">paths<", ">worker 1<", "300 sent"] {
        assert!(picture.contains(part), "{part} is not in the picture");
    }
    let ours = run("no/such/run.svg");
    assert_eq!(ours.status, 1, "{ours:?}");
    let said = ours.stderr;
    assert!(said.contains("cannot write \"no/such/run.svg\""), "{said}");
    assert!(tree.path("list").exists(), "the list is written all the same");
}

#[cfg(not(feature = "record"))]
#[test]
fn without_the_feature_it_says_how_to_get_it() {
    let tree = Tree::empty();
    tree.file("one", b"one");
    let ours = tree.checksum(["--stats", "."]);
    assert_eq!(ours.status, 1, "{ours:?}");
    assert!(ours.stderr.contains("build with `--features record`"));
}
