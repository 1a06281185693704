//! The bars of the project, one by one: in how many cells each is reached.

use std::fmt::Write as _;

use super::{Line, grids};
use crate::cell::Place;
use crate::channel::Standing;
use crate::row::{Results, Row};
use crate::stats::geometric_mean;

const ABOUT: &str = "\
What the project wants to reach, cell by cell: the time of thalweg by that of the best of those named. Beside it the lowest and the
highest such ratio, their geometric mean, and in how many cells the bar is reached.
";

/// Whom thalweg is compared with: the best of these.
#[derive(Clone, Copy)]
enum Against {
    All,
    Strict,
    These(&'static [&'static str]),
}

impl Against {
    fn name(self) -> String {
        match self {
            Self::All => "all".into(),
            Self::Strict => "the strict".into(),
            Self::These(peers) => peers.join(", "),
        }
    }

    fn has(self, row: &Row) -> bool {
        match self {
            Self::All => row.standing != Standing::Ours,
            Self::Strict => row.standing == Standing::Strict,
            Self::These(peers) => peers.contains(&row.peer.as_str()),
        }
    }
}

/// In these cells the ratio is to be this, or less.
struct Bar {
    what: &'static str,
    family: &'static str,
    is_of: fn(&Place) -> bool,
    against: Against,
    limit: f64,
}

const ONE: &str = "tokio 1 thread";
const WORKERS: &str = "tokio 2 workers";
const SMOL: &str = "smol 2 threads";
const TOKIO: Against = Against::These(&["tokio"]);

fn is_small(place: &Place) -> bool {
    matches!(place.capacity.as_str(), "cap 0" | "cap 1")
}

fn is_roomy(place: &Place) -> bool {
    matches!(place.capacity.as_str(), "cap 128" | "unbounded")
}

fn streams(place: &Place, runtime: &str) -> bool {
    place.runtime == runtime && !is_small(place)
}

fn tight(place: &Place, runtime: &str, capacity: &str) -> bool {
    place.runtime == runtime && place.capacity == capacity
}

