//! What was found, as tables, and whether it is what the bar asks for.

use std::fs;
use std::process::Command;

use super::{AGAINST, NONE, OURS, Row};
use crate::process;
use crate::step::Stop;
use crate::workspace::{Workspace, minutes};

pub(super) fn facts(workspace: &Workspace, rounds: usize) -> Result<String, Stop> {
    let said = |line: &str| {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).current_dir(&workspace.root);
        process::read(command, minutes(1))
    };
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpus.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split(": ").nth(1));
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    Ok(format!(
        "# A hello program of each channel\n\n- date: {}\n- processor: {} x {}\n- compiler: {}\n- commit: {}\n\
         - command: `cargo xtask hello --rounds {rounds}`\n- load in the last 5 minutes: {} (this command alone makes 1)\n",
        said("date -u +%F")?,
        std::thread::available_parallelism().map_or(0, usize::from),
        model.unwrap_or("unknown"),
        said("rustc -V")?,
        said("git describe --always --dirty")?,
        load.split(' ').nth(1).unwrap_or("unknown"),
    ))
}

/// What counts; less is better.
const MEASURES: [&str; 4] = ["wall time", "CPU time", "binary", "code"];

/// In the order of `MEASURES`. Of sizes, how much more they are than without a channel.
fn figures(row: &Row, rows: &[Row]) -> [Option<f64>; 4] {
    let none = rows.iter().find(|row| row.name == NONE);
    let more = |size: fn(&Row) -> u64| none.map(|none| size(row) as f64 - size(none) as f64);
    [median(&row.wall), median(&row.cpu), more(|row| row.binary), more(|row| row.text)]
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The lower one where two are in the middle.
fn median(samples: &[f64]) -> Option<f64> {
    sorted(samples).get(samples.len().checked_sub(1)? / 2).copied()
}

fn spread(samples: &[f64]) -> String {
    match sorted(samples).as_slice() {
        [] => String::new(),
        [least, .., most] | [least @ most] => format!("{least:.2} to {most:.2}"),
    }
}

const HEAD: &str = "\
A release build from nothing, dependencies included, one job at a time, programs in turns: the median, the least and the
most. Sizes in bytes, of the stripped program and of its code (`.text`), and how much more that is than without a channel.
In parentheses the ratio to the best crate. `crates` are all that are compiled, but for the program.

| program | crates | wall, s | | CPU, s | | binary | more | code | more |
| --- | ---: | ---: | --- | ---: | --- | ---: | ---: | ---: | ---: |
";

pub(super) fn table(rows: &[Row]) -> String {
    let all: Vec<_> = rows.iter().map(|row| (row, figures(row, rows))).collect();
    let mut text = HEAD.to_owned();
    for (row, figures) in &all {
        let cell = |at: usize, digits: usize| {
            let Some(figure) = figures[at] else { return "-".to_owned() };
            let crates = all.iter().filter(|(row, _)| row.crates > 0);
            let best = crates.filter_map(|(_, figures)| figures[at]).min_by(f64::total_cmp);
            let ratio = best.filter(|_| row.crates > 0).map(|best| format!(" ({:.2})", figure / best));
            format!("{figure:.digits$}{}", ratio.unwrap_or_default())
        };
        let name = format!("{} {}", row.name, row.version);
        let (wall, cpu) = (spread(&row.wall), spread(&row.cpu));
        let cells = [
            name.trim_end().to_owned(),
            row.crates.to_string(),
            cell(0, 2),
            wall,
            cell(1, 2),
            cpu,
            row.binary.to_string(),
            cell(2, 0),
            row.text.to_string(),
            cell(3, 0),
        ];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    text
}

/// In the order of `MEASURES`. Of times, the median of the ratios within a round: a busy machine meets both alike.
fn ratios(our: &Row, their: &Row, rows: &[Row]) -> [Option<f64>; 4] {
    let paired = |our: &[f64], their: &[f64]| {
        median(&std::iter::zip(our, their).map(|(our, their)| our / their).collect::<Vec<_>>())
    };
    let [[.., binary, text], [.., their_binary, their_text]] = [our, their].map(|row| figures(row, rows));
    let over = |our: Option<f64>, their: Option<f64>| our.zip(their).map(|(our, their)| our / their);
    [paired(&our.wall, &their.wall), paired(&our.cpu, &their.cpu), over(binary, their_binary), over(text, their_text)]
}

/// Each of ours over each that the bar names. What could not be measured is not met.
pub(super) fn verdict(rows: &[Row]) -> String {
    let mut text =
        "Ours over theirs: of times, the median of the ratios within each round; of sizes, of what is more than\n\
        without a channel.\n\n"
            .to_owned();
    let mut met = true;
    let find = |name: &str| rows.iter().find(|row| row.name == name);
    for (ours, theirs) in OURS.into_iter().flat_map(|ours| AGAINST.map(|theirs| (ours, theirs))) {
        let (Some(our), Some(their)) = (find(ours), find(theirs)) else { continue };
        let said = std::iter::zip(MEASURES, ratios(our, their, rows)).map(|(what, ratio)| {
            met &= ratio.is_some_and(|ratio| ratio < 1.0);
            match ratio {
                None => format!("{what} **not measured**"),
                Some(ratio) => format!("{what} {ratio:.2}{}", if ratio < 1.0 { "" } else { " **(not below)**" }),
            }
        });
        text.push_str(&format!("- {ours} over {theirs}: {}\n", said.collect::<Vec<_>>().join(", ")));
    }
    let met = if met { "met" } else { "not met" };
    format!("{text}\nThe bar, below {} in all of these: **{met}**.\n", AGAINST.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &'static str, crates: usize, wall: f64, size: u64) -> Row {
        let (wall, cpu) = (vec![4.0 * wall, wall, wall / 2.0], vec![wall]);
        Row { name, version: String::new(), crates, wall, cpu, binary: size, text: size }
    }

    fn rows(last_of_ours: u64) -> [Row; 5] {
        let [mpmc, mpsc] = [row(OURS[0], 1, 1.0, 200), row(OURS[1], 1, 1.0, last_of_ours)];
        [row(NONE, 0, 0.5, 100), mpmc, mpsc, row(AGAINST[0], 2, 2.0, 300), row(AGAINST[1], 2, 2.5, 400)]
    }

    #[test]
    fn one_measure_that_is_not_below_misses_the_bar() {
        assert!(verdict(&rows(299)).ends_with("**met**.\n"));
        let missed = verdict(&rows(300));
        let line = "mpsc over async-channel: wall time 0.50, CPU time 0.50, binary 1.00 **(not below)**, code 1.00";
        assert!(missed.contains(line) && missed.ends_with("**not met**.\n"), "{missed}");
    }

    #[test]
    fn times_are_compared_within_a_round() {
        let rows = [(OURS[0], [1.0, 9.0, 3.0]), (AGAINST[0], [2.0, 18.0, 2.0])];
        let [our, their] = rows.map(|(name, wall)| Row { wall: wall.to_vec(), ..row(name, 1, 1.0, 1) });
        assert_eq!(ratios(&our, &their, &[])[0], Some(0.5));
    }

    #[test]
    fn what_was_not_measured_is_not_met() {
        let unknown = rows(200).map(|row| Row { cpu: Vec::new(), ..row });
        assert!(verdict(&unknown).ends_with("**not met**.\n"));
        assert!(table(&unknown).contains("| - |  |"));
    }

    #[test]
    fn the_table_has_the_median_the_spread_and_the_ratio_to_the_best_crate() {
        let table = table(&rows(200));
        let line =
            "| async-channel | 2 | 2.00 (2.00) | 1.00 to 8.00 | 2.00 (2.00) | 2.00 to 2.00 | 300 | 200 (2.00) | 300 |";
        assert!(table.contains(line) && table.contains("| no channel | 0 | 0.50 | 0.25 to 2.00 |"), "{table}");
    }
}
