//! Small programs that record themselves and draw what they did: one for each kind of channel, and some in which something goes wrong.
//!
//! ```sh
//! cargo run --features record --example article             # all of them, as text
//! cargo run --features record --example article mpsc        # one of them
//! cargo run --features record --example article mpsc m.svg  # as a picture
//! ```

mod runs;

use std::process::ExitCode;
use std::{env, fs};

use thalweg_diagram::{Options, svg, text};

fn main() -> ExitCode {
    let (name, file) = (env::args().nth(1), env::args().nth(2));
    let options = Options::default();
    let chosen: Vec<_> =
        runs::ALL.into_iter().filter(|run| name.as_ref().is_none_or(|name| name == run.name)).collect();
    if chosen.is_empty() {
        let (name, known) = (name.unwrap_or_default(), runs::ALL.map(|run| run.name).join(", "));
        eprintln!("there is no program `{name}`; there are: {known}");
        return ExitCode::FAILURE;
    }
    if let Some(other) = file.as_ref().filter(|file| !file.ends_with(".svg")) {
        eprintln!("{other}: name a file that ends in .svg");
        return ExitCode::FAILURE;
    }
    for run in chosen {
        let recording = run.record();
        match &file {
            None => println!("{}", text(&recording, &options)),
            Some(file) => {
                if let Err(error) = fs::write(file, svg(&recording, &options)) {
                    eprintln!("cannot write {file}: {error}");
                    return ExitCode::FAILURE;
                }
            }
        }
    }
    ExitCode::SUCCESS
}
