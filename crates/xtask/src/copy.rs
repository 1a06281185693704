//! A copy of the sources, for checks that change them.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::scratch::failed;
use crate::step::Stop;

pub(crate) type Changed = HashMap<PathBuf, String>;

/// Makes `tree` the same as the repository's sources. Files that are the same already stay untouched, so that cargo
/// builds only what a canary changed.
///
/// `changed` are files of the repository that read otherwise in the copy.
pub(crate) fn copy_sources(root: &Path, tree: &Path, changed: &Changed) -> Result<(), Stop> {
    fs::create_dir_all(tree).map_err(|error| failed("create", tree, error))?;
    for name in ["Cargo.toml", "Cargo.lock", "README.md", "CHANGELOG.md"] {
        copy_file(&root.join(name), &tree.join(name), changed)?;
    }
    // What is said of recorded runs stands there, and tests read it.
    copy_folder(&root.join("docs"), &tree.join("docs"), changed)?;
    copy_folder(&root.join("crates"), &tree.join("crates"), changed)
}

fn copy_folder(from: &Path, to: &Path, changed: &Changed) -> Result<(), Stop> {
    fs::create_dir_all(to).map_err(|error| failed("create", to, error))?;
    for entry in fs::read_dir(to).map_err(|error| failed("read", to, error))?.flatten() {
        let original = from.join(entry.file_name());
        if !original.exists() {
            let path = entry.path();
            let gone = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
            gone.map_err(|error| failed("remove", &path, error))?;
        }
    }
    for entry in fs::read_dir(from).map_err(|error| failed("read", from, error))?.flatten() {
        let (path, copy) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            if entry.file_name() != "target" {
                copy_folder(&path, &copy, changed)?;
            }
        } else {
            copy_file(&path, &copy, changed)?;
        }
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path, changed: &Changed) -> Result<(), Stop> {
    let bytes = match changed.get(from) {
        Some(text) => text.clone().into_bytes(),
        None => match fs::read(from) {
            Ok(bytes) => bytes,
            Err(_) => return Ok(()),
        },
    };
    if fs::read(to).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    fs::write(to, bytes).map_err(|error| failed("write", to, error))
}
