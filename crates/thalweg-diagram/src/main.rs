//! The command `thalweg`.

mod live;

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use thalweg_diagram::{Options, PROBLEM, Part, Scale, Theme, chrome_trace, mermaid, svg, text};
use thalweg_recording::{Channel, Limits, Recording, json_lines, read};

/// Looks at the channels of a program: recorded runs, and those that go on.
#[derive(Debug, Parser)]
#[command(version, about)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Draws a recording as a sequence diagram.
    Draw(Draw),
    /// Shows the channels of a running program: how full they are, and who waits for whom.
    Top(live::Top),
}

#[derive(Debug, Args)]
struct Draw {
    /// The recording.
    file: PathBuf,
    /// Where to: by its ending .svg, .mmd (Mermaid), .txt, .json (Chrome trace, for Perfetto) or .jsonl (every event a
    /// line). Without it: text, to standard output.
    #[arg(short, long)]
    output: Option<PathBuf>,
    /// From this time on, such as 1.5s, 20ms, 300us.
    #[arg(long, value_parser = time, value_name = "TIME")]
    from: Option<u64>,
    /// Up to this time.
    #[arg(long, value_parser = time, value_name = "TIME")]
    to: Option<u64>,
    /// The last part of the run.
    #[arg(long, value_parser = time, value_name = "TIME", conflicts_with_all = ["from", "to"])]
    last: Option<u64>,
    /// Messages of these numbers, such as 100..120, or of one.
    #[arg(long, value_parser = range, value_name = "A..B", conflicts_with_all = ["from", "to", "last"])]
    messages: Option<(u64, u64)>,
    /// What is worth a look.
    #[arg(long, conflicts_with_all = ["from", "to", "last", "messages"])]
    around: Option<Around>,
    /// All of it, in bundles where there is much.
    #[arg(long, conflicts_with_all = ["from", "to", "last", "messages", "around"])]
    all: bool,
    /// Where one side of a channel has more lanes than these, those whose names differ only in a number at the end become one.
    #[arg(long, default_value_t = 8, value_parser = count, value_name = "N")]
    fold: usize,
    /// A lane of this name is drawn for itself in any case, and so are channels of this name, the four busiest of all at most.
    #[arg(long, value_name = "NAME")]
    unfold: Vec<String>,
    /// What the distance between two rows means.
    #[arg(long, value_enum, default_value_t = Distance::Sequence)]
    scale: Distance,
    /// The colours of an SVG: those of the reader's system, or always these.
    #[arg(long, value_enum, default_value_t = Colours::Auto)]
    theme: Colours,
    /// The most rows before they are folded or bundled.
    #[arg(long, default_value_t = 96, value_parser = count, value_name = "N")]
    rows: usize,
    /// What stands above the picture.
    #[arg(long)]
    title: Option<String>,
    /// The most events that are kept in memory, at about 40 bytes each.
    #[arg(long, default_value_t = Limits::default().events, value_parser = count, value_name = "N")]
    limit: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Around {
    LongestWait,
    Stall,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Distance {
    Sequence,
    Time,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Colours {
    Auto,
    Light,
    Dark,
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().command {
        Command::Draw(draw) => draw.run(),
        Command::Top(top) => top.run().map_err(Failure::Input),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads our output has seen enough.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("thalweg: {failure}");
            ExitCode::FAILURE
        }
    }
}

/// Why there is nothing to see.
#[derive(Debug)]
enum Failure {
    Input(String),
    Output(io::Error),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::Input(text) => f.write_str(text),
            Failure::Output(error) => write!(f, "could not write the picture: {error}"),
        }
    }
}

impl Draw {
    fn run(&self) -> Result<(), Failure> {
        if self.from.zip(self.to).is_some_and(|(from, to)| from > to) {
            return Err(Failure::Input("--from is after --to".to_owned()));
        }
        let format = Format::of(self.output.as_deref()).map_err(Failure::Input)?;
        let recording = load(&self.file, self.limit)?;
        if let Some(unknown) = self.unfold.iter().find(|name| !has_name(&recording, name)) {
            let why =
                format!("--unfold {unknown:?}: nothing in {} is called so; {}", self.file.display(), names(&recording));
            return Err(Failure::Input(why));
        }
        let options = self.options();
        let mut bytes = Vec::new();
        match format {
            Format::Svg => bytes = svg(&recording, &options).into_bytes(),
            Format::Mermaid => bytes = mermaid(&recording, &options).into_bytes(),
            Format::Text => bytes = text(&recording, &options).into_bytes(),
            Format::Chrome => chrome_trace(&recording, &mut bytes).map_err(Failure::Output)?,
            Format::Lines => json_lines(&recording, &mut bytes).map_err(Failure::Output)?,
        }
        match &self.output {
            Some(path) => fs::write(path, bytes)
                .map_err(|error| Failure::Input(format!("cannot write {}: {error}", path.display()))),
            None => io::stdout().write_all(&bytes).map_err(Failure::Output),
        }
    }

