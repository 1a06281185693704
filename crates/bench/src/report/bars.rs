//! Bars: for each family and runtime, how far each peer is from the best on the whole.

use super::svg::{EMPTY, FAINT, INK, Svg, Tie, heat};
use super::{Grid, grids};
use crate::cell::Fold;
use crate::row::Row;
use crate::stats::geometric_mean;

const BAR: f64 = 15.0;
const LABELS: f64 = 170.0;
/// From 1 to 32 times the best, five doublings.
const SCALE: f64 = 520.0;
const DOUBLINGS: f64 = 5.0;
const RIGHT: f64 = 150.0;
const MARGIN: f64 = 12.0;

/// A peer in some cells: its mean ratio to the best, the least and the greatest, and in how many of them it takes part.
struct Bar<'a> {
    peer: &'a str,
    mean: f64,
    least: f64,
    most: f64,
    cells: usize,
}

/// Bars of one family; `None` if there is nothing to compare.
pub(crate) fn family(rows: &[Row], family: &str) -> Option<String> {
    let timed = |row: &&Row| row.place.family == family && row.fold == Fold::Less && row.unit.starts_with("ns");
    let mine: Vec<Row> = rows.iter().filter(timed).cloned().collect();
    let mut sections = Vec::new();
    for grid in grids(&mine).iter().filter(|grid| grid.peers.len() > 1) {
        for runtime in grid.runtimes() {
            let cells = grid.lines.iter().filter(|line| line.place.runtime == runtime).count();
            let title = format!("{}, {runtime}: {} in {cells} cells", grid.title(), grid.unit);
            sections.push((title, cells, bars(grid, runtime)));
        }
    }
    (!sections.is_empty()).then(|| draw(&sections))
}

fn bars<'a>(grid: &Grid<'a>, runtime: &str) -> Vec<Bar<'a>> {
    let mut bars = Vec::new();
    for &peer in &grid.peers {
        let ratios = grid.ratios(peer, runtime);
        if let Some(mean) = geometric_mean(&ratios) {
            let least = ratios.iter().copied().fold(f64::INFINITY, f64::min);
            let most = ratios.iter().copied().fold(0.0, f64::max);
            bars.push(Bar { peer, mean, least, most, cells: ratios.len() });
        }
    }
    bars.sort_by(|a, b| a.mean.total_cmp(&b.mean));
    bars
}

fn draw(sections: &[(String, usize, Vec<Bar<'_>>)]) -> String {
    let lines: usize = sections.iter().map(|(_, _, bars)| bars.len() + 3).sum();
    let height = BAR * lines as f64 + 3.0 * MARGIN;
    let mut svg = Svg::new(LABELS + SCALE + RIGHT, height);
    let at = |ratio: f64| LABELS + SCALE * (ratio.log2() / DOUBLINGS).clamp(0.0, 1.0);
    let mut y = MARGIN;
    for (title, cells, bars) in sections {
        svg.bold([MARGIN, y + BAR - 4.0], title, Tie::Start, INK);
        y += BAR;
        for doubling in 0..=DOUBLINGS as u32 {
            let times = 1_u32 << doubling;
            let x = at(f64::from(times));
            svg.text([x, y + BAR * (bars.len() as f64 + 0.8)], &times.to_string(), Tie::Middle, FAINT);
            svg.line([x, y], [x, y + BAR * bars.len() as f64], EMPTY);
        }
        for bar in bars {
            let base = y + BAR - 4.0;
            let ours = bar.peer == "thalweg";
            let name = |svg: &mut Svg, point| match ours {
                true => svg.bold(point, bar.peer, Tie::End, INK),
                false => svg.text(point, bar.peer, Tie::End, INK),
            };
            name(&mut svg, [LABELS - 6.0, base]);
            let end = at(bar.mean).max(LABELS + 2.0);
            svg.rect([LABELS, y + 2.0], [end - LABELS, BAR - 4.0], heat(bar.mean));
            svg.line([at(bar.least), y + BAR / 2.0], [at(bar.most), y + BAR / 2.0], INK);
            let part = if bar.cells < *cells { format!(", {} of {cells} cells", bar.cells) } else { String::new() };
            let text = format!("{:.2}{part}", bar.mean);
            svg.text([at(bar.most.max(bar.mean)) + 5.0, base], &text, Tie::Start, INK);
            y += BAR;
        }
        y += 2.0 * BAR;
    }
    let legend = "Ratio to the best of each cell, geometric mean, on a scale of doublings; the line goes from the least to the most";
    svg.text([MARGIN, height - MARGIN], legend, Tie::Start, FAINT);
    svg.finish()
}
