//! The rules: each a function from one text to what is wrong with it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::text::Text;

pub(crate) const MOST_LINES: usize = 500;

/// Which rooms a room may name besides itself. Arrows point down, and never in a circle.
///
/// The faces stand on the room where a channel is, that on the cellar, that on the ground. Errors, `coop`, `park` and
/// `record` are leaves on the ground: importable from above.
pub(crate) const MAY_NAME: &[(&str, &[&str])] = &[
    (
        "lib",
        &["mpmc", "mpsc", "broadcast", "oneshot", "watch", "channel", "raw", "record", "park", "coop", "error", "sync"],
    ),
    ("mpmc", &["channel", "raw", "record", "park", "coop", "error", "sync"]),
    ("mpsc", &["channel", "raw", "record", "error"]),
    ("broadcast", &["raw", "record", "park", "coop", "error", "sync"]),
    ("oneshot", &["record", "park", "coop", "sync"]),
    ("watch", &["channel", "raw", "record", "park", "coop", "sync"]),
    ("channel", &["raw", "record", "park", "coop", "error", "sync"]),
    ("raw", &["record", "sync"]),
    ("record", &["sync"]),
    ("park", &["sync"]),
    ("coop", &["sync"]),
    ("error", &[]),
    ("sync", &[]),
];

/// The cellar of the crate, those of the sole receiver, of broadcast, of oneshot and of a system call.
pub(crate) const MAY_BE_UNSAFE: &[&str] =
    &["raw/", "channel/sole.rs", "broadcast/ring.rs", "broadcast/slot", "oneshot/state.rs", "sync/membarrier.rs"];
/// The cellars and the ground; the counts of handles; what is recorded, each thread for itself.
pub(crate) const MAY_ORDER: &[&str] = &[
    "raw/",
    "sync/",
    "broadcast/slot",
    "oneshot/state",
    "channel/sole.rs",
    "watch/handle.rs",
    "park.rs",
    "park/",
    "record/",
];
pub(crate) const MAY_CHOOSE: &[&str] = &["sync/"];

/// Where machines keep things. Spelled in parts, so that this file passes its own rule.
pub(crate) const MACHINE_PATHS: [&[&str]; 6] =
    [&["wo", "rk"], &["tm", "p"], &["ho", "me"], &["ro", "ot"], &["Us", "ers"], &["va", "r"]];

pub(crate) fn names_only_rooms_below(file: &Text) -> Vec<String> {
    let Some((_, below)) = MAY_NAME.iter().find(|(room, _)| *room == file.room()) else {
        return vec![format!("{}: the table of rooms does not know this room", file.path)];
    };
    let mut wrong = Vec::new();
    let from_here = if file.path.contains('/') { "super::super::" } else { "super::" };
    for root in ["crate::", from_here] {
        for (at, _) in file.code.match_indices(root) {
            for name in first_names(&file.code[at + root.len()..]) {
                let known = MAY_NAME.iter().any(|(room, _)| *room == name);
                if known && name != file.room() && !below.contains(&name.as_str()) {
                    wrong.push(file.complaint(at, &format!("{} may not name {name}", file.room())));
                }
            }
        }
    }
    wrong
}

/// The first names of the paths that follow: one, or several in braces.
pub(crate) fn first_names(rest: &str) -> Vec<String> {
    let name =
        |text: &str| -> String { text.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect() };
    let Some(list) = rest.strip_prefix('{') else {
        return vec![name(rest)];
    };
    let mut depth = 0;
    let mut names = vec![name(list)];
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&list[at + 1..])),
            _ => {}
        }
    }
    names
}

pub(crate) fn unsafe_only_in_the_cellar(file: &Text) -> Vec<String> {
    if file.is_under(MAY_BE_UNSAFE) {
        return Vec::new();
    }
    let found = file.words().filter(|(_, word)| *word == "unsafe");
    found.map(|(at, _)| file.complaint(at, "unsafe outside the cellar")).collect()
}

pub(crate) fn orderings_only_where_listed(file: &Text) -> Vec<String> {
    if file.is_under(MAY_ORDER) {
        return Vec::new();
    }
    let found = file.words().filter(|(at, word)| *word == "Ordering" && !file.code[..*at].ends_with("cmp::"));
    found.map(|(at, _)| file.complaint(at, "an atomic's Ordering outside its places")).collect()
}

