//! What a run found, kept in a file beside the page that is made of it.

use std::path::{Path, PathBuf};

use crate::child::Verdict;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) probe: String,
    pub(crate) verdict: Verdict,
}

/// A run: when, where, with which versions, and what it found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Findings {
    pub(crate) facts: Vec<(String, String)>,
    pub(crate) all: Vec<Finding>,
}

/// The repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

pub(crate) fn file() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("findings.tsv")
}

impl Findings {
    pub(crate) fn write(&self) -> String {
        let facts = self.facts.iter().map(|(name, value)| format!("# {name}\t{value}\n"));
        let all = self.all.iter().map(|finding| {
            let Finding { kind, name, probe, verdict } = finding;
            format!("{kind}\t{name}\t{probe}\t{}\t{}\n", verdict.word(), verdict.text())
        });
        facts.chain(all).collect()
    }

    pub(crate) fn read(text: &str) -> Option<Self> {
        let mut findings = Self::default();
        for line in text.lines() {
            if let Some((name, value)) = line.strip_prefix("# ").and_then(|fact| fact.split_once('\t')) {
                findings.facts.push((name.to_owned(), value.to_owned()));
                continue;
            }
            let cells: Vec<&str> = line.split('\t').collect();
            let [kind, name, probe, word, text] = cells[..] else { return None };
            let verdict = Verdict::parse(word, text)?;
            findings.all.push(Finding { kind: kind.into(), name: name.into(), probe: probe.into(), verdict });
        }
        Some(findings)
    }

    /// Those of the file that is kept.
    pub(crate) fn kept() -> Result<Self, String> {
        let path = file();
        let text =
            std::fs::read_to_string(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
        Self::read(&text).ok_or_else(|| format!("{} is no list of findings", path.display()))
    }

    pub(crate) fn of(&self, kind: &str, name: &str, probe: &str) -> Option<&Verdict> {
        let same = |finding: &&Finding| finding.kind == kind && finding.name == name && finding.probe == probe;
        self.all.iter().find(same).map(|finding| &finding.verdict)
    }

    /// In which ours are not kept.
    pub(crate) fn own_faults(&self) -> Vec<&Finding> {
        let fault = |finding: &&Finding| {
            finding.name.starts_with("thalweg") && matches!(finding.verdict, Verdict::Broken(_) | Verdict::Differs(_))
        };
        self.all.iter().filter(fault).collect()
    }
}

/// The version of a project that Cargo.lock names; none for the standard library.
pub(crate) fn version(lock: &str, name: &str) -> String {
    let name = name.split(' ').next().unwrap_or(name);
    let entry = lock.split(&format!("name = \"{name}\"\nversion = \"")).nth(1);
    entry.and_then(|rest| rest.split('"').next()).unwrap_or("").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let finding = |verdict| Finding { kind: "mpmc".into(), name: "a b".into(), probe: "order".into(), verdict };
        let verdicts = [
            Verdict::Kept,
            Verdict::Broken("3 of 4".into()),
            Verdict::Differs("so: \"it says\"".into()),
            Verdict::NotOffered("why".into()),
        ];
        let findings = Findings {
            facts: vec![("date".into(), "2026-11-27".into())],
            all: verdicts.into_iter().map(finding).collect(),
        };
        assert_eq!(Findings::read(&findings.write()), Some(findings));
        assert_eq!(Findings::read("too\tshort"), None);
        assert_eq!(Findings::read("a\tb\tc\tperhaps\t"), None);
    }

    #[test]
    fn versions_are_found() {
        let lock = "name = \"tokio\"\nversion = \"1.2.3\"\n";
        assert_eq!(version(lock, "tokio"), "1.2.3");
        assert_eq!(version(lock, "std"), "");
    }
}
