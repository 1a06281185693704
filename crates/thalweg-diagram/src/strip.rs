//! The whole run in a strip above the ladder, where the ladder shows a part of it.

use crate::plan::{GUTTER, Plan};
use crate::say;
use crate::sheet::{Frame, Label, SMALL, Sheet, Tie};
use crate::story::Story;
use crate::window::Window;

const AREA: f64 = 38.0;
const BAND: f64 = 9.0;
const NAME: f64 = 17.0;
/// From one channel to the next.
const STEP: f64 = NAME + AREA + 2.0 * BAND + 16.0;

/// How high it is.
pub(crate) fn height(story: &Story<'_>) -> f64 {
    story.depths.len() as f64 * STEP + 30.0
}

/// A time axis from the left to the right.
struct Axis {
    left: f64,
    right: f64,
    time: u64,
}

impl Axis {
    fn columns(&self) -> usize {
        (self.right - self.left) as usize
    }

    fn column(&self, at: u64) -> usize {
        let columns = self.columns();
        ((at as f64 / self.time as f64 * columns as f64) as usize).min(columns - 1)
    }

    fn x(&self, at: u64) -> f64 {
        self.left + (self.right - self.left) * (at as f64 / self.time as f64).min(1.0)
    }
}

pub(crate) fn draw(sheet: &mut Sheet, story: &Story<'_>, window: &Window, plan: &Plan, top: f64) {
    let axis = Axis { left: GUTTER, right: plan.width - 20.0, time: story.recording.ended.max(1) };
    let mut lanes: Vec<usize> = story.depths.keys().copied().collect();
    lanes.sort_unstable();
    let mut y = top;
    for lane in &lanes {
        channel(sheet, story, &axis, *lane, y);
        y += STEP;
    }
    let bottom = y - 6.0;
    sheet.label(&Label { at: [axis.left, bottom + 11.0], ..small("0", Tie::Start) });
    let end = say::time(story.recording.ended);
    sheet.label(&Label { at: [axis.right, bottom + 11.0], ..small(&end, Tie::End) });
    view(sheet, story, window, &axis, [top + NAME - 3.0, bottom, plan.top() - 66.0]);
}

fn small<'a>(text: &'a str, tie: Tie) -> Label<'a> {
    Label { at: [0.0; 2], tie, size: SMALL, class: "f", text, tail: ("", "") }
}

/// What the ladder shows, with rays that lead to it.
fn view(sheet: &mut Sheet, story: &Story<'_>, window: &Window, axis: &Axis, [top, bottom, ladder]: [f64; 3]) {
    let (Some(first), Some(last)) = (window.ranges.first(), window.ranges.last()) else {
        return;
    };
    for range in &window.ranges {
        let (left, right) = (axis.x(story.at(range.start)), axis.x(story.at(range.end)));
        let (left, right) = if right - left < 3.0 { (left - 1.5, left + 1.5) } else { (left, right) };
        sheet.rect("view", Frame { left, right, top, bottom }, 2.0);
    }
    let (left, right) = (axis.x(story.at(first.start)) - 1.5, axis.x(story.at(last.end)) + 1.5);
    sheet.path("ray", &[[left, bottom], [right, bottom], [axis.right, ladder], [axis.left - 20.0, ladder]], true);
}