pub(crate) fn no_macro_rules(file: &Text) -> Vec<String> {
    let found = file.words().filter(|(_, word)| *word == "macro_rules");
    found.map(|(at, _)| file.complaint(at, "macro_rules")).collect()
}

/// What is compiled is chosen between items, by module; a function is the same in every build.
pub(crate) fn no_cfg_in_a_function(file: &Text) -> Vec<String> {
    if file.is_under(MAY_CHOOSE) {
        return Vec::new();
    }
    let mut wrong = Vec::new();
    // For each open brace, whether it is in a function's body.
    let mut open: Vec<bool> = Vec::new();
    let mut function_begins = false;
    let words: BTreeMap<usize, &str> = file.words().collect();
    for (at, c) in file.code.char_indices() {
        match words.get(&at).copied() {
            // A pointer's type, `fn(..)`, begins no body.
            Some("fn") => function_begins |= !file.code[at + 2..].trim_start().starts_with('('),
            Some("cfg") if open.last() == Some(&true) => {
                let before = file.code[..at].trim_end();
                let after = &file.code[at + 3..];
                if before.ends_with("#[") || after.starts_with('!') {
                    wrong.push(file.complaint(at, "cfg inside a function"));
                }
            }
            _ => {}
        }
        match c {
            '{' => {
                open.push(function_begins || open.last() == Some(&true));
                function_begins = false;
            }
            '}' => {
                open.pop();
            }
            ';' if open.last() != Some(&true) => function_begins = false,
            _ => {}
        }
    }
    wrong
}

pub(crate) fn not_too_long(file: &Text) -> Vec<String> {
    let lines = file.text.lines().count();
    let long = lines > MOST_LINES;
    long.then(|| format!("{}: {lines} lines, of at most {MOST_LINES}", file.path)).into_iter().collect()
}

pub(crate) fn names_no_machine_path(file: &Text) -> Vec<String> {
    let mut wrong = Vec::new();
    for parts in MACHINE_PATHS {
        let path = format!("/{}/", parts.concat());
        for (at, _) in file.text.match_indices(&path) {
            let before = file.text[..at].chars().next_back().unwrap_or(' ');
            // In the middle of a longer path it is a folder like any other.
            if !(before.is_alphanumeric() || matches!(before, '-' | '_' | '.' | '/' | '}' | ']')) {
                let line = file.text[..at].matches('\n').count() + 1;
                wrong.push(format!("{}:{line}: a path of some machine: {path}", file.path));
            }
        }
    }
    wrong
}

/// All types that are futures: the room, and the name. A receiver is one in one room and none in the next.
pub(crate) fn futures(files: &[Text]) -> BTreeSet<(String, String)> {
    let mut names = BTreeSet::new();
    for file in files {
        for (at, _) in file.code.match_indices("Future for ") {
            let found = first_names(&file.code[at + "Future for ".len()..]);
            names.extend(found.into_iter().map(|name| (file.room().to_owned(), name)));
        }
    }
    names
}

/// The public methods that return one of these types, and of these the complaints.
pub(crate) fn async_methods(file: &Text, futures: &BTreeSet<(String, String)>) -> (usize, Vec<String>) {
    let lines: Vec<&str> = file.text.lines().collect();
    let (mut found, mut wrong) = (0, Vec::new());
    for (at, _) in file.code.match_indices("pub fn ") {
        let head = &file.code[at..];
        let head = &head[..head.find(['{', ';']).unwrap_or(head.len())];
        let returned = head.split("->").nth(1).unwrap_or("");
        let is_future = |name| futures.contains(&(file.room().to_owned(), name));
        if !first_names(returned.trim_start()).into_iter().any(is_future) {
            continue;
        }
        found += 1;
        let line = file.code[..at].matches('\n').count();
        let above = lines[..line].iter().rev().map(|line| line.trim());
        let docs = above.take_while(|line| line.starts_with("///") || line.starts_with("#["));
        if !docs.into_iter().any(|line| line == "/// # Cancel safety") {
            let name = head.trim_start_matches("pub fn ").split(['(', '<']).next().unwrap_or("?");
            wrong.push(file.complaint(at, &format!("{name} says nothing of cancel safety")));
        }
    }
    (found, wrong)
}

/// Whether the newest heading of a version in the change log is this one.
pub(crate) fn change_log_names(text: &str, version: &str) -> bool {
    let headings = text.lines().filter_map(|line| line.strip_prefix("## ["));
    let versions = headings.filter_map(|rest| rest.split(']').next());
    versions.into_iter().find(|name| *name != "Unreleased") == Some(version)
}

