//! Every check of the project as one cargo command: `cargo xtask help` lists them.

mod apart;
mod bench;
mod canaries;
mod checks;
mod contract;
mod copy;
mod cost;
mod debian;
mod hello;
mod layers;
mod mermaid;
mod models;
mod orderings;
mod peer;
mod pictures;
mod process;
mod scratch;
mod step;
mod tiers;
mod workspace;
mod wrapper;

use std::process::ExitCode;

use step::Step;
use workspace::Workspace;

const HELP: &str = "\
cargo xtask <command>

  test [LAYER...]   every layer of tests, or those named
  canaries [NAME..] each kept defect, which the tests must catch
  orderings [FILE..] each atomic ordering weakened, which a model must notice; long, and goes on where it was stopped
  schedules         ten times as many random histories as `test shuttle` runs, or THALWEG_SHUTTLE_FACTOR times
  lint              formatting, clippy, documentation
  features          every combination of features, without a warning
  nostd             the library for bare-metal targets
  msrv              the library with the oldest supported compiler
  licences          licences and origins of all dependencies
  package           what a published package holds
  ci                all of these, but for `orderings`, `schedules` and the canaries marked as long

  The long tiers, none of them part of `ci`; each installs what it needs from Debian and crates.io:

  sanitize [WHICH]  the tests under the sanitizers: address, thread, or both
  valgrind          the unit tests and a part of `it` under memcheck
  i686              the tests with 32 bits, and positions that wrap
  aarch64           the tests as aarch64, under qemu
  mutants           changed code, which the tests must catch; --file NAME, --in-diff (since main), --layer NAME,
                    --minutes N, --tried (nothing is run), --again (what lived), --apart (what has no switch)
  fuzz              libFuzzer over programs of all channels; --minutes N, --keep what it found worth keeping
  soak              stress on threads and runtimes; --minutes N
  miri              what Miri runs, where there is one; --seeds N

  Figures and pages:

  bench [OPTION...] thalweg and its peers, measured; `cargo xtask bench --help` lists the options, once it is built
  contract [OPTION] the promises on thalweg and its peers: writes docs/promises.md; `--help` lists the options
  hello [OPTION..]  what a small program takes to build, and its code, with thalweg and with peers; --rounds N, --out FILE
  recording         what recording costs where nothing is recorded, in instructions, and what an event takes
  pictures          draws the pictures in docs/pictures anew; --run: of a new run of the main job
  list              the names of the layers and checks
  help              this text

A check that cannot run here is listed as not run, with the reason, and is not counted as passed.
";

fn main() -> ExitCode {
    if let Some(end) = wrapper::run() {
        return end;
    }
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, names) = match arguments.split_first() {
        Some((command, names)) => (command.as_str(), names),
        None => ("help", &[][..]),
    };
    // These have options of their own, and say which.
    let has_own_help = matches!(command, "bench" | "contract");
    let wants_help = names.iter().any(|name| name == "--help") && !has_own_help;
    if wants_help || matches!(command, "help" | "-h" | "--help") {
        print!("{HELP}");
        return ExitCode::SUCCESS;
    }
    let workspace = match Workspace::load() {
        Ok(workspace) => workspace,
        Err(reason) => {
            eprintln!("xtask: {reason}");
            return ExitCode::from(2);
        }
    };
    if command == "bench" {
        return bench::run(&workspace, names);
    }
    if command == "contract" {
        return contract::run(&workspace, names);
    }
    if command == "pictures" {
        return pictures::run(&workspace, names);
    }
    if command == "recording" {
        return cost::run(&workspace);
    }
    if command == "hello" {
        return hello::run(&workspace, names);
    }
    let steps = match steps(&workspace, command, names) {
        Ok(steps) => steps,
        Err(reason) => {
            eprintln!("xtask: {reason}\n\n{HELP}");
            return ExitCode::from(2);
        }
    };
    if command == "list" {
        for step in &steps {
            println!("{:<16} {}", step.name, step.about);
        }
        return ExitCode::SUCCESS;
    }
    if step::run_all(steps) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Commands that are run as they are.
const TAKES_NONE: [&str; 12] = [
    "schedules",
    "lint",
    "features",
    "nostd",
    "msrv",
    "valgrind",
    "i686",
    "aarch64",
    "licences",
    "package",
    "ci",
    "list",
];

/// What a command stands for, in the order it is run.
fn steps<'a>(workspace: &'a Workspace, command: &str, names: &'a [String]) -> Result<Vec<Step<'a>>, String> {
    if let Some(name) = names.first().filter(|_| TAKES_NONE.contains(&command)) {
        return Err(format!("`{command}` takes no arguments, and `{name}` was given"));
    }
    match command {
        "test" => step::select(layers::all(workspace), names),
        "canaries" => Ok(vec![canaries::step(workspace, names, true)]),
        "schedules" => Ok(vec![models::schedules(workspace)]),
        "orderings" => Ok(vec![orderings::step(workspace, names)]),
        "lint" => Ok(checks::lint(workspace)),
        "features" => Ok(vec![checks::features(workspace)]),
        "nostd" => Ok(vec![debian::nostd(workspace)]),
        "msrv" => Ok(vec![debian::msrv(workspace)]),
        "sanitize" => tiers::sanitize::steps(workspace, names),
        "valgrind" => Ok(vec![tiers::valgrind::step(workspace)]),
        "i686" => Ok(vec![tiers::foreign::i686(workspace)]),
        "aarch64" => Ok(vec![tiers::foreign::aarch64(workspace)]),
        "mutants" => Ok(vec![tiers::mutants::step(workspace, names)?]),
        "fuzz" => Ok(vec![tiers::fuzz::step(workspace, names)?]),
        "soak" => Ok(vec![tiers::soak::step(workspace, names)?]),
        "miri" => Ok(vec![tiers::miri::step(workspace, names)?]),
        "licences" => Ok(vec![checks::licences(workspace)]),
        "package" => Ok(vec![checks::package(workspace)]),
        "ci" | "list" => {
            let mut steps = checks::lint(workspace);
            steps.extend(layers::all(workspace));
            steps.push(checks::features(workspace));
            steps.push(debian::nostd(workspace));
            steps.push(debian::msrv(workspace));
            steps.push(checks::licences(workspace));
            steps.push(checks::package(workspace));
            if command == "list" {
                steps.extend(tiers::all(workspace)?);
            }
            Ok(steps)
        }
        other => Err(format!("there is no command `{other}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_layer_and_check_is_explained() {
        let workspace = Workspace::load().unwrap();
        let text = std::fs::read_to_string(workspace.root.join("docs/testing.md")).unwrap();
        let steps = steps(&workspace, "list", &[]).unwrap();
        assert!(steps.len() > 20);
        for step in steps {
            assert!(text.contains(&format!("`{}`", step.name)), "docs/testing.md says nothing of {}", step.name);
        }
    }

    #[test]
    fn arguments_that_nobody_takes_are_refused() {
        let workspace = Workspace::load().unwrap();
        let error = steps(&workspace, "ci", &["it".to_owned()]).err().unwrap();
        assert!(error.contains("`ci` takes no arguments, and `it` was given"), "{error}");
    }
}
