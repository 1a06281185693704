//! Packages outside the workspace, written anew for a check, which depend on thalweg as a user's would.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::step::Stop;
use crate::workspace::Workspace;

pub(crate) struct Scratch {
    pub(crate) folder: PathBuf,
}

impl Scratch {
    /// An empty package of this name, with thalweg and these features of it, and these further lines in its manifest. It
    /// takes the versions that the workspace has locked.
    pub(crate) fn new(
        workspace: &Workspace,
        name: &str,
        edition: &str,
        features: &[&str],
        more: &str,
    ) -> Result<Scratch, Stop> {
        let folder = workspace.target.join("scratch").join(name);
        let thalweg = workspace.root.join("crates/thalweg");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"{edition}\"\npublish = false\n\
             [workspace]\n\
             [dependencies]\nthalweg = {{ path = {thalweg:?}, features = {features:?} }}\n\
             {more}\n"
        );
        Scratch::at(workspace, folder, &manifest)
    }

    /// The same with this manifest, in this folder, whatever it held.
    pub(crate) fn at(workspace: &Workspace, folder: PathBuf, manifest: &str) -> Result<Scratch, Stop> {
        if folder.exists() {
            fs::remove_dir_all(&folder).map_err(|error| failed("remove", &folder, error))?;
        }
        let scratch = Scratch { folder };
        scratch.write("Cargo.toml", manifest)?;
        let lock = workspace.root.join("Cargo.lock");
        let lock = fs::read_to_string(&lock).map_err(|error| failed("read", &lock, error))?;
        scratch.write("Cargo.lock", &lock)?;
        Ok(scratch)
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> Result<(), Stop> {
        let path = self.folder.join(path);
        let parent = path.parent().unwrap_or(&self.folder);
        fs::create_dir_all(parent).map_err(|error| failed("create", parent, error))?;
        fs::write(&path, text).map_err(|error| failed("write", &path, error))
    }

    /// Cargo in this package.
    pub(crate) fn cargo(&self, workspace: &Workspace, arguments: &str) -> Command {
        let mut command = workspace.cargo("scratch/built", arguments);
        command.current_dir(&self.folder);
        command
    }
}

pub(crate) fn failed(what: &str, path: &std::path::Path, error: std::io::Error) -> Stop {
    Stop::Failed(format!("cannot {what} {}: {error}", path.display()))
}