/// What a text names in backticks and the crate does not have: files, functions, types.
pub(crate) fn names_nothing_else(text: &str, files: &[Text]) -> Vec<String> {
    let words: BTreeSet<&str> = files.iter().flat_map(|file| file.words().map(|(_, word)| word)).collect();
    let exists = |name: &str| match name.strip_suffix(".rs") {
        Some(_) => name.starts_with("tests/") || files.iter().any(|file| file.path == name),
        None => {
            let name = name.split(['(', '{']).next().unwrap_or(name);
            let last = name.rsplit(['.', ':', '/']).next().unwrap_or(name);
            last.contains(|c: char| !(c.is_alphanumeric() || c == '_')) || words.contains(last)
        }
    };
    // Fences of whole blocks aside, every second piece between backticks is a name.
    let prose = text.split("```").step_by(2);
    let names = prose.flat_map(|prose| prose.split('`').skip(1).step_by(2));
    names.filter(|name| !exists(name)).map(|name| format!("there is no `{name}`")).collect()
}

/// The links of a text to other files that lead nowhere, `root` being where its path begins.
pub(crate) fn dead_links(file: &Text, root: &Path) -> Vec<String> {
    let folder = root.join(&file.path);
    let folder = folder.parent().unwrap_or(root);
    let targets = file.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let files = targets.filter(|target| !target.contains("://")).filter_map(|target| target.split('#').next());
    let dead = files.filter(|target| !target.is_empty() && !folder.join(target).exists());
    dead.map(|target| format!("{}: a link to {target}, which is not there", file.path)).collect()
}

/// A row of a table: the tests that it names, as `file::function`, and the canaries, by their names alone in the last
/// column.
pub(crate) struct Row<'a> {
    pub(crate) tests: Vec<(&'a str, &'a str)>,
    pub(crate) canaries: Vec<&'a str>,
}

pub(crate) fn rows(text: &str) -> Vec<Row<'_>> {
    let mut rows = Vec::new();
    for row in text.lines().filter(|line| line.starts_with("| ") && line.contains('`')) {
        let cells: Vec<&str> = row.trim_end_matches('|').rsplitn(2, " |").collect();
        let quoted = |cell| str::split(cell, '`').skip(1).step_by(2);
        if let [last, others] = cells[..] {
            let tests = quoted(others).filter_map(|name| name.split_once("::")).collect();
            rows.push(Row { tests, canaries: quoted(last).collect() });
        }
    }
    rows
}

/// The canaries of a row that no test of it catches. `patch` is what a canary's file says.
pub(crate) fn strangers<'a>(row: &Row<'a>, patch: impl Fn(&str) -> String) -> Vec<&'a str> {
    let is_caught = |canary: &str| {
        let text = patch(canary);
        let catches = text.lines().filter_map(|line| line.strip_prefix("caught-by: "));
        catches.into_iter().any(|catch| row.tests.iter().any(|(file, function)| catches_by(catch, file, function)))
    };
    row.canaries.iter().copied().filter(|canary| !is_caught(canary)).collect()
}

/// Whether this test is among those that a canary names: a program, and parts of the paths of tests in it.
fn catches_by(catch: &str, file: &str, function: &str) -> bool {
    let mut words = catch.split_whitespace().skip_while(|word| word.starts_with("sanitize-") || *word == "valgrind");
    let program = words.next().unwrap_or("").trim_end_matches("-default");
    let (own, path) = program_and_path(file);
    let path = format!("{path}{function}");
    let mut filters = words.peekable();
    program == own && (filters.peek().is_none() || filters.any(|filter| path.contains(filter)))
}

/// The program that a file's tests are in, and the path of its module there.
fn program_and_path(file: &str) -> (&str, String) {
    let (program, path) = match file.split_once('/') {
        Some(("src", rest)) if rest.ends_with("_loom") => ("models", rest.replace("_loom", "/models")),
        Some(("src", rest)) => ("unit", rest.replace("_tests", "/tests")),
        Some((program, rest)) => (program, rest.to_owned()),
        None => (file, "main".to_owned()),
    };
    let modules = path.split('/').filter(|name| !matches!(*name, "main" | "mod"));
    (program, modules.map(|name| format!("{name}::")).collect())
}
