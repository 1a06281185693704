//! docs/promises.md, made of the promises and of what a run found.

use std::fmt::Write as _;

use crate::child::Verdict;
use crate::findings::{Finding, Findings};
use crate::promises::{PROMISES, Promise, QUESTIONS, Question};

const KINDS: [(&str, &str, &str); 5] = [
    ("mpmc", "Many senders, many receivers", "`mpmc`"),
    ("mpsc", "Many senders, one receiver", "`mpsc`"),
    ("oneshot", "One message", "`oneshot`"),
    ("broadcast", "Every message to every receiver", "`broadcast`"),
    ("threads", "Threads only", "the blocking calls of `mpmc`"),
];

const HEAD: &str = "\
# What thalweg promises, and who else keeps it

Written by `cargo xtask contract` from a run; do not edit. Each cell below is a small program that anyone can run again:

```sh
cargo xtask contract --kind mpmc --peer kanal --probe cancel-recv
```

**How to read the tables.** Pick the kind of channel you need, and look down the column of the crate you have in mind.

| cell | means |
| --- | --- |
| ✓ | kept: everything the probe tried went as promised |
| **✗** | broken: the probe saw it fail; what it saw stands below the table |
| differs | not as promised, and the crate's documentation says so; its words stand below the table |
| – | not offered: the crate has nothing that could keep or break it |

A ✗ is a fact about a promise that *we* make. Most of these crates never made it, and many programs never need it. A ✓
means that one probe failed to break it, which is evidence and no proof. Speed is [another page](performance.md).

";

/// The whole page.
pub(crate) fn page(findings: &Findings) -> String {
    let mut page = HEAD.to_owned();
    let fact = |name: &str| findings.facts.iter().find(|(fact, _)| fact == name).map_or("", |(_, value)| value);
    let versions = findings.facts.iter().filter(|(name, _)| !matches!(&**name, "date" | "compiler" | "machine"));
    let versions: Vec<String> = versions.map(|(name, version)| format!("{name} {version}")).collect();
    let (date, compiler, machine) = (fact("date"), fact("compiler"), fact("machine"));
    let _ = writeln!(page, "Run on {date} with {compiler}, a debug build, on {machine}.");
    let _ = writeln!(page, "Versions: {}; std is the compiler's.\n", versions.join(", "));
    for (kind, title, ours) in KINDS {
        table(&mut page, findings, kind, title, ours);
    }
    page.push_str(LIMITS);
    page.push_str("\n# The promises\n");
    for promise in &PROMISES {
        section(&mut page, promise);
    }
    page
}

const LIMITS: &str = "\
# What the probes do not show

- **Threads between two instructions.** Whether a `try_` call waits for a thread that was suspended in the middle of an
  operation (promise 11) cannot be arranged from outside a crate. What is probed is a thread that stands still in a waker,
  a destructor or a clone that the channel called.
- **Rare races.** Where a probe uses threads it runs once. thalweg's own are searched by loom and shuttle
  ([testing](testing.md)); the peers' have their own tests.
- **What each crate is best at.** Only what is promised here is asked.
- A hang is a probe whose process slept for 8 seconds, ran for 12, or did not end in 48; all others ran for one or two.
- Peers are used through the calls their authors recommend (`crates/contract/src/peers`). If one is used badly, that is a
  mistake of ours: please tell us.
";

fn table(page: &mut String, findings: &Findings, kind: &str, title: &str, ours: &str) {
    let mut names: Vec<&str> = Vec::new();
    for finding in findings.all.iter().filter(|finding| finding.kind == kind) {
        if !names.contains(&&*finding.name) {
            names.push(&finding.name);
        }
    }
    // Ours first, where a reader looks.
    names.sort_by_key(|name| !name.starts_with("thalweg"));
    let _ = writeln!(page, "# {title}\n\nOurs is {ours}.\n");
    let _ = writeln!(page, "| promise | {} |", names.join(" | "));
    let _ = writeln!(page, "| --- |{}", " :-: |".repeat(names.len()));
    let mut notes = Vec::new();
    for question in &QUESTIONS {
        let cells: Vec<Option<&Verdict>> = names.iter().map(|name| findings.of(kind, name, question.probe)).collect();
        // What nobody of this kind offers is no row.
        if cells.iter().all(|cell| cell.is_none_or(|verdict| matches!(verdict, Verdict::NotOffered(_)))) {
            continue;
        }
        let marks: Vec<&str> = cells.iter().map(|cell| cell.map_or("", mark)).collect();
        let Question { promise, asks, probe } = question;
        let _ = writeln!(page, "| {promise}. {asks} | {} |", marks.join(" | "));
        for (name, cell) in names.iter().zip(cells) {
            if let Some(Verdict::Broken(seen) | Verdict::Differs(seen)) = cell {
                notes.push((*name, *probe, seen));
            }
        }
    }
    details(page, kind, &notes);
}

