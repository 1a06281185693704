//! A test program with a few of its modules. Each defect is built anew, and most of that would go into tests that the
//! canary does not run.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::copy::Changed;
use crate::scratch::failed;
use crate::step::Stop;

/// How the program's `main.rs` reads with those modules that have tests which the filters name, and what these need.
/// Nothing changes where a filter does not begin with a module's name. Should a module be missed, the defect does not
/// build, which is no catch.
pub(super) fn main_of(program: &Path, filters: &[String]) -> Result<Changed, Stop> {
    let main = program.join("main.rs");
    if filters.is_empty() || !main.is_file() {
        return Ok(Changed::new());
    }
    let text = fs::read_to_string(&main).map_err(|error| failed("read", &main, error))?;
    let Some(mut kept) = named(&text, filters) else {
        return Ok(Changed::new());
    };
    let mut open: Vec<&str> = kept.iter().copied().collect();
    while let Some(module) = open.pop() {
        let sources = sources(program, module)?;
        let needs = |other: &str| sources.contains(&format!("crate::{other}::"));
        let more: Vec<&str> = modules(&text).filter(|other| needs(other) && !kept.contains(other)).collect();
        kept.extend(&more);
        open.extend(more);
    }
    Ok(Changed::from([(main, with_only(&text, &kept))]))
}

fn modules(main: &str) -> impl Iterator<Item = &str> {
    main.lines().filter_map(module_in)
}

fn module_in(line: &str) -> Option<&str> {
    line.strip_prefix("mod ")?.strip_suffix(';')
}

/// The modules that the filters begin with: a filter matches anywhere in a test's path. `None` if any begins otherwise.
fn named<'a>(main: &'a str, filters: &[String]) -> Option<BTreeSet<&'a str>> {
    let mut all = BTreeSet::new();
    for filter in filters {
        let (first, _) = filter.split_once("::")?;
        let before = all.len();
        all.extend(modules(main).filter(|module| module.ends_with(first)));
        if all.len() == before {
            return None;
        }
    }
    Some(all)
}

/// The text of a module and of those inside it.
fn sources(program: &Path, module: &str) -> Result<String, Stop> {
    let mut text = String::new();
    let mut open = vec![program.join(format!("{module}.rs")), program.join(module)];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).map_err(|error| failed("read", &path, error))?;
            open.extend(entries.flatten().map(|entry| entry.path()));
        } else if path.is_file() {
            text += &fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
        }
    }
    Ok(text)
}

/// Without the other modules, and what stands before them in brackets. What they alone used is not used now.
fn with_only(main: &str, kept: &BTreeSet<&str>) -> String {
    let mut text = "#![allow(dead_code, unused_imports)]\n".to_owned();
    let mut attributes = String::new();
    for line in main.lines() {
        if line.starts_with("#[") {
            attributes += &format!("{line}\n");
        } else if module_in(line).is_some_and(|module| !kept.contains(module)) {
            attributes.clear();
        } else {
            text += &std::mem::take(&mut attributes);
            text += &format!("{line}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAIN: &str = "//! Of what.\n\nmod cancel;\n#[cfg(x)]\nmod coop;\nmod late_cancel;\nmod watch;\n";

    fn filters(all: &[&str]) -> Vec<String> {
        all.iter().map(|filter| (*filter).to_owned()).collect()
    }

    #[test]
    fn a_filter_names_the_modules_it_matches() {
        let named = |all: &[&str]| named(MAIN, &filters(all)).map(Vec::from_iter);
        assert_eq!(named(&["cancel::"]), Some(vec!["cancel", "late_cancel"]));
        assert_eq!(named(&["watch::foreign::", "coop::a"]), Some(vec!["coop", "watch"]));
        assert_eq!(named(&["watch"]), None, "it may be in a test's name");
        assert_eq!(named(&["watch::", "foreign::"]), None, "a module inside another");
    }

    #[test]
    fn a_module_that_goes_takes_its_attributes_along() {
        let without = with_only(MAIN, &BTreeSet::from(["cancel", "watch"]));
        assert!(without.ends_with("//! Of what.\n\nmod cancel;\nmod watch;\n"), "{without}");
        let with = with_only(MAIN, &BTreeSet::from(["coop"]));
        assert!(with.ends_with("//! Of what.\n\n#[cfg(x)]\nmod coop;\n"), "{with}");
    }

    /// Of every canary's program the module that it names is left, and what that needs is found.
    #[test]
    fn the_programs_are_taken_apart_by_their_canaries() {
        let root = crate::workspace::Workspace::load().unwrap().root;
        let mut narrowed = 0;
        for canary in super::super::find(&root.join(super::super::FOLDER)).unwrap() {
            for catch in canary.catches {
                let program = root.join(super::super::TESTS).join(catch.program.target());
                let changed = main_of(&program, &catch.filter).unwrap();
                for (path, text) in changed {
                    let before = fs::read_to_string(path).unwrap();
                    assert!(modules(&text).count() < modules(&before).count(), "{}", canary.name);
                    narrowed += 1;
                }
            }
        }
        assert!(narrowed > 0);
    }
}
