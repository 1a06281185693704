//! One small change of the core, as cargo-mutants lists it.

use std::collections::{HashMap, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::process;
use crate::step::Stop;
use crate::workspace::{Workspace, minutes};

use super::SOURCES;

pub(super) struct Mutant {
    /// Below `src`.
    pub(super) file: String,
    /// What stands in the kept list: the file and the change, and which of its kind in that file. No place in it, as a
    /// list of survivors must outlive other changes.
    pub(super) name: String,
    /// The line on which it is, for whoever looks for it.
    pub(super) line: usize,
    pub(super) genre: String,
    pub(super) replacement: String,
    /// First and last, the latter not included: lines from 1, columns from 0.
    pub(super) span: (Place, Place),
    /// The function it is in, if it is in one.
    pub(super) item: Option<(Place, Place)>,
}

pub(super) type Place = (usize, usize);

/// Where a place of a text is, in bytes.
pub(super) fn offset(text: &str, (line, column): Place) -> usize {
    let before: usize = text.split_inclusive('\n').take(line - 1).map(str::len).sum();
    let on_line = text[before..].chars().take(column).map(char::len_utf8);
    before + on_line.sum::<usize>()
}

impl Mutant {
    /// The text of its file with this change alone.
    pub(super) fn applied(&self, text: &str) -> String {
        let (start, end) = (offset(text, self.span.0), offset(text, self.span.1));
        format!("{}{}{}", &text[..start], self.replacement, &text[end..])
    }

    /// Stays the same for as long as the function it is in does, given its file's text. What is in none depends on all
    /// of the file.
    pub(super) fn state(&self, text: &str) -> String {
        let item = self.item.map_or(0..text.len(), |(start, end)| offset(text, start)..offset(text, end));
        // Where in it: names count all in the file that are alike, also those of other functions.
        let place = offset(text, self.span.0).checked_sub(item.start);
        let mut hasher = DefaultHasher::new();
        (&text[item], place).hash(&mut hasher);
        format!("{:016x}", hasher.finish())
    }
}

/// All that cargo-mutants knows for the files of the core, but for tests and models beside them, which need no test
/// themselves.
pub(super) fn list(workspace: &Workspace, tool: &Path) -> Result<Vec<Mutant>, Stop> {
    let mut command = Command::new(tool);
    command.args(["mutants", "--list", "--json", "-p", "thalweg"]).current_dir(&workspace.root);
    let text = process::read(command, minutes(5))?;
    let listed: Value = serde_json::from_str(&text).map_err(|error| Stop::Failed(error.to_string()))?;
    let mut mutants: Vec<Mutant> = listed.as_array().into_iter().flatten().filter_map(read).collect();
    if mutants.is_empty() {
        return Err(Stop::Failed("cargo-mutants lists nothing".to_owned()));
    }
    once(&mut mutants);
    number(&mut mutants);
    Ok(mutants)
}

fn read(listed: &Value) -> Option<Mutant> {
    let file = listed["file"].as_str()?.strip_prefix(SOURCES)?.trim_start_matches('/').to_owned();
    let stem = file.trim_end_matches(".rs");
    if ["tests", "_loom", "models", "sync/loom", "sync/shuttle"].iter().any(|end| stem.ends_with(end)) {
        return None;
    }
    let change = listed["name"].as_str()?.splitn(4, ':').last()?.trim();
    let span = span(&listed["span"])?;
    Some(Mutant {
        name: format!("{file}: {change}"),
        line: span.0.0,
        file,
        genre: listed["genre"].as_str()?.to_owned(),
        replacement: listed["replacement"].as_str()?.to_owned(),
        span,
        item: self::span(&listed["function"]["span"]),
    })
}

fn span(listed: &Value) -> Option<(Place, Place)> {
    let place = |end: &str| {
        let number = |key: &str| Some(usize::try_from(listed[end][key].as_u64()?).unwrap_or(usize::MAX));
        Some((number("line")?, number("column")?.checked_sub(1)?))
    };
    Some((place("start")?, place("end")?))
}

/// Of a module with two declarations, for two configurations, it lists all twice.
fn once(mutants: &mut Vec<Mutant>) {
    let mut seen = HashSet::new();
    mutants.retain(|mutant| seen.insert((mutant.name.clone(), mutant.span)));
}

/// The second of the same name becomes `NAME #2`.
fn number(mutants: &mut [Mutant]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for mutant in mutants {
        let count = seen.entry(mutant.name.clone()).or_default();
        *count += 1;
        if *count > 1 {
            mutant.name = format!("{} #{count}", mutant.name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_counted_in_letters() {
        let text = "ab\nä== c\n";
        assert_eq!(&text[offset(text, (2, 1))..], "== c\n");
    }

    #[test]
    fn a_change_in_one_function_leaves_others_as_they_were() {
        let in_second = |line: usize, columns: (usize, usize)| Mutant {
            file: "a.rs".to_owned(),
            name: String::new(),
            line,
            genre: String::new(),
            replacement: String::new(),
            span: ((line, columns.0), (line, columns.1)),
            item: Some(((line, 0), (line, 15))),
        };
        let (text, longer) = ("fn a() { b() }\nfn c() { d == d }\n", "fn a() {\nb(1) }\nfn c() { d == d }\n");
        let state = in_second(2, (11, 13)).state(text);
        assert_eq!(in_second(3, (11, 13)).state(longer), state);
        assert_ne!(in_second(2, (9, 13)).state(text), state, "another place in it");
        assert_ne!(in_second(2, (11, 13)).state(&text.replace("d ==", "e ==")), state, "another text of it");
        let outside = Mutant { item: None, ..in_second(2, (11, 13)) };
        let same = Mutant { item: None, ..in_second(3, (11, 13)) };
        assert_ne!(outside.state(text), same.state(longer), "the whole file counts");
    }

    #[test]
    fn two_of_the_same_name_are_told_apart_one_is_once_and_tests_are_left_out() {
        let listed = |file: &str, line: u64| {
            serde_json::json!({
                "file": format!("{SOURCES}/{file}"), "genre": "BinaryOperator", "replacement": "!=",
                "name": format!("{SOURCES}/{file}:{line}:3: replace == with != in a::b"),
                "span": { "start": { "line": line, "column": 3 }, "end": { "line": line, "column": 5 } },
            })
        };
        let lines = [("raw/side.rs", 1), ("raw/side.rs", 2), ("raw/side_loom.rs", 1), ("raw/side.rs", 1)];
        let mut mutants: Vec<Mutant> = lines.iter().filter_map(|(file, line)| read(&listed(file, *line))).collect();
        once(&mut mutants);
        number(&mut mutants);
        let names: Vec<&str> = mutants.iter().map(|mutant| mutant.name.as_str()).collect();
        let name = "raw/side.rs: replace == with != in a::b";
        assert_eq!(names, [name, &format!("{name} #2")]);
        assert_eq!(mutants[1].applied("a == b\nb == c\n"), "a == b\nb == c\n".replace("b ==", "b !="));
    }
}