fn channel(sheet: &mut Sheet, story: &Story<'_>, axis: &Axis, lane: usize, top: f64) {
    let facts = &story.cast.lanes[lane];
    let depths = &story.depths[&lane];
    let most = depths.iter().map(|(_, depth)| u64::from(*depth)).max().unwrap_or(0);
    let capacity = facts.channel.as_ref().and_then(|pipe| pipe.capacity).filter(|_| facts.members == 1);
    let full = capacity.unwrap_or(most).max(1);
    let said = match capacity {
        Some(capacity) => format!("places taken, of {}", say::count(capacity)),
        None => format!("messages in it, {} at the most", say::count(most)),
    };
    let tail = ("f", said.as_str());
    let at = [axis.left, top + 11.0];
    sheet.label(&Label { at, class: "t b", text: &facts.title, tail, ..small("", Tie::Start) });
    let floor = top + NAME + AREA;
    let mut outline = vec![[axis.left, floor]];
    for (column, depth) in envelope(story, axis, depths).into_iter().enumerate() {
        let y = floor - (f64::from(depth) / full as f64).min(1.0) * AREA;
        if outline[outline.len() - 1][1] != y {
            let x = axis.left + column as f64;
            outline.push([x, outline[outline.len() - 1][1]]);
            outline.push([x, y]);
        }
    }
    outline.extend([[axis.right, outline[outline.len() - 1][1]], [axis.right, floor]]);
    sheet.path("depth", &outline, true);
    sheet.line("rim", [axis.left, floor], [axis.right, floor]);
    let rim = if capacity.is_some() { "rim" } else { "rim dash" };
    sheet.line(rim, [axis.left, floor - AREA], [axis.right, floor - AREA]);
    for (sends, fill, offset) in [(true, "s", 2.0), (false, "r", 4.0 + BAND)] {
        waiting(sheet, story, axis, lane, (sends, fill), floor + offset);
    }
}

/// The largest depth in each column, and the last one where nothing happened.
fn envelope(story: &Story<'_>, axis: &Axis, depths: &[(usize, u32)]) -> Vec<u32> {
    let mut columns = vec![0; axis.columns()];
    let (mut at, mut last) = (0, 0);
    for (event, depth) in depths {
        let column = axis.column(story.at(*event));
        while at < column {
            at += 1;
            columns[at] = last;
        }
        columns[at] = columns[at].max(*depth);
        last = *depth;
    }
    columns[(at + 1).min(axis.columns() - 1)..].fill(last);
    columns
}

/// In each column the share of the time that somebody waited; at most one counts.
fn waiting(sheet: &mut Sheet, story: &Story<'_>, axis: &Axis, lane: usize, (sends, fill): (bool, &str), top: f64) {
    let mut covered = vec![0_u64; axis.columns()];
    let width = axis.time as f64 / axis.columns() as f64;
    // Waits of one channel overlap; what counts is whether there is one.
    let mut until = 0;
    for wait in &story.waits {
        if wait.sends != sends || story.cast.channel(wait.channel) != Some(lane) {
            continue;
        }
        let (from, to) = (story.at(wait.from).max(until), story.at(wait.to));
        if to <= from {
            continue;
        }
        until = to;
        for column in axis.column(from)..=axis.column(to) {
            let (begins, ends) = ((column as f64 * width) as u64, ((column + 1) as f64 * width) as u64);
            if let Some(cell) = covered.get_mut(column) {
                *cell = cell.saturating_add(to.min(ends).saturating_sub(from.max(begins)));
            }
        }
    }
    let level = |covered: u64| match covered as f64 / width {
        share if share < 0.02 => 0,
        share if share < 0.25 => 1,
        share if share < 0.5 => 2,
        share if share < 0.75 => 3,
        _ => 4,
    };
    let levels: Vec<u8> = covered.into_iter().map(level).collect();
    let mut start = 0;
    for run in levels.chunk_by(|a, b| a == b) {
        let (left, right) = (axis.left + start as f64, axis.left + (start + run.len()) as f64);
        start += run.len();
        if run[0] > 0 {
            let frame = Frame { left, right, top, bottom: top + BAND };
            sheet.rect(&format!("{fill} o{}", run[0]), frame, 0.0);
        }
    }
    let any = levels.iter().any(|level| *level > 0);
    let text = if sends { "full" } else { "empty" };
    if any {
        let at = [axis.left - 6.0, top + BAND - 1.0];
        sheet.label(&Label { at, class: if sends { "ws" } else { "wr" }, size: 8.5, ..small(text, Tie::End) });
    }
}
