//! Without the feature `record` the program says how to get it.

use std::path::{Path, PathBuf};

use thalweg::mpmc::{Receiver, Sender};

use crate::log::Log;

pub(crate) struct Recording;

pub(crate) struct Run;

impl Recording {
    pub(crate) fn begin(is_wanted: bool) -> Result<Recording, String> {
        if is_wanted {
            return Err(
                "`--diagram` and `--stats` need the feature `record`: build with `--features record`".to_owned()
            );
        }
        Ok(Recording)
    }

    pub(crate) fn end(self) -> Run {
        Run
    }
}

impl Run {
    pub(crate) fn show(self, _diagram: Option<&Path>, _stats: bool, _log: &Log) -> Result<(), String> {
        Ok(())
    }
}

pub(crate) fn name_sender(sender: Sender<PathBuf>) -> Sender<PathBuf> {
    sender
}

pub(crate) fn name_worker(_number: usize, inbox: Receiver<PathBuf>) -> Receiver<PathBuf> {
    inbox
}
