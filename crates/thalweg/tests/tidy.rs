//! The house rules, read off the source.
//!
//! Each rule is a function from one text to what is wrong with it. `every_rule_bites` shows each of them a text that
//! breaks it; the other tests show them the repository.

#[path = "tidy/rules.rs"]
mod rules;
#[path = "tidy/text.rs"]
mod text;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rules::*;
use text::Text;

type Rule = fn(&Text) -> Vec<String>;

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All files below a folder whose names end so, named relative to it. What is only a link is read where it leads.
fn read_below(folder: &Path, endings: &[&str]) -> Vec<Text> {
    let mut texts = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(path) = open.pop() {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            if !(matches!(name.as_str(), "target" | ".git")) {
                open.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
            }
        } else if endings.iter().any(|ending| name.ends_with(ending)) {
            let relative = path.strip_prefix(folder).unwrap().to_string_lossy().into_owned();
            texts.push(Text::new(&relative, &fs::read_to_string(&path).unwrap()));
        }
    }
    texts.sort_by(|a, b| a.path.cmp(&b.path));
    texts
}

fn sources() -> Vec<Text> {
    let found = read_below(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &[".rs"]);
    assert!(found.iter().any(|file| file.path == "lib.rs"), "the sources were not found");
    found
}

fn check(files: &[Text], rule: Rule) {
    let wrong: Vec<String> = files.iter().flat_map(rule).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn imports_point_down() {
    check(&sources(), names_only_rooms_below);
}

#[test]
fn unsafe_lives_in_the_cellar() {
    check(&sources(), unsafe_only_in_the_cellar);
}

#[test]
fn orderings_are_where_they_are_reasoned_about() {
    check(&sources(), orderings_only_where_listed);
}

#[test]
fn sources_define_no_macros() {
    check(&sources(), no_macro_rules);
}

#[test]
fn functions_are_the_same_in_every_build() {
    check(&sources(), no_cfg_in_a_function);
}

#[test]
fn files_are_short() {
    check(&read_below(&repository(), &[".rs"]), not_too_long);
}

#[test]
fn texts_name_no_machine() {
    let endings = [".rs", ".toml", ".md", ".patch", ".svg", ".sh", ".stderr", "run"];
    check(&read_below(&repository(), &endings), names_no_machine_path);
}

#[test]
fn async_methods_speak_of_cancel_safety() {
    let files = sources();
    let futures = futures(&files);
    let (found, wrong): (Vec<usize>, Vec<Vec<String>>) = files.iter().map(|file| async_methods(file, &futures)).unzip();
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    // send, send_owned, send_many, reserve and its two sisters, recv, recv_owned, recv_many, closed on either end.
    assert!(found.iter().sum::<usize>() >= 11, "only {found:?} async methods were found");
}

#[test]
fn change_log_is_current() {
    let text = fs::read_to_string(repository().join("CHANGELOG.md")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(change_log_names(&text, version), "CHANGELOG.md does not begin with {version}");
}

#[test]
fn the_walk_leads_through_what_is_there() {
    let text = fs::read_to_string(repository().join("docs/walk.md")).unwrap();
    let wrong = names_nothing_else(&text, &sources());
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Each test and each canary that the page names is there, and each canary that is there has its place on the page, in a
/// row with a test that catches it.
#[test]
fn what_is_to_prove_it_exists() {
    let text = fs::read_to_string(repository().join("docs/proof.md")).unwrap();
    let rows = rows(&text);
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tests: Vec<(&str, &str)> = rows.iter().flat_map(|row| row.tests.iter().copied()).collect();
    assert!(tests.len() > 50, "the tables were not found");
    for (file, function) in tests {
        let folder = match file.split('/').next() {
            Some("src") => package.to_owned(),
            Some("corpus") => package.join("../fuzz/tests"),
            _ => package.join("tests"),
        };
        let code = fs::read_to_string(folder.join(format!("{file}.rs")));
        let code = code.unwrap_or_else(|_| panic!("there is no {file}"));
        let name = function.rsplit("::").next().unwrap_or(function);
        assert!(code.contains(&format!("fn {name}(")), "{file} has no {function}");
    }
    let canaries = read_below(&package.join("tests/canaries"), &[".patch"]);
    let there: BTreeSet<&str> = canaries.iter().map(|file| file.path.trim_end_matches(".patch")).collect();
    let named: BTreeSet<&str> = rows.iter().flat_map(|row| row.canaries.iter().copied()).collect();
    assert_eq!(named, there);
    let patch = |name: &str| fs::read_to_string(package.join(format!("tests/canaries/{name}.patch"))).unwrap();
    let strangers: Vec<&str> = rows.iter().flat_map(|row| strangers(row, patch)).collect();
    assert!(strangers.is_empty(), "no test of their row catches them: {}", strangers.join(", "));
}

#[test]
fn links_lead_somewhere() {
    let root = repository();
    let texts = read_below(&root, &[".md"]);
    assert!(texts.iter().any(|text| text.path == "README.md"), "the texts were not found");
    let wrong: Vec<String> = texts.iter().flat_map(|text| dead_links(text, &root)).collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn every_rule_bites() {
    let long = "\n".repeat(MOST_LINES + 1);
    let machine = format!("see /{}{}/x", "ho", "me");
    let bad: [(Rule, &str, &str); 14] = [
        (names_only_rooms_below, "raw/side.rs", "use super::super::mpmc::Sender;"),
        (names_only_rooms_below, "error.rs", "use super::raw;"),
        (names_only_rooms_below, "raw/side.rs", "use crate::channel::Channel;"),
        (names_only_rooms_below, "channel/mod.rs", "use crate::{sync::Arc, mpmc::{Sender}};"),
        (names_only_rooms_below, "error.rs", "fn f() -> crate::raw::Side {}"),
        (names_only_rooms_below, "attic/mod.rs", ""),
        (unsafe_only_in_the_cellar, "channel/mod.rs", "fn f() { unsafe { g() } }"),
        (orderings_only_where_listed, "mpmc/sender.rs", "x.load(Ordering::Relaxed)"),
        (no_macro_rules, "lib.rs", "macro_rules! m { () => {} }"),
        (no_cfg_in_a_function, "lib.rs", "fn f() { if cfg!(a) { g() } }"),
        (no_cfg_in_a_function, "lib.rs", "impl A { fn f(g: fn()) { { #[cfg(a)] h() } } }"),
        (not_too_long, "lib.rs", &long),
        (names_no_machine_path, "README.md", &machine),
        (orderings_only_where_listed, "lib.rs", "/* a */ const A: char = '\"'; Ordering::Acquire"),
    ];
    for (rule, path, text) in bad {
        assert_eq!(rule(&Text::new(path, text)).len(), 1, "{path}: {text}");
    }
    let good: [(Rule, &str, &str); 7] = [
        (names_only_rooms_below, "channel/mod.rs", "use crate::{raw::Side, sync::Arc}; // crate::mpmc"),
        (unsafe_only_in_the_cellar, "raw/side.rs", "unsafe { g() }"),
        (unsafe_only_in_the_cellar, "lib.rs", "#![deny(unsafe_code)] // unsafe\nconst A: &str = \"unsafe\";"),
        (orderings_only_where_listed, "lib.rs", "use core::cmp::Ordering;"),
        (no_cfg_in_a_function, "lib.rs", "type A = fn();\n#[cfg(test)] mod tests { }\nfn f() {}\n#[cfg(a)] use b;"),
        (no_cfg_in_a_function, "sync/mod.rs", "fn f() { cfg!(a); }"),
        (names_no_machine_path, "README.md", "docs/home/x and 1/tmp/2"),
    ];
    for (rule, path, text) in good {
        assert_eq!(rule(&Text::new(path, text)), [""; 0], "{path}: {text}");
    }
}

#[test]
fn rules_of_more_than_one_file_bite() {
    let future = Text::new("a/future.rs", "impl<T> Future for Recv<'_, T> {}");
    let futures = futures(&[future]);
    let silent =
        Text::new("a/b.rs", "/// Receives.\npub fn recv(&self) -> Recv<'_, T> {}\npub fn len(&self) -> usize {}");
    let (found, wrong) = async_methods(&silent, &futures);
    assert_eq!((found, wrong.len()), (1, 1));
    let text = "/// Receives.\n///\n/// # Cancel safety\n///\n/// Took nothing.\n#[inline]\npub fn recv(&self) -> Recv<'_, T> {}";
    assert_eq!(async_methods(&Text::new("a/b.rs", text), &futures), (1, Vec::new()));
    assert_eq!(async_methods(&Text::new("c/b.rs", text), &futures).0, 0, "a type of another room");
    let text = Text::new("docs/x.md", "[a](../README.md#b) [c](https://example.org) [d](#e) [f](nowhere.md)");
    assert_eq!(dead_links(&text, &repository()), ["docs/x.md: a link to nowhere.md, which is not there"]);
    let there = [Text::new("raw/side.rs", "fn take() {}")];
    assert_eq!(names_nothing_else("`raw/side.rs` `Side::take(x)` ```\n`x`\n``` `a b`", &there), [""; 0]);
    assert_eq!(names_nothing_else("`raw/back.rs` `give`", &there).len(), 2);
    assert!(change_log_names("## [Unreleased]\n## [0.1.0] - 2026\n", "0.1.0"));
    assert!(!change_log_names("## [0.2.0]\n## [0.1.0]\n", "0.1.0"));
    assert!(!change_log_names("0.1.0", "0.1.0"));
}

#[test]
fn rows_and_their_canaries_are_compared() {
    let rows = rows("`x::y`\n| a | `it/b::c`, `d` | `e`, `f` |\n| g | `h::i`, `src/j_loom::k` | |\n");
    let tests: Vec<(&str, &str)> = rows.iter().flat_map(|row| row.tests.iter().copied()).collect();
    assert_eq!(tests, [("it/b", "c"), ("h", "i"), ("src/j_loom", "k")]);
    let strangers_to = |row: &str, catch: &str| {
        let text = format!("what: x\ncaught-by: shuttle z\ncaught-by: {catch}\n");
        let rows = rules::rows(row);
        strangers(&rows[0], |_| text.clone()).len()
    };
    for (test, catch) in [
        ("it/b::c", "it b::"),
        ("it/b::c", "it-default x b::c"),
        ("it/b::d::c", "sanitize-thread it b::d::c"),
        ("src/raw/j_loom::k", "models raw::j::models::k"),
        ("src/raw/j_tests::k", "unit raw::j::tests"),
        ("shuttle/o/mod::l", "shuttle o::l"),
        ("alloc::k", "alloc k"),
        ("compile_fail/main::k", "compile_fail"),
    ] {
        let row = format!("| a | `{test}` | `e` |");
        assert_eq!(strangers_to(&row, catch), 0, "{test}: {catch}");
        for other in ["it other::", "loom b::"] {
            assert_eq!(strangers_to(&row, other), 1, "{test}: {other}");
        }
    }
}