const BARS: &[Bar] = {
    use Against::{All, Strict, These};
    const fn bar(
        what: &'static str,
        family: &'static str,
        is_of: fn(&Place) -> bool,
        against: Against,
        limit: f64,
    ) -> Bar {
        Bar { what, family, is_of, against, limit }
    }
    &[
        bar("capacity 16 and more, one thread", "mpmc", |place| streams(place, ONE), All, 0.80),
        bar("capacity 16 and more, one thread", "mpmc", |place| streams(place, ONE), Strict, 0.50),
        bar("capacity 16 and more, two workers", "mpmc", |place| streams(place, WORKERS), All, 0.85),
        bar("capacity 16 and more, smol", "mpmc", |place| streams(place, SMOL), All, 0.85),
        bar("capacity 1, one thread", "mpmc", |place| tight(place, ONE, "cap 1"), All, 1.50),
        bar("capacity 1, one thread", "mpmc", |place| tight(place, ONE, "cap 1"), Strict, 1.00),
        bar("capacity 1, two workers", "mpmc", |place| tight(place, WORKERS, "cap 1"), All, 1.50),
        bar("capacity 1, two workers", "mpmc", |place| tight(place, WORKERS, "cap 1"), Strict, 1.00),
        bar("capacity 1, smol", "mpmc", |place| tight(place, SMOL, "cap 1"), All, 1.50),
        bar("capacity 1, smol", "mpmc", |place| tight(place, SMOL, "cap 1"), Strict, 1.00),
        bar("capacity 0, one thread", "mpmc", |place| tight(place, ONE, "cap 0"), All, 1.50),
        bar("capacity 0, two workers", "mpmc", |place| tight(place, WORKERS, "cap 0"), All, 1.50),
        bar("capacity 0, smol", "mpmc", |place| tight(place, SMOL, "cap 0"), All, 1.50),
        bar("larger messages, one thread", "payload", |place| place.runtime == ONE, All, 1.00),
        bar("larger messages, two workers", "payload", |place| place.runtime == WORKERS, All, 1.00),
        bar("larger messages, smol", "payload", |place| place.runtime == SMOL, All, 1.00),
        bar("try pair, `mpmc`", "pair", |place| is_of(place, "mpmc", "try"), These(&["tachyonix", "kanal"]), 1.00),
        bar("await pair, `mpmc`", "pair", |place| is_of(place, "mpmc", "await"), These(&["tachyonix", "kanal"]), 1.00),
        bar("`mpmc` made and dropped", "create", |place| is_of(place, "mpmc", "channel"), These(&["flume"]), 1.00),
        bar("`mpsc` made and dropped", "create", |place| is_of(place, "mpsc", "channel"), These(&["flume"]), 1.00),
        bar("a sender cloned and dropped", "create", |place| place.what.contains("clone"), All, 1.00),
        bar("`mpsc`, one thread", "mpsc", |place| place.runtime == ONE && is_roomy(place), All, 0.90),
        bar("`mpsc`, two workers", "mpsc", |place| place.runtime == WORKERS && is_roomy(place), All, 0.90),
        bar("`mpsc`, smol", "mpsc", |place| place.runtime == SMOL && is_roomy(place), All, 0.90),
        bar("`mpsc`, one thread", "mpsc", |place| place.runtime == ONE && is_roomy(place), TOKIO, 0.35),
        bar("`mpsc`, two workers", "mpsc", |place| place.runtime == WORKERS && is_roomy(place), TOKIO, 0.35),
        bar("`mpsc`, smol", "mpsc", |place| place.runtime == SMOL && is_roomy(place), TOKIO, 0.35),
        bar("oneshot", "oneshot", |_| true, These(&["oneshot", "async-oneshot"]), 1.00),
        bar("oneshot", "oneshot", |_| true, TOKIO, 0.75),
        bar("broadcast, nothing lost", "broadcast", |_| true, All, 0.75),
        bar(
            "threads, capacity 0 and 1",
            "blocking",
            is_small,
            These(&["kanal", "crossfire", "crossbeam-channel"]),
            1.00,
        ),
        bar(
            "threads, capacity 16 and more",
            "blocking",
            |place| !is_small(place),
            These(&["kanal", "crossfire", "crossbeam-channel"]),
            1.00,
        ),
        bar("thread and task", "mixed", |_| true, All, 1.00),
        bar("ping-pong of tasks", "pingpong", |place| place.kind != "blocking", All, 1.05),
        bar("ping-pong of threads", "pingpong", |place| place.kind == "blocking", All, 1.05),
        bar("storm, one thread", "storm", |place| place.runtime == ONE, Strict, 1.00),
        bar("storm, two workers", "storm", |place| place.runtime == WORKERS, Strict, 1.00),
        bar("storm, smol", "storm", |place| place.runtime == SMOL, Strict, 1.00),
        bar("p99 of the wait, one thread", "fairness", |place| tight(place, ONE, "cap 16"), Strict, 1.25),
        bar(
            "p99 of the wait, elsewhere",
            "fairness",
            |place| place.runtime != ONE && place.capacity == "cap 16",
            Strict,
            1.25,
        ),
    ]
};

fn is_of(place: &Place, kind: &str, what: &str) -> bool {
    place.kind == kind && place.what.contains(what)
}

/// The ratios of thalweg in all cells of these rows that a bar is about.
fn ratios(rows: &[Row], bar: &Bar) -> Vec<f64> {
    let unit = if bar.family == "fairness" { "p99 wait" } else { "ns" };
    let grids = grids(rows);
    let of_time = grids.iter().filter(|grid| grid.family == bar.family && grid.unit.starts_with(unit));
    let lines = of_time.flat_map(|grid| &grid.lines).filter(|line| (bar.is_of)(line.place));
    lines.filter_map(|line| ratio(line, bar.against)).collect()
}

