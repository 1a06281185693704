//! That the kept defects compile, those also that only `cargo xtask canaries` runs: code that does not would pass for a
//! catch there. As many as do not touch each other's lines are put in together, so that the crate is checked a few times
//! and not once for each.

use super::{Canary, Place, apply, renumbered};
use crate::copy::copy_sources;
use crate::process;
use crate::step::Stop;
use crate::workspace::minutes;

impl Place<'_> {
    /// How many times the crate was checked for all to be in it once.
    pub(super) fn build_all(&self, canaries: &[Canary]) -> Result<usize, Stop> {
        let mut open: Vec<&Canary> = canaries.iter().collect();
        let mut checks = 0;
        while !open.is_empty() {
            let (together, others) = self.put_in(&open)?;
            if together.is_empty() {
                return Err(Stop::Failed(format!("the canary {} does not apply", others[0].name)));
            }
            checks += 1;
            if let Err(stop) = self.check() {
                // Some may compile each for itself and not together.
                self.name_one_of(&together, stop)?;
            }
            open = others;
        }
        Ok(checks)
    }

    /// Puts in those of them that apply, one after the other, and says which did and which did not.
    fn put_in<'c>(&self, canaries: &[&'c Canary]) -> Result<(Vec<&'c Canary>, Vec<&'c Canary>), Stop> {
        let root = &self.workspace.root;
        copy_sources(root, &self.tree, &renumbered(root)?)?;
        Ok(canaries.iter().partition(|canary| apply(&canary.patch, &self.tree, &["--quiet"]).is_ok()))
    }

    fn check(&self) -> Result<(), Stop> {
        let mut command = self.workspace.cargo("canaries/check", "check -p thalweg --all-features --quiet");
        // Some leave code behind that nobody uses.
        command.current_dir(&self.tree).env("RUSTFLAGS", "-Awarnings");
        process::run(command, minutes(5)).map(drop)
    }

    /// Finds which of them does not compile, if it is one alone.
    fn name_one_of(&self, canaries: &[&Canary], together: Stop) -> Result<(), Stop> {
        if canaries.len() > 1 {
            for canary in canaries {
                self.put_in(&[canary])?;
                self.check().map_err(|_| does_not_compile(canary))?;
            }
            return Ok(());
        }
        match together {
            Stop::Failed(_) => Err(does_not_compile(canaries[0])),
            other => Err(other),
        }
    }
}

fn does_not_compile(canary: &Canary) -> Stop {
    Stop::Failed(format!("the canary {} does not compile", canary.name))
}
