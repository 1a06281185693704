//! Each atomic `Ordering` of the crate weakened in turn, which the models under loom must notice.
//!
//! In a scratch copy every ordering stronger than Relaxed becomes a call that returns the same, or what the environment
//! says in its place: so it is built once, and run once for each weakening. First run the models beside the code, then,
//! if these stay green, those of `tests/loom` that concern the room.
//!
//! A weakening is called `raw/side.rs take Acquire>Relaxed`, by file and function, with `#2` behind the function for the
//! second of the same kind in it. What no model notices stands in `crates/thalweg/tests/orderings.txt`, each with the
//! reason why it is as it is; one that does not stand there is a failure, and so is one that stands there and is noticed.
//!
//! All models run once with nothing weakened: one that is red by itself would seem to notice everything.
//!
//! What was found out stays in `target/orderings/found.txt` as long as neither the sources nor the models change, so that
//! the command can be stopped and run again. `THALWEG_LOOM_SECONDS` gives the models more time than their two seconds.

use std::collections::HashMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::copy::{Changed, copy_sources};
use crate::models;
use crate::process;
use crate::scratch::failed;
use crate::step::{Outcome, Step, Stop};
use crate::workspace::{Workspace, minutes};

const KEPT: &str = "crates/thalweg/tests/orderings.txt";
/// What names the weakening to the tests: the number of the place, a blank, the ordering.
const CHOSEN: &str = "THALWEG_WEAKENED";

/// What may stand in the place of an ordering that is one step stronger.
const WEAKER: [(&str, &[&str]); 4] = [
    ("Acquire", &["Relaxed"]),
    ("Release", &["Relaxed"]),
    ("AcqRel", &["Acquire", "Release"]),
    ("SeqCst", &["AcqRel"]),
];

pub(crate) fn step<'a>(workspace: &'a Workspace, names: &'a [String]) -> Step<'a> {
    Step::new("orderings", "each atomic ordering weakened, which a model must notice", move || run(workspace, names))
}

/// An ordering in the source.
struct Place {
    /// Below `src`.
    file: String,
    /// The function, and which of this kind in it.
    function: String,
    ordering: &'static str,
    /// Where the name of the ordering begins, and the path before it.
    at: usize,
}

const PREFIX: &str = "Ordering::";

fn run(workspace: &Workspace, names: &[String]) -> Outcome {
    let tree = workspace.target.join("orderings").join("tree");
    let source = workspace.root.join("crates/thalweg/src");
    let places = all_places(&source)?;
    copy_sources(&workspace.root, &tree, &weakenable(&source, &places)?)?;
    let kept = kept(&workspace.root)?;
    let mut found = Found::load(workspace.target.join("orderings/found.txt"), &workspace.root)?;
    let weakenings: Vec<(usize, &Place, &str)> = weakenings(&places).collect();
    if let Some(unknown) = kept.keys().find(|name| weakenings.iter().all(|(_, place, to)| place.name(to) != **name)) {
        return Err(Stop::Failed(format!("{KEPT}: there is no {unknown}")));
    }
    let chosen = |name: &str| names.is_empty() || names.iter().any(|start| name.starts_with(start.as_str()));
    let (mut noticed, mut reasoned, mut wrong) = (0, 0, Vec::new());
    for (number, place, to) in weakenings {
        let name = place.name(to);
        if !chosen(&name) {
            continue;
        }
        let result = match found.get(&name) {
            Some(result) => result,
            None => {
                let programs = programs(&place.file)?;
                by_themselves(workspace, &tree, &mut found)?;
                found.add(&name, notice(workspace, &tree, &programs, &format!("{number} {to}"))?)?
            }
        };
        println!("{name}: {result}");
        match (result == SURVIVES, kept.contains_key(&name)) {
            (false, false) => noticed += 1,
            (true, true) => reasoned += 1,
            (true, false) => wrong.push(format!("no model notices {name}")),
            (false, true) => wrong.push(format!("{name} is noticed, and needs no reason in {KEPT}")),
        }
    }
    if noticed + reasoned == 0 && wrong.is_empty() {
        return Err(Stop::Failed(format!("no ordering in {}", names.join(" "))));
    }
    if !wrong.is_empty() {
        return Err(Stop::Failed(wrong.join("; ")));
    }
    Ok(format!("{noticed} weakenings noticed, {reasoned} with a reason"))
}

fn weakenings(places: &[Place]) -> impl Iterator<Item = (usize, &Place, &'static str)> {
    let weaker =
        |ordering: &str| WEAKER.iter().find(|(strong, _)| *strong == ordering).map_or(&[][..], |(_, weak)| weak);
    let numbered = places.iter().enumerate();
    numbered.flat_map(move |(number, place)| weaker(place.ordering).iter().map(move |to| (number, place, *to)))
}

impl Place {
    fn name(&self, to: &str) -> String {
        format!("{} {} {}>{to}", self.file, self.function, self.ordering)
    }
}