fn ratio(line: &Line<'_>, against: Against) -> Option<f64> {
    let ours = line.rows.iter().flatten().find(|row| row.standing == Standing::Ours)?;
    line.ratio(ours, |row| against.has(row))
}

/// The table of all bars that these rows are about, or nothing.
pub(crate) fn table(results: &Results) -> String {
    let mut text = format!(
        "## The bars\n\n{ABOUT}\n| what | to the best of | bar | lowest | highest | mean | reached |\n\
         | --- | --- | ---: | ---: | ---: | ---: | --- |\n"
    );
    let before = text.len();
    for bar in BARS {
        let ratios = ratios(&results.rows, bar);
        let Some(mean) = geometric_mean(&ratios) else { continue };
        let lowest = ratios.iter().copied().fold(f64::INFINITY, f64::min);
        let highest = ratios.iter().copied().fold(0.0, f64::max);
        let reached = ratios.iter().filter(|ratio| **ratio <= bar.limit).count();
        let (what, against, limit) = (bar.what, bar.against.name(), bar.limit);
        let verdict = if reached == ratios.len() { "**yes**".into() } else { format!("{reached} of {}", ratios.len()) };
        let _ =
            writeln!(text, "| {what} | {against} | {limit:.2} | {lowest:.2} | {highest:.2} | {mean:.2} | {verdict} |");
    }
    if text.len() == before { String::new() } else { text + "\n" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(path: &str) -> String {
        let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// The lowest and the highest ratio, and the mean, in the run that is kept.
    fn span(rows: &[Row], family: &'static str, is_of: fn(&Place) -> bool, against: Against) -> (f64, f64, f64) {
        let ratios = ratios(rows, &Bar { what: "", family, is_of, against, limit: 1.0 });
        let highest = ratios.iter().copied().fold(0.0, f64::max);
        (ratios.iter().copied().fold(f64::INFINITY, f64::min), highest, geometric_mean(&ratios).unwrap())
    }

    /// They were of a run before that one.
    #[test]
    fn figures_of_the_readme_are_of_the_run_that_is_kept() {
        let rows = Results::read(&kept("results/full/results.csv")).unwrap().rows;
        let readme = kept("../../README.md").split_whitespace().collect::<Vec<_>>().join(" ");
        let mean = |family| span(&rows, family, |_| true, TOKIO).2;
        let streams_of = |is_of, against| {
            let (lowest, highest, _) = span(&rows, "mpmc", is_of, against);
            format!("{lowest:.2} to {highest:.2}")
        };
        let several = span(&rows, "mpmc", |place| place.runtime != ONE && !is_small(place), Against::All).1;
        for figure in [
            format!("{:.2}, {:.2} and {:.2} of the time of tokio's", mean("mpsc"), mean("oneshot"), mean("watch")),
            format!("{} of the time of the fastest peer", streams_of(|place| streams(place, ONE), Against::All)),
            format!("{} of the fastest that keeps it", streams_of(|place| streams(place, ONE), Against::Strict)),
            format!(
                "one sender and one receiver {} of the fastest",
                streams_of(|place| place.runtime != ONE && !is_small(place) && place.topology == "1x1", Against::All)
            ),
            format!("several tasks up to {several:.2}"),
            format!("capacities 0 and 1 it is {} times", streams_of(is_small, Against::All)),
        ] {
            assert!(readme.contains(&figure), "README.md does not say {figure:?}");
        }
    }

    #[test]
    fn a_bar_is_reached_where_all_of_its_cells_are() {
        let results = Results::read(&kept("results/full/results.csv")).unwrap();
        let table = table(&results);
        assert!(table.contains("| a sender cloned and dropped | all | 1.00 |"), "{table}");
        assert_eq!(table.lines().filter(|line| line.starts_with("| ")).count(), BARS.len() + 2);
        assert_eq!(super::table(&Results::default()), "");
    }
}
