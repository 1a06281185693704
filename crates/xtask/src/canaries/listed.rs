//! What can be said of every kept defect without building it: it applies to the code as it is, and the tests that are to
//! catch it are there.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, Lit, Meta};

use super::{Catch, FOLDER, TESTS, apply, find};
use crate::workspace::Workspace;

/// A file of a program: what it is as a module, and where its modules' files are.
struct File {
    path: PathBuf,
    module: String,
    below: PathBuf,
}

/// The paths of all tests of a program, as its filters see them.
fn tests_from(root: &Path) -> Vec<String> {
    let folder = root.parent().unwrap();
    let mut open = vec![File { path: root.to_owned(), module: String::new(), below: folder.to_owned() }];
    let mut tests = Vec::new();
    while let Some(file) = open.pop() {
        let text = fs::read_to_string(&file.path).unwrap_or_else(|error| panic!("{}: {error}", file.path.display()));
        let items = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", file.path.display())).items;
        look(&items, &file, &mut open, &mut tests);
    }
    tests
}

fn look(items: &[Item], file: &File, open: &mut Vec<File>, tests: &mut Vec<String>) {
    for item in items {
        match item {
            Item::Fn(function) if function.attrs.iter().any(|attribute| attribute.path().is_ident("test")) => {
                tests.push(format!("{}{}", file.module, function.sig.ident));
            }
            Item::Mod(module) => {
                let name = module.ident.to_string();
                let inside =
                    |path: PathBuf, below: PathBuf| File { path, module: format!("{}{name}::", file.module), below };
                if let Some((_, items)) = &module.content {
                    look(items, &inside(file.path.clone(), file.below.join(&name)), open, tests);
                } else if let Some(path) = module.attrs.iter().find_map(path_in) {
                    let path = file.path.parent().unwrap().join(path);
                    let below = path.parent().unwrap().to_owned();
                    open.push(inside(path, below));
                } else {
                    let own = file.below.join(format!("{name}.rs"));
                    let path = if own.is_file() { own } else { file.below.join(&name).join("mod.rs") };
                    open.push(inside(path, file.below.join(&name)));
                }
            }
            Item::Macro(call) => {
                let tokens = call.mac.tokens.to_string();
                tests.extend(tests_among(&tokens).map(|name| format!("{}{name}", file.module)));
            }
            _ => {}
        }
    }
}

/// The names of tests in what is given to a macro, such as proptest's.
fn tests_among(tokens: &str) -> impl Iterator<Item = &str> {
    let marked = tokens.split("[test]").skip(1).filter_map(|rest| rest.split_once("fn "));
    marked.map(|(_, rest)| rest.split(['(', ' ']).next().unwrap_or(rest))
}

fn path_in(attribute: &Attribute) -> Option<String> {
    let Meta::NameValue(value) = &attribute.meta else { return None };
    match &value.value {
        Expr::Lit(literal) if value.path.is_ident("path") => match &literal.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Where the program of a canary begins.
fn root_of(repository: &Path, target: &str) -> PathBuf {
    match target {
        "unit" | "models" => repository.join("crates/thalweg/src/lib.rs"),
        "corpus" => repository.join("crates/fuzz/tests/corpus.rs"),
        target => {
            let alone = repository.join(TESTS).join(format!("{target}.rs"));
            if alone.is_file() { alone } else { repository.join(TESTS).join(target).join("main.rs") }
        }
    }
}

/// The filters of a catch that match no test.
fn idle<'a>(catch: &'a Catch, tests: &[String]) -> Vec<&'a str> {
    let is_idle = |filter: &&str| !tests.iter().any(|test| test.contains(*filter));
    catch.filter.iter().map(String::as_str).filter(is_idle).collect()
}

/// Only these of the crate's programs have so few tests that a canary may mean all.
const OF_ONE_SUBJECT: [&str; 1] = ["compile_fail"];

#[test]
fn all_apply_and_are_caught_by_tests_that_are_there() {
    let repository = Workspace::load().unwrap().root;
    let canaries = find(&repository.join(FOLDER)).unwrap();
    assert!(canaries.len() > 20, "the canaries were not found");
    let mut programs = HashMap::new();
    for canary in &canaries {
        apply(&canary.patch, &repository, &["--check"]).unwrap();
        for catch in &canary.catches {
            let (name, target) = (&canary.name, catch.program.target());
            let tests = programs.entry(target).or_insert_with(|| tests_from(&root_of(&repository, target)));
            assert!(!tests.is_empty(), "{name}: there are no tests in {target}");
            assert_eq!(idle(catch, tests), [""; 0], "{name}: no such tests in {target}");
            let says_which = !catch.filter.is_empty() || OF_ONE_SUBJECT.contains(&target);
            assert!(says_which, "{name} is caught by `{target}`, it does not say where");
        }
    }
}

#[test]
fn tests_are_found_where_modules_lead() {
    let repository = Workspace::load().unwrap().root;
    let beside = tests_from(&root_of(&repository, "unit"));
    assert!(beside.contains(&"raw::waiter::models::leaving_against_being_woken".to_owned()), "{beside:?}");
    let it = tests_from(&root_of(&repository, "it"));
    assert!(it.iter().any(|test| test.starts_with("watch::foreign::")), "{it:?}");
    assert!(it.contains(&"model::rendezvous_agrees_with_its_naive_twin".to_owned()), "inside a macro: {it:?}");
    assert_eq!(idle(&Catch::read("it watch::foreign:: no_such_test"), &it), ["no_such_test"]);
}

#[test]
fn a_patch_that_does_not_apply_is_refused() {
    let workspace = Workspace::load().unwrap();
    let patch = workspace.target.join("no_canary.patch");
    let text = "--- a/README.md\n+++ b/README.md\n@@ -1 +1 @@\n-not its first line\n+nor this\n";
    fs::write(&patch, text).unwrap();
    assert!(apply(&patch, &workspace.root, &["--check"]).is_err());
}
