//! What was found out about each mutant, kept until the function it is in changes.

use std::collections::HashMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::scratch::failed;
use crate::step::Stop;

use super::mutant::Mutant;

/// What a layer says of a mutant.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Verdict {
    /// By which test, or by what signal.
    Caught(String),
    Lives,
    /// No program, whatever the layer.
    Unbuilt,
    /// Cannot stand behind a switch, whatever the layer.
    Apart,
}

impl Verdict {
    fn text(&self) -> String {
        match self {
            Verdict::Caught(by) => format!("caught: {by}"),
            Verdict::Lives => "lives".to_owned(),
            Verdict::Unbuilt => "unbuilt".to_owned(),
            Verdict::Apart => "apart".to_owned(),
        }
    }

    fn read(text: &str) -> Option<Verdict> {
        match text {
            "lives" => Some(Verdict::Lives),
            "unbuilt" => Some(Verdict::Unbuilt),
            "apart" => Some(Verdict::Apart),
            _ => text.strip_prefix("caught: ").map(|by| Verdict::Caught(by.to_owned())),
        }
    }
}

/// A line each: the state of the function, the layer, the verdict, the mutant.
pub(super) struct Found {
    path: PathBuf,
    states: HashMap<String, String>,
    known: HashMap<String, Vec<(String, Verdict)>>,
}

impl Found {
    pub(super) fn load(path: PathBuf, sources: &Path, mutants: &[Mutant]) -> Result<Found, Stop> {
        let (mut texts, mut states) = (HashMap::new(), HashMap::new());
        for mutant in mutants {
            if !texts.contains_key(&mutant.file) {
                let source = sources.join(&mutant.file);
                let text = fs::read_to_string(&source).map_err(|error| failed("read", &source, error))?;
                texts.insert(mutant.file.clone(), text);
            }
            states.insert(mutant.name.clone(), mutant.state(&texts[&mutant.file]));
        }
        let mut found = Found { path, states, known: HashMap::new() };
        for line in fs::read_to_string(&found.path).unwrap_or_default().lines() {
            let [state, layer, verdict, name] = line.split('\t').collect::<Vec<_>>()[..] else { continue };
            let is_of_now = found.states.get(name).is_some_and(|now| now == state);
            if let (true, Some(verdict)) = (is_of_now, Verdict::read(verdict)) {
                found.known.entry(name.to_owned()).or_default().push((layer.to_owned(), verdict));
            }
        }
        Ok(found)
    }

    pub(super) fn of(&self, mutant: &Mutant) -> &[(String, Verdict)] {
        self.known.get(&mutant.name).map_or(&[], Vec::as_slice)
    }

    pub(super) fn is(&self, mutant: &Mutant, verdict: &Verdict) -> bool {
        self.of(mutant).iter().any(|(_, known)| known == verdict)
    }

    /// Whether it can stand in the text with all the others.
    pub(super) fn has_switch(&self, mutant: &Mutant) -> bool {
        !self.is(mutant, &Verdict::Apart) && !self.is(mutant, &Verdict::Unbuilt)
    }

    pub(super) fn caught_by(&self, mutant: &Mutant) -> Option<&str> {
        let caught = self.of(mutant).iter().find(|(_, verdict)| matches!(verdict, Verdict::Caught(_)));
        caught.map(|(layer, _)| layer.as_str())
    }

    pub(super) fn is_tried(&self, mutant: &Mutant, layer: &str) -> bool {
        self.of(mutant).iter().any(|(known, verdict)| known == layer && *verdict != Verdict::Apart)
    }

    pub(super) fn add(&mut self, mutant: &Mutant, layer: &str, verdict: Verdict) -> Result<(), Stop> {
        let line = self.line(&mutant.name, layer, &verdict);
        let open = fs::OpenOptions::new().create(true).append(true).open(&self.path);
        let written = open.and_then(|mut file| file.write_all(line.as_bytes()));
        written.map_err(|error| failed("write", &self.path, error))?;
        self.known.entry(mutant.name.clone()).or_default().push((layer.to_owned(), verdict));
        Ok(())
    }

    /// Of what lives nothing is known any more: the tests are others.
    pub(super) fn forget_the_living(&mut self, chosen: &[&Mutant]) -> Result<(), Stop> {
        for mutant in chosen {
            if let Some(known) = self.known.get_mut(&mutant.name) {
                known.retain(|(_, verdict)| *verdict != Verdict::Lives);
            }
        }
        let all = self.known.iter().flat_map(|(name, known)| known.iter().map(move |known| (name, known)));
        let text: String = all.map(|(name, (layer, verdict))| self.line(name, layer, verdict)).collect();
        fs::write(&self.path, text).map_err(|error| failed("write", &self.path, error))
    }

    fn line(&self, name: &str, layer: &str, verdict: &Verdict) -> String {
        let state = self.states.get(name).map_or("", String::as_str);
        format!("{state}\t{layer}\t{}\t{name}\n", verdict.text())
    }
}
