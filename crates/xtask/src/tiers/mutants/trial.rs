//! Tests that are built once, and run with one mutant after another.

use std::collections::HashMap;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::copy::{Changed, copy_sources};
use crate::scratch::failed;
use crate::step::Stop;
use crate::workspace::Workspace;

use super::SOURCES;
use super::found::{Found, Verdict};
use super::layer::Layer;
use super::mutant::Mutant;
use super::program::{End, Error, Program, Turned, build, compiles};
use super::reach::{Reach, Test, portions};
use super::switches::{self, Switched};

/// Test programs of a layer, built with all mutants in them, but for those that have no place behind a switch.
pub(super) struct Trial<'a> {
    workspace: &'a Workspace,
    layer: &'a Layer,
    programs: Vec<Program>,
    reach: Reach,
}

/// The least time a run gets: a busy machine is no hang.
const LEAST: Duration = Duration::from_secs(4);

impl<'a> Trial<'a> {
    pub(super) fn new(
        workspace: &'a Workspace,
        layer: &'a Layer,
        mutants: &[Mutant],
        found: &mut Found,
    ) -> Result<Self, Stop> {
        let programs = built(workspace, layer, mutants, found)?;
        let started = Instant::now();
        let kept = workspace.target.join("mutants").join(layer.tests);
        let reach = Reach::of(&programs, mutants.len(), layer.limit, &kept)?.taking(&layer.taking);
        let (took, time) = (started.elapsed().as_secs(), reach.time().as_secs());
        println!("{}: {} tests take {time} s one by one; asked in {took} s", layer.name, reach.all().len());
        Ok(Trial { workspace, layer, programs, reach })
    }

    /// Tries a mutant that has a switch.
    pub(super) fn of(&self, number: usize) -> Result<Verdict, Stop> {
        self.verdict(&self.programs, Turned::On(number), &self.reach.tests(&[number]))
    }

    /// Tries a mutant that has none, built by itself, with the tests that reach `others`, which are in the same
    /// function; with all tests if there are no others.
    pub(super) fn of_apart(&self, mutant: &Mutant, others: &[usize]) -> Result<Verdict, Stop> {
        let tests = if others.is_empty() { self.reach.all() } else { self.reach.tests(others) };
        let tree = self.workspace.target.join("mutants/apart");
        copy_sources(&self.workspace.root, &tree, &Changed::new())?;
        let path = tree.join(SOURCES).join(&mutant.file);
        let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
        fs::write(&path, mutant.applied(&text)).map_err(|error| failed("write", &path, error))?;
        if !compiles(self.workspace, self.layer, &tree)? {
            return Ok(Verdict::Unbuilt);
        }
        match build(self.workspace, self.layer, &tree)? {
            Ok(programs) => self.verdict(&programs, Turned::Off, &tests),
            Err(_) => Ok(Verdict::Unbuilt),
        }
    }

    fn verdict(&self, programs: &[Program], turned: Turned, tests: &[&Test]) -> Result<Verdict, Stop> {
        for portion in portions(tests) {
            for (name, tests) in portion {
                let of_name = |program: &&Program| program.name == name;
                let (Some(program), Some(own)) = (programs.iter().find(of_name), self.programs.iter().find(of_name))
                else {
                    return Err(Stop::Failed(format!("{}: {name} was not built", self.layer.name)));
                };
                if let Some(by) = noticed(program, turned, own, &tests, self.layer.limit)? {
                    return Ok(Verdict::Caught(by));
                }
            }
        }
        Ok(Verdict::Lives)
    }
}

/// Who fails, or how all of the program ends. `own` has the same tests, and no mutant that is on. No run takes longer
/// than twice `most`.
fn noticed(
    program: &Program,
    turned: Turned,
    own: &Program,
    tests: &[&Test],
    most: Duration,
) -> Result<Option<String>, Stop> {
    let mut names: Vec<&str> = tests.iter().map(|test| test.name.as_str()).collect();
    let time: Duration = tests.iter().map(|test| test.time).sum();
    let mut limit = (LEAST + time * 4).min(most);
    while !names.is_empty() {
        match program.run(turned, &names, limit)? {
            End::Passed => return Ok(None),
            End::Died(how) => return Ok(Some(how)),
            End::Failed(test) => {
                if program.run(turned, &[&test], limit)? != End::Passed {
                    return Ok(Some(test));
                }
                // By chance, or by what others leave behind: that catches nothing, but one of those may.
                names.retain(|name| *name != test);
            }
            // So would they be without it, on a busy machine.
            End::Late if own.run(Turned::Off, &names, limit)? == End::Passed => return Ok(Some("no end".to_owned())),
            End::Late if limit > most => {
                return Err(Stop::Failed(format!("{}: without a mutant, too, no end: {names:?}", program.name)));
            }
            End::Late => limit *= 2,
        }
    }
    Ok(None)
}