/// Those of all files, but for tests, and for the ground, which is another under loom.
fn all_places(source: &Path) -> Result<Vec<Place>, Stop> {
    let mut files = Vec::new();
    let mut open = vec![source.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            let entries = fs::read_dir(&path).map_err(|error| failed("read", &path, error))?;
            open.extend(entries.flatten().map(|entry| entry.path()));
        } else {
            files.push(path);
        }
    }
    files.sort();
    let mut places = Vec::new();
    for path in files {
        let name = path.strip_prefix(source).unwrap_or(&path).to_string_lossy().into_owned();
        let is_left_out = path.starts_with(source.join("sync"))
            || ["_loom.rs", "_tests.rs", "models.rs"].iter().any(|end| name.ends_with(end));
        if !is_left_out {
            let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
            places.extend(places_in(&name, &text));
        }
    }
    Ok(places)
}

fn places_in(file: &str, text: &str) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    let (mut function, mut begin) = ("", 0);
    for line in text.split_inclusive('\n') {
        let code = line.split("//").next().unwrap_or(line);
        if let Some((_, name)) = code.split_once("fn ") {
            function = name.split(['(', '<']).next().unwrap_or(name);
        }
        for (at, _) in code.match_indices(PREFIX) {
            let rest = &code[at + PREFIX.len()..];
            if let Some((ordering, _)) = WEAKER.iter().find(|(strong, _)| rest.starts_with(strong)) {
                let alike =
                    |place: &&Place| place.ordering == *ordering && place.function.split('#').next() == Some(function);
                let function = match places.iter().filter(alike).count() {
                    0 => function.to_owned(),
                    before => format!("{function}#{}", before + 1),
                };
                places.push(Place { file: file.to_owned(), function, ordering, at: begin + at });
            }
        }
        begin += line.len();
    }
    places
}

/// The files with places in them, in which each asks what it is to be.
fn weakenable(source: &Path, places: &[Place]) -> Result<Changed, Stop> {
    let mut texts = Changed::new();
    let read = |path: &Path| fs::read_to_string(path).map_err(|error| failed("read", path, error));
    // From behind, so that what lies before stays where it is.
    for (number, place) in places.iter().enumerate().rev() {
        let path = source.join(&place.file);
        let text = match texts.remove(&path) {
            Some(text) => text,
            None => read(&path)?,
        };
        let (before, after) = text.split_at(place.at);
        let (ordering, after) = after.split_at(PREFIX.len() + place.ordering.len());
        texts.insert(path, format!("{before}crate::sync::weakened({number}, {ordering}){after}"));
    }
    let ground = source.join("sync/mod.rs");
    let text = format!("{}{WEAKENED}", read(&ground)?);
    texts.insert(ground, text);
    Ok(texts)
}

const WEAKENED: &str = r#"
pub(crate) fn weakened(place: usize, ordering: Ordering) -> Ordering {
    static CHOSEN: std::sync::OnceLock<Option<(usize, Ordering)>> = std::sync::OnceLock::new();
    let chosen = CHOSEN.get_or_init(|| {
        let value = std::env::var("THALWEG_WEAKENED").ok()?;
        let (place, to) = value.split_once(' ').expect("a place and an ordering");
        let known = [Ordering::Relaxed, Ordering::Acquire, Ordering::Release, Ordering::AcqRel];
        let to = known.into_iter().find(|known| std::format!("{known:?}") == to).expect("an ordering");
        Some((place.parse().expect("a number"), to))
    });
    chosen.filter(|chosen| chosen.0 == place).map_or(ordering, |chosen| chosen.1)
}
"#;

const SURVIVES: &str = "survives";

/// The models that concern a file: arguments of cargo. Those beside the code come first: they are quick.
fn programs(file: &str) -> Result<Vec<&'static str>, Stop> {
    let whole = match file.split(['/', '.']).next() {
        Some("park" | "record") => None,
        Some("raw") => Some("--test loom --"),
        Some("channel") => Some("--test loom -- mpsc::"),
        Some("broadcast") => Some("--test loom -- broadcast::"),
        Some("oneshot") => Some("--test loom -- oneshot::"),
        Some("watch") => Some("--test loom -- watch::"),
        _ => return Err(Stop::Failed(format!("which models concern {file}?"))),
    };
    Ok(["--lib"].into_iter().chain(whole).collect())
}

const NOTHING: &str = "nothing";

/// With nothing weakened all models must be green.
fn by_themselves(workspace: &Workspace, tree: &Path, found: &mut Found) -> Result<(), Stop> {
    let result = match found.get(NOTHING) {
        Some(result) => result,
        None => found.add(NOTHING, notice(workspace, tree, &["--lib", "--test loom --"], "")?)?,
    };
    match result.as_str() {
        SURVIVES => Ok(()),
        result => Err(Stop::Failed(format!("with nothing weakened the models are red already: {result}"))),
    }
}

