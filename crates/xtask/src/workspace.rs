//! What cargo knows of the workspace.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde_json::Value;

use crate::process;
use crate::step::Stop;

pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    /// Where everything that is built goes; each configuration of the compiler has its own folder below it.
    pub(crate) target: PathBuf,
    pub(crate) packages: Vec<Value>,
}

impl Workspace {
    pub(crate) fn load() -> Result<Workspace, String> {
        let mut command = Command::new(cargo_path());
        command.args(["metadata", "--format-version=1", "--all-features"]);
        let text = match process::read(command, Duration::from_secs(300)) {
            Ok(text) => text,
            Err(Stop::Failed(reason) | Stop::NotRun(reason)) => return Err(reason),
        };
        let metadata: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        let path = |key: &str| {
            let path = metadata[key].as_str().map(PathBuf::from);
            path.ok_or_else(|| format!("cargo metadata names no {key}"))
        };
        let packages = metadata["packages"].as_array().cloned().unwrap_or_default();
        Ok(Workspace { root: path("workspace_root")?, target: path("target_directory")?, packages })
    }

    /// Cargo, in the workspace's root, with this step's own folder for what is built.
    pub(crate) fn cargo(&self, folder: &str, arguments: &str) -> Command {
        let mut command = Command::new(cargo_path());
        // Also where it is the workspace's own: who runs cargo in another folder means that one.
        let built = if folder.is_empty() { self.target.clone() } else { self.target.join(folder) };
        command.args(arguments.split_whitespace()).current_dir(&self.root).env("CARGO_TARGET_DIR", built);
        command
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Value> {
        self.packages.iter().find(|package| package["name"] == name)
    }

    /// The folder in which a package's manifest is.
    pub(crate) fn folder_of(&self, name: &str) -> Option<PathBuf> {
        let manifest = self.package(name)?["manifest_path"].as_str()?;
        Path::new(manifest).parent().map(Path::to_owned)
    }

    /// The names of a package's targets of a kind, such as `test` or `example`.
    pub(crate) fn targets(&self, package: &str, kind: &str) -> Vec<String> {
        let targets = self.package(package).and_then(|package| package["targets"].as_array());
        let of_kind = |target: &&Value| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|k| k == kind));
        let name = |target: &Value| target["name"].as_str().map(str::to_owned);
        targets.into_iter().flatten().filter(of_kind).filter_map(name).collect()
    }
}

/// The cargo that runs us.
pub(crate) fn cargo_path() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

pub(crate) const fn minutes(count: u64) -> Duration {
    Duration::from_secs(count * 60)
}