/// The test programs with mutants in them, less those that the compiler refuses.
fn built(workspace: &Workspace, layer: &Layer, mutants: &[Mutant], found: &mut Found) -> Result<Vec<Program>, Stop> {
    let tree = workspace.target.join("mutants/tree");
    for _ in 0..60 {
        let texts = write(workspace, &tree, mutants, found)?;
        match build(workspace, layer, &tree)? {
            Ok(programs) => return Ok(programs),
            Err(errors) => refuse(layer, mutants, found, &texts, &errors)?,
        }
    }
    Err(Stop::Failed(format!("{}: the tests with all mutants in them do not build", layer.name)))
}

/// Finds the mutants that errors are about.
fn refuse(
    layer: &Layer,
    mutants: &[Mutant],
    found: &mut Found,
    texts: &HashMap<String, Switched>,
    errors: &[Error],
) -> Result<(), Stop> {
    let mut any = false;
    for error in errors {
        let Some(text) = texts.get(&error.file) else { continue };
        let (numbers, is_own) = text.at(error.place);
        let verdict = if is_own && error.is_of_types() { Verdict::Unbuilt } else { Verdict::Apart };
        for mutant in numbers.iter().map(|&number| &mutants[number]) {
            if found.has_switch(mutant) {
                found.add(mutant, "-", verdict.clone())?;
                any = true;
            }
        }
    }
    if any { Ok(()) } else { Err(Stop::Failed(format!("{}: no mutant explains these errors: {errors:?}", layer.name))) }
}

/// The sources with all mutants in them that are not apart.
fn write(
    workspace: &Workspace,
    tree: &Path,
    mutants: &[Mutant],
    found: &mut Found,
) -> Result<HashMap<String, Switched>, Stop> {
    let mut of_file: HashMap<&str, Vec<(usize, &Mutant)>> = HashMap::new();
    for (number, mutant) in mutants.iter().enumerate() {
        if found.has_switch(mutant) {
            of_file.entry(&mutant.file).or_default().push((number, mutant));
        }
    }
    let (mut changed, mut texts) = (Changed::new(), HashMap::new());
    for (file, chosen) in of_file {
        let path = workspace.root.join(SOURCES).join(file);
        let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
        let (switched, apart) = switches::switched(&text, &chosen)?;
        for number in apart {
            found.add(&mutants[number], "-", Verdict::Apart)?;
        }
        changed.insert(path, switched.text.clone());
        texts.insert(file.to_owned(), switched);
    }
    let root = workspace.root.join(SOURCES).join("lib.rs");
    let text = fs::read_to_string(&root).map_err(|error| failed("read", &root, error))?;
    changed.insert(root, text + &switches::switch(mutants.len()));
    copy_sources(&workspace.root, tree, &changed)?;
    Ok(texts)
}

#[cfg(test)]
mod tests {
    use super::super::program::scripted;
    use super::*;

    #[test]
    fn what_fails_again_and_what_ends_only_without_it_is_caught() {
        let script = r#"case "$THALWEG_MUTANT" in
            1) echo "test b ... FAILED";;
            5) [ "$#" -gt 2 ] && echo "test a ... FAILED"; case "$*" in *b*) echo "test b ... FAILED";; esac;;
            2) [ -e chance ] || { touch chance; echo "test b ... FAILED"; };;
            3) sleep 60;;
            4) kill -ABRT $$;;
        esac"#;
        let (program, folder) = scripted("trial", script);
        let tests = [Test::taking("a", Duration::ZERO), Test::taking("b", Duration::ZERO)];
        let by = |number: usize, own: &Program| {
            noticed(&program, Turned::On(number), own, &tests.each_ref(), Duration::from_secs(1))
        };
        assert_eq!(by(0, &program).unwrap(), None);
        assert_eq!(by(1, &program).unwrap().as_deref(), Some("b"));
        assert_eq!(by(2, &program).unwrap(), None, "by chance");
        assert_eq!(by(5, &program).unwrap().as_deref(), Some("b"), "though another fails before it beside others");
        assert_eq!(by(3, &program).unwrap().as_deref(), Some("no end"));
        assert!(by(4, &program).unwrap().is_some_and(|how| how.contains("signal")));
        let (busy, there) = scripted("busy", "sleep 60");
        assert!(matches!(by(3, &busy), Err(Stop::Failed(_))), "it says nothing of the mutant");
        fs::remove_dir_all(folder).unwrap();
        fs::remove_dir_all(there).unwrap();
    }
}
