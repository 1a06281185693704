//! Checks of the text and the manifests: form, lints, documentation, features, licences.

use std::fs;
use std::process::Command;

use serde_json::Value;

use crate::process;
use crate::scratch::failed;
use crate::step::{Step, Stop};
use crate::workspace::{Workspace, minutes};

pub(crate) fn lint(workspace: &Workspace) -> Vec<Step<'_>> {
    let clippy = |cfg: &'static str, folder: &'static str, what: &'static str| {
        move || {
            let arguments = format!("clippy {what} -- -D warnings");
            let mut command = workspace.cargo(folder, &arguments);
            if !cfg.is_empty() {
                command.env("RUSTFLAGS", format!("--cfg {cfg}"));
            }
            process::run(command, minutes(10))
        }
    };
    let all = "--workspace --all-targets --all-features";
    vec![
        Step::new("fmt", "the form of the source", || {
            process::run(workspace.cargo("", "fmt --all --check"), minutes(2))
        }),
        Step::new("clippy", "lints of everything, warnings denied", clippy("", "", all)),
        Step::new("clippy-bare", "the same without the feature std", {
            clippy("", "", "-p thalweg --lib --no-default-features")
        }),
        Step::new("clippy-loom", "the same as the models see it", {
            clippy("thalweg_loom", "lint-loom", "-p thalweg --lib --test loom --profile test")
        }),
        Step::new("clippy-shuttle", "the same as the histories see it", {
            clippy("thalweg_shuttle", "lint-shuttle", "-p thalweg --features sink --lib --test shuttle")
        }),
        Step::new("rustdoc", "the documentation builds without a warning, with all features and with none", || {
            for features in ["--all-features", "--no-default-features"] {
                let mut command = workspace.cargo("", &format!("doc -p thalweg --no-deps {features}"));
                command.env("RUSTDOCFLAGS", "-D warnings");
                process::run(command, minutes(5))?;
            }
            Ok(String::new())
        }),
    ]
}

/// Every subset of the features, linted.
pub(crate) fn features(workspace: &Workspace) -> Step<'_> {
    Step::new("features", "every combination of features, without a warning", move || {
        let table = workspace.package("thalweg").and_then(|package| package["features"].as_object());
        let names: Vec<&str> =
            table.into_iter().flatten().map(|(name, _)| name.as_str()).filter(|n| *n != "default").collect();
        let sets = 1_u32 << names.len();
        for set in 0..sets {
            let chosen = names.iter().enumerate().filter(|(bit, _)| set >> bit & 1 == 1);
            let chosen: Vec<&str> = chosen.map(|(_, name)| *name).collect();
            println!("features: {}", if chosen.is_empty() { "none".into() } else { chosen.join(", ") });
            let mut command = workspace.cargo("", "clippy --quiet -p thalweg --lib --no-default-features");
            command.args(["--features", &chosen.join(","), "--", "-D", "warnings"]);
            process::run(command, minutes(3))?;
        }
        Ok(format!("{sets} combinations of {}", names.join(", ")))
    })
}

/// That a published package has in it what the licences ask for, and what its readers look for.
pub(crate) fn package(workspace: &Workspace) -> Step<'_> {
    Step::new("package", "what a published package holds", move || {
        let command = workspace.cargo("", "package -p thalweg --list --allow-dirty");
        let list = process::read(command, minutes(2))?;
        let files: Vec<&str> = list.lines().collect();
        let needed = ["LICENSE-APACHE", "LICENSE-MIT", "README.md", "CHANGELOG.md", "src/lib.rs"];
        let missing: Vec<&str> = needed.into_iter().filter(|name| !files.contains(name)).collect();
        if missing.is_empty() { Ok(format!("{} files", files.len())) } else { Err(Stop::Failed(missing.join(", "))) }
    })
}

/// That every dependency comes from the registry, under a licence that deny.toml allows.
pub(crate) fn licences(workspace: &Workspace) -> Step<'_> {
    Step::new("licences", "licences and origins of all dependencies", move || {
        let path = workspace.root.join("deny.toml");
        let deny = fs::read_to_string(&path).map_err(|error| failed("read", &path, error))?;
        let allowed = quoted_list(&deny, "allow = [");
        let registries = quoted_list(&deny, "allow-registry = [");
        let problems: Vec<String> =
            workspace.packages.iter().filter_map(|package| problem_with(package, &allowed, &registries)).collect();
        if !problems.is_empty() {
            return Err(Stop::Failed(problems.join("; ")));
        }
        let said = format!("{} packages", workspace.packages.len());
        if Command::new("cargo-deny").arg("--version").output().is_err() {
            return Ok(format!("{said}; cargo-deny is not installed"));
        }
        let command = workspace.cargo("", "deny check bans licenses sources");
        process::run(command, minutes(3))?;
        Ok(format!("{said}; cargo-deny agrees"))
    })
}

fn problem_with(package: &Value, allowed: &[String], registries: &[String]) -> Option<String> {
    let name = package["name"].as_str().unwrap_or("?");
    // A package of this workspace has no source.
    if let Some(source) = package["source"].as_str() {
        let registry = source.strip_prefix("registry+").unwrap_or(source);
        if !registries.iter().any(|known| known == registry) {
            return Some(format!("{name} comes from {source}"));
        }
    }
    let licence = package["license"].as_str().unwrap_or("none stated");
    (!is_allowed(licence, allowed)).then(|| format!("{name} is under {licence}"))
}

/// Whether the expression can be met with these licences. It understands alternatives in parentheses joined by
/// `AND`, the form that is used; what it does not understand it refuses.
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let expression = expression.replace('/', " OR ");
    expression.split(" AND ").all(|clause| {
        let clause = clause.trim().trim_start_matches('(').trim_end_matches(')');
        clause.split(" OR ").any(|one| allowed.iter().any(|known| known == one.trim()))
    })
}

/// The quoted words of a TOML list that begins so at the start of a line.
fn quoted_list(text: &str, start: &str) -> Vec<String> {
    let Some(at) = text.find(&format!("\n{start}")) else {
        return Vec::new();
    };
    let list = &text[at + 1 + start.len()..];
    let list = &list[..list.find(']').unwrap_or(list.len())];
    list.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_on_the_list() {
        let allowed = quoted_list("x\nallow = [\n  \"MIT\",\n  \"Unicode-3.0\",\n]\n", "allow = [");
        assert_eq!(allowed, ["MIT", "Unicode-3.0"]);
        for good in ["MIT", "MIT OR Apache-2.0", "Apache-2.0/MIT", "(MIT OR X) AND Unicode-3.0"] {
            assert!(is_allowed(good, &allowed), "{good}");
        }
        for bad in ["GPL-3.0-only", "MIT AND GPL-3.0-only", "none stated", "", "MIT WITH X"] {
            assert!(!is_allowed(bad, &allowed), "{bad}");
        }
    }

    #[test]
    fn refuses_another_origin() {
        let package = serde_json::json!({ "name": "x", "license": "MIT", "source": "git+https://example.org/x" });
        let (allowed, known) = (vec!["MIT".to_owned()], vec!["https://example.org/index".to_owned()]);
        assert!(problem_with(&package, &allowed, &known).is_some());
    }
}