/// Who notices the weakening, or else nothing weakened.
fn notice(workspace: &Workspace, tree: &Path, programs: &[&str], weakening: &str) -> Result<String, Stop> {
    let cargo = |arguments: &str| {
        let mut command = models::cargo(workspace, "loom", "orderings/built", arguments);
        command.current_dir(tree).env("CARGO_PROFILE_RELEASE_DEBUG", "0");
        command
    };
    for arguments in programs {
        let target = arguments.split(" -- ").next().unwrap_or(arguments).trim_end_matches(" --");
        process::run(cargo(&format!("--no-run --quiet {target}")), minutes(8))?;
        let mut command: Command = cargo(arguments);
        if !weakening.is_empty() {
            command.env(CHOSEN, weakening);
        }
        match process::first_line(command, minutes(20), |line| line.ends_with(" ... FAILED"))? {
            process::Ended::Said(line) => {
                let test = line.trim_start_matches("test ").trim_end_matches(" ... FAILED");
                return Ok(format!("noticed by {test}"));
            }
            // A panic while another is under way ends the process without a word.
            process::Ended::Itself(status) if !status.success() => return Ok(format!("noticed: {status}")),
            process::Ended::Itself(_) => {}
            process::Ended::Late => return Err(Stop::Failed(format!("the models do not come to an end: {target}"))),
        }
    }
    Ok(SURVIVES.to_owned())
}

/// The weakenings that no model notices, and why.
fn kept(root: &Path) -> Result<HashMap<String, String>, Stop> {
    let path = root.join(KEPT);
    let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let entry = |line: &str| match line.split_once(": ") {
        Some((name, reason)) if !reason.trim().is_empty() => Ok((name.to_owned(), reason.to_owned())),
        _ => Err(Stop::Failed(format!("{KEPT}: no reason in: {line}"))),
    };
    lines.map(entry).collect()
}

/// What was found out about these sources and models.
struct Found {
    path: PathBuf,
    state: String,
    known: HashMap<String, String>,
}

impl Found {
    fn load(path: PathBuf, root: &Path) -> Result<Found, Stop> {
        let mut hasher = DefaultHasher::new();
        for folder in ["crates/thalweg/src", "crates/thalweg/tests/loom"] {
            digest(&root.join(folder), &mut hasher)?;
        }
        let state = format!("{:016x}", hasher.finish());
        let text = fs::read_to_string(&path).unwrap_or_default();
        let of_now = text.lines().filter_map(|line| line.strip_prefix(&state)?.trim_start().split_once(": "));
        let known = of_now.map(|(name, result)| (name.to_owned(), result.to_owned())).collect();
        Ok(Found { path, state, known })
    }

    fn get(&self, name: &str) -> Option<String> {
        self.known.get(name).cloned()
    }

    fn add(&mut self, name: &str, result: String) -> Result<String, Stop> {
        let before = fs::read_to_string(&self.path).unwrap_or_default();
        let text = format!("{before}{} {name}: {result}\n", self.state);
        fs::write(&self.path, text).map_err(|error| failed("write", &self.path, error))?;
        self.known.insert(name.to_owned(), result.clone());
        Ok(result)
    }
}

fn digest(path: &Path, hasher: &mut DefaultHasher) -> Result<(), Stop> {
    if path.is_dir() {
        let entries = fs::read_dir(path).map_err(|error| failed("read", path, error))?;
        let mut inside: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
        inside.sort();
        return inside.iter().try_for_each(|path| digest(path, hasher));
    }
    path.hash(hasher);
    fs::read(path).map_err(|error| failed("read", path, error))?.hash(hasher);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_each_ordering_in_the_code() {
        let text = "// Ordering::Acquire\nfn a<T>() { x.swap(1, Ordering::AcqRel); y.load(Ordering::Relaxed) }\n\
                    fn b() {\n  x.load(Ordering::Acquire); // Ordering::Release\n  x.load(Ordering::Acquire)\n}\n";
        let places = places_in("m.rs", text);
        let names: Vec<String> = weakenings(&places).map(|(_, place, to)| place.name(to)).collect();
        let found = ["a AcqRel>Acquire", "a AcqRel>Release", "b Acquire>Relaxed", "b#2 Acquire>Relaxed"];
        assert_eq!(names, found.map(|name| format!("m.rs {name}")));
    }

    #[test]
    fn models_that_are_red_by_themselves_show_nothing() {
        let workspace = Workspace::load().unwrap();
        let after = |result: &str| {
            let known = HashMap::from([(NOTHING.to_owned(), result.to_owned())]);
            let mut found = Found { path: PathBuf::new(), state: String::new(), known };
            by_themselves(&workspace, Path::new("."), &mut found)
        };
        assert!(after(SURVIVES).is_ok());
        assert!(matches!(after("noticed by a::b"), Err(Stop::Failed(_))));
    }

    #[test]
    fn what_is_kept_exists() {
        let workspace = Workspace::load().unwrap();
        let places = all_places(&workspace.root.join("crates/thalweg/src")).unwrap();
        let names: Vec<String> = weakenings(&places).map(|(_, place, to)| place.name(to)).collect();
        assert!(names.len() > 20, "the orderings were not found");
        for name in kept(&workspace.root).unwrap().keys() {
            assert!(names.contains(name), "{KEPT}: there is no {name}");
        }
    }
}