    fn options(&self) -> Options {
        let part = match (self.from, self.to, self.last, self.messages, self.around) {
            (None, None, None, None, None) if self.all => Part::All,
            (None, None, None, None, None) => Part::Auto,
            (_, _, Some(last), ..) => Part::Last(last),
            (_, _, _, Some((first, last)), _) => Part::Messages { first, last },
            (.., Some(Around::LongestWait)) => Part::LongestWait,
            (.., Some(Around::Stall)) => Part::Stall,
            (from, to, ..) => Part::Time { from: from.unwrap_or(0), to: to.unwrap_or(u64::MAX) },
        };
        Options {
            part,
            fold: self.fold,
            unfold: self.unfold.clone(),
            scale: match self.scale {
                Distance::Sequence => Scale::Sequence,
                Distance::Time => Scale::Time,
            },
            theme: match self.theme {
                Colours::Auto => Theme::Auto,
                Colours::Light => Theme::Light,
                Colours::Dark => Theme::Dark,
            },
            rows: self.rows,
            title: self.title.clone(),
        }
    }
}

/// Reads as much as can be read, and says what is wrong, here and below the picture.
fn load(path: &Path, events: usize) -> Result<Recording, Failure> {
    let file = File::open(path).map_err(|error| Failure::Input(format!("cannot open {}: {error}", path.display())))?;
    let limits = Limits { events, ..Limits::default() };
    let partial = match read(BufReader::new(file), &limits) {
        Ok(recording) => return Ok(recording),
        Err(partial) => *partial,
    };
    if partial.recording.channels.is_empty() {
        return Err(Failure::Input(format!("{}: {partial}", path.display())));
    }
    eprintln!("thalweg: {}: {partial}", path.display());
    let said = partial.problems.iter().map(|problem| (PROBLEM.to_owned(), format!("The recording {problem}.")));
    let mut recording = partial.recording;
    recording.notes.extend(said);
    Ok(recording)
}

/// Whether a lane is called so, or would be if nothing was folded.
fn has_name(recording: &Recording, name: &str) -> bool {
    recording.channels.iter().any(|channel| channel.label() == name)
        || recording.handles.iter().any(|handle| {
            // One that is alone at its side is called by its role.
            handle.label() == name || handle.name.is_none() && handle.role.name() == name
        })
}

/// Says what there is to name.
fn names(recording: &Recording) -> String {
    const SHOWN: usize = 8;
    let channels = recording.channels.iter().map(Channel::label);
    let names: BTreeSet<_> =
        recording.handles.iter().filter_map(|handle| handle.name.clone()).chain(channels).collect();
    let shown: Vec<_> = names.iter().take(SHOWN).map(|name| format!("{name:?}")).collect();
    match names.len() {
        all @ ..=SHOWN => format!("all {all} names: {}", shown.join(", ")),
        all => format!("of its {all} names: {}", shown.join(", ")),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Svg,
    Mermaid,
    Text,
    Chrome,
    Lines,
}

impl Format {
    fn of(path: Option<&Path>) -> Result<Format, String> {
        let Some(path) = path else {
            return Ok(Format::Text);
        };
        match path.extension().and_then(|ending| ending.to_str()) {
            Some("svg") => Ok(Format::Svg),
            Some("mmd" | "mermaid") => Ok(Format::Mermaid),
            Some("txt") => Ok(Format::Text),
            Some("json") => Ok(Format::Chrome),
            Some("jsonl") => Ok(Format::Lines),
            _ => Err(format!("{}: name a file that ends in .svg, .mmd, .txt, .json or .jsonl", path.display())),
        }
    }
}

/// A time such as `1.5s`, in nanoseconds.
fn time(text: &str) -> Result<u64, String> {
    let split = text.find(|letter: char| letter.is_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let scale = match unit {
        "ns" => 1.0,
        "us" | "µs" => 1e3,
        "ms" => 1e6,
        "s" => 1e9,
        "min" => 60e9,
        _ => return Err("give a number and a unit: ns, us, ms, s, min".to_owned()),
    };
    let number: f64 = number.trim().parse().map_err(|_| format!("{number:?} is not a number"))?;
    if number < 0.0 || !number.is_finite() {
        return Err("a time is not negative".to_owned());
    }
    Ok((number * scale) as u64)
}

/// A number that is not 0.
fn count(text: &str) -> Result<usize, String> {
    text.parse().ok().filter(|count| *count > 0).ok_or_else(|| "give a whole number from 1 on, such as 100".to_owned())
}

/// Two numbers such as `3..7`, both included, or one.
fn range(text: &str) -> Result<(u64, u64), String> {
    let (first, last) =
        text.split_once("..").map_or((text, text), |(first, last)| (first, last.trim_start_matches('=')));
    match (first.trim().parse(), last.trim().parse()) {
        (Ok(first), Ok(last)) if first <= last => Ok((first, last)),
        _ => Err("give a number such as 12, or two, the smaller one first: 100..120".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn times_have_units() {
        assert_eq!(
            ["1.5s", "20ms", "300us", "7ns", "1 min"].map(|text| time(text).ok()),
            [Some(1_500_000_000), Some(20_000_000), Some(300_000), Some(7), Some(60_000_000_000)]
        );
        assert_eq!(["5", "ms", "-1s", "1h", "infs"].map(|text| time(text).ok()), [None; 5]);
        assert_eq!(
            ["3..7", "3..=7", "7..3", "3", "3..", "=3", ""].map(|text| range(text).ok()),
            [Some((3, 7)), Some((3, 7)), None, Some((3, 3)), None, None, None]
        );
    }
}