fn mark(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Kept => "✓",
        Verdict::Broken(_) => "**✗**",
        Verdict::Differs(_) => "differs",
        Verdict::NotOffered(_) => "–",
    }
}

/// What was seen, crate by crate.
fn details(page: &mut String, kind: &str, notes: &[(&str, &str, &String)]) {
    let _ = writeln!(page, "\n<details><summary>What was seen, crate by crate</summary>\n");
    let mut names: Vec<&str> = notes.iter().map(|(name, ..)| *name).collect();
    names.sort_unstable();
    names.dedup();
    for name in names {
        let _ = writeln!(page, "**{name}** (`--kind {kind} --peer {}`)\n", quoted(name));
        for (_, probe, seen) in notes.iter().filter(|(other, ..)| *other == name) {
            let _ = writeln!(page, "- `--probe {probe}`: {}", escaped(seen));
        }
        page.push('\n');
    }
    page.push_str("</details>\n\n");
}

fn quoted(name: &str) -> String {
    if name.contains(' ') { format!("\"{name}\"") } else { name.to_owned() }
}

/// So that no sentence of a crate turns into a link or a tag.
fn escaped(text: &str) -> String {
    text.replace('<', "&lt;").replace('[', "\\[")
}

fn section(page: &mut String, promise: &Promise) {
    let Promise { number, title, says, documented: (where_, link), tests: (file, tests) } = promise;
    let _ = writeln!(page, "\n## {number}. {title}\n\n{says}\n");
    let path = format!("../crates/thalweg/tests/it/{file}").replace("it/../", "");
    let named: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
    let among = if named.is_empty() { String::new() } else { format!(", among them {}", named.join(", ")) };
    let _ = writeln!(page, "- Documented: [{where_}]({link}).");
    let _ = writeln!(page, "- Held by: [{}]({path}){among}.", path.rsplit('/').next().unwrap_or(""));
    let probes: Vec<String> =
        QUESTIONS.iter().filter(|question| question.promise == *number).map(|q| format!("`{}`", q.probe)).collect();
    let _ = writeln!(page, "- Probes: {}.", probes.join(", "));
}

/// What of a run is not what is kept: one line a cell.
pub(crate) fn changes(kept: &Findings, now: &[Finding]) -> Vec<String> {
    let changed = |finding: &&Finding| {
        kept.of(&finding.kind, &finding.name, &finding.probe).map(Verdict::word) != Some(finding.verdict.word())
    };
    let line = |finding: &Finding| {
        let before = kept.of(&finding.kind, &finding.name, &finding.probe).map_or("nothing", Verdict::word);
        let Finding { kind, name, probe, verdict } = finding;
        format!("{kind} {name} {probe}: {before} is kept, now {}: {}", verdict.word(), verdict.text())
    };
    now.iter().filter(changed).map(line).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::findings::{root, version};

    #[test]
    fn page_is_that_of_the_findings() {
        let text = fs::read_to_string(root().join("docs/promises.md")).unwrap();
        let made = page(&Findings::kept().unwrap());
        assert!(text == made, "docs/promises.md is stale: run `cargo xtask contract`");
    }

    #[test]
    fn findings_are_of_the_versions_in_use() {
        let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
        for (name, found) in Findings::kept().unwrap().facts {
            if !matches!(&*name, "date" | "compiler" | "machine") {
                assert_eq!(found, version(&lock, &name), "{name} has changed: run `cargo xtask contract`");
            }
        }
    }

    #[test]
    fn ours_are_kept_in_the_findings() {
        let findings = Findings::kept().unwrap();
        assert!(findings.all.len() > 500, "the findings are not those of a full run");
        let faults = findings.own_faults();
        assert!(faults.is_empty(), "{faults:?}");
    }

    #[test]
    fn a_fault_of_ours_and_a_change_are_seen() {
        let finding =
            |name: &str, verdict| Finding { kind: "mpmc".into(), name: name.into(), probe: "order".into(), verdict };
        let kept = Findings { facts: vec![], all: vec![finding("thalweg", Verdict::Kept)] };
        let now = [finding("thalweg", Verdict::Broken("so".into()))];
        assert_eq!(changes(&kept, &now).len(), 1);
        assert!(changes(&kept, &kept.all).is_empty());
        assert_eq!(Findings { facts: vec![], all: now.to_vec() }.own_faults().len(), 1);
    }

    #[test]
    fn links_lead_somewhere_and_the_tests_named_exist() {
        let docs = root().join("docs");
        for promise in &PROMISES {
            let link = promise.documented.1.split('#').next().unwrap();
            assert!(docs.join(link).exists(), "{link}");
            let (file, tests) = promise.tests;
            let path = root().join("crates/thalweg/tests/it").join(file);
            let text = fs::read_to_string(&path).unwrap_or_else(|_| panic!("there is no {file}"));
            for test in tests {
                assert!(text.contains(&format!("fn {test}(")), "{file} has no test {test}");
            }
        }
    }
}
