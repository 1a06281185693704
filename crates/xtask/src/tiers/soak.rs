//! The stress test, for longer than as a layer.

use super::Options;
use crate::process;
use crate::step::Step;
use crate::workspace::{Workspace, minutes};

pub(crate) fn step<'a>(workspace: &'a Workspace, options: &[String]) -> Result<Step<'a>, String> {
    let time = Options::read(options, &["--minutes"], &[])?.number("--minutes", 10)?;
    let about = "what goes in comes out, on threads and runtimes drawn by lot, for longer";
    Ok(Step::new("soak-long", about, move || {
        // Once as what is tested all day, with its assertions, and once as what users run.
        let mut said = Vec::new();
        for release in ["", "--release"] {
            let arguments = format!("test -p thalweg --all-features {release} --test soak -- --nocapture");
            let mut command = workspace.cargo("", &arguments);
            command.env("THALWEG_SOAK_SECONDS", (time * 30).to_string());
            let lines = process::run_and_keep(command, minutes(15 + time))?;
            said.extend(lines.iter().filter_map(|line| Some(line.split_once("soak: ")?.1.to_owned())));
        }
        Ok(said.join("; release: "))
    }))
}
