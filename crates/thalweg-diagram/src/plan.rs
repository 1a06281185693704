//! Where everything is: the lanes from left to right, the rows from top to bottom.

use crate::options::{Options, Scale};
use crate::rows::{Row, RowKind, Rows};
use crate::story::Story;
use crate::window::takes_a_row;

/// Half the width of a channel's lane.
pub(crate) const PIPE: f64 = 23.0;
/// Room for times at the left.
pub(crate) const GUTTER: f64 = 74.0;
/// Half the width of a lane's head.
pub(crate) const CARD: f64 = 52.0;
pub(crate) const WIDE_CARD: f64 = 64.0;
/// From a lane to a channel's.
const TO_CHANNEL: f64 = 180.0;
const TO_LANE: f64 = 120.0;
const RIGHT: f64 = 34.0;
/// Where what is said of a channel has no lane beside it.
const RIGHT_OF_CHANNEL: f64 = 106.0;
/// The least step of a picture whose rows stand at their time, so that arrows stay apart.
const LEAST_STEP: f64 = 1.5;
/// The same after the end of a channel, whose label stands at its height and not above.
const STEP_AFTER_END: f64 = 21.0;

#[derive(Debug)]
pub(crate) struct Plan {
    /// The middle of each lane.
    pub(crate) lanes: Vec<f64>,
    pub(crate) width: f64,
    top: f64,
    /// Where the line of each row is. Those of many events reach from `tops` to `bottoms`.
    pub(crate) lines: Vec<f64>,
    pub(crate) tops: Vec<f64>,
    pub(crate) bottoms: Vec<f64>,
    /// Which rows stand for many events.
    pub(crate) is_long: Vec<bool>,
    /// Events and their heights, growing.
    marks: Vec<(usize, f64)>,
}

impl Plan {
    pub(crate) fn new(story: &Story<'_>, rows: &Rows, options: &Options, top: f64) -> Plan {
        let (lanes, width) = across(story);
        let mut plan = Plan {
            lanes,
            width,
            top,
            lines: Vec::new(),
            tops: Vec::new(),
            bottoms: Vec::new(),
            is_long: Vec::new(),
            marks: Vec::new(),
        };
        let per_ns = match options.scale {
            Scale::Sequence => None,
            Scale::Time => Some(scale(story, rows)),
        };
        let mut y = top;
        let mut last = None;
        for row in &rows.rows {
            let (above, below) = match (per_ns, &row.kind) {
                (Some(per_ns), RowKind::One) => {
                    let at = story.at(row.events.start);
                    let before = row.events.start.checked_sub(1).and_then(|before| story.events().get(before));
                    let ends = before.is_some_and(|event| event.what == thalweg_recording::What::Closed);
                    // After something else than a row the first has the room that its label needs.
                    let step = last.map_or(19.0, |last| at.saturating_sub(last) as f64 * per_ns);
                    (step.max(if ends { STEP_AFTER_END } else { LEAST_STEP }), 0.0)
                }
                _ => heights(story, row),
            };
            plan.tops.push(y);
            plan.lines.push(y + above);
            y += above + below;
            plan.bottoms.push(y);
            plan.is_long.push(row.kind_has_extent());
            let (from, to) = (row.events.start, row.events.end);
            if row.kind_has_extent() {
                plan.marks.push((from, y - above - below));
                plan.marks.push((to, y));
            } else {
                plan.marks.push((from, y - below));
            }
            last = matches!(row.kind, RowKind::One).then(|| story.at(from));
        }
        plan
    }

    pub(crate) fn top(&self) -> f64 {
        self.top
    }

    pub(crate) fn bottom(&self) -> f64 {
        self.bottoms.last().copied().unwrap_or(self.top)
    }

    /// The height of an event. Of those between two marks it depends on how many there are.
    pub(crate) fn height(&self, event: usize) -> f64 {
        self.height_by(event, |event| event as f64)
    }

    /// The same, but that of events between two marks it depends on their time.
    pub(crate) fn height_in_time(&self, story: &Story<'_>, event: usize) -> f64 {
        self.height_by(event, |event| story.at(event) as f64)
    }

    fn height_by(&self, event: usize, measure: impl Fn(usize) -> f64) -> f64 {
        let after = self.marks.partition_point(|(mark, _)| *mark <= event);
        let Some((below, low)) = after.checked_sub(1).map(|at| self.marks[at]) else {
            return self.top();
        };
        match self.marks.get(after) {
            Some((above, high)) if below < event => {
                let [from, at, to] = [below, event, *above].map(measure);
                low + (high - low) * if to > from { (at - from) / (to - from) } else { 0.0 }
            }
            Some(_) => low,
            // Those after the window.
            None if below < event => self.bottom(),
            None => low,
        }
    }

    /// What of a stretch is in rows that stand for one event.
    pub(crate) fn sparse(&self, top: f64, bottom: f64) -> Vec<[f64; 2]> {
        let mut parts: Vec<[f64; 2]> = Vec::new();
        let first = self.bottoms.partition_point(|row| *row <= top);
        for row in first..self.tops.len() {
            let (from, to) = (self.tops[row].max(top), self.bottoms[row].min(bottom));
            if self.tops[row] >= bottom {
                break;
            }
            match parts.last_mut() {
                _ if self.is_long[row] => {}
                Some(last) if from - last[1] < 0.01 => last[1] = to,
                _ => parts.push([from, to]),
            }
        }
        parts
    }
}

impl Row {
    /// Whether it reaches from one height to another, and its events with it.
    pub(crate) fn kind_has_extent(&self) -> bool {
        matches!(self.kind, RowKind::Again { .. } | RowKind::Bundle(_) | RowKind::Cut)
    }
}

/// The middles of the lanes, and the whole width.
fn across(story: &Story<'_>) -> (Vec<f64>, f64) {
    let lanes = &story.cast.lanes;
    let half = |lane: usize| if lanes[lane].channel.is_some() { WIDE_CARD } else { CARD };
    let mut x = GUTTER;
    let mut middles = Vec::new();
    for lane in 0..lanes.len() {
        x += match lane {
            0 => half(0),
            _ if lanes[lane].channel.is_some() || lanes[lane - 1].channel.is_some() => TO_CHANNEL,
            _ => TO_LANE,
        };
        middles.push(x);
    }
    let last = if lanes.is_empty() { 0.0 } else { half(lanes.len() - 1) };
    let right = if lanes.last().is_some_and(|lane| lane.channel.is_some()) { RIGHT_OF_CHANNEL } else { RIGHT };
    (middles, (x + last + right).max(420.0))
}

/// Space above and below the line of a row.
fn heights(story: &Story<'_>, row: &Row) -> (f64, f64) {
    use thalweg_recording::What;
    match &row.kind {
        RowKind::One => match story.events()[row.events.start].what {
            what if takes_a_row(what) => (19.0, 5.0),
            What::SendWaits | What::ReceiveWaits => (2.0, 5.0),
            What::Woken => (2.0, 2.0),
            What::Dropped => (4.0, 6.0),
            _ => (0.0, 1.0),
        },
        RowKind::Again { .. } => (17.0, 13.0),
        RowKind::Bundle(sheaves) => (0.0, 22.0_f64.max(14.0 + 17.0 * sheaves.len() as f64)),
        RowKind::Cut => (26.0, 26.0),
        RowKind::Pause(_) => (17.0, 13.0),
        RowKind::Open(_) => (19.0, 5.0),
    }
}

/// How many pixels a nanosecond takes, so that the picture is about as high as with even rows.
fn scale(story: &Story<'_>, rows: &Rows) -> f64 {
    let mut time = 0_u64;
    let mut ones = 0;
    for pair in rows.rows.windows(2) {
        if let (RowKind::One, RowKind::One) = (&pair[0].kind, &pair[1].kind) {
            time = time.saturating_add(story.at(pair[1].events.start).saturating_sub(story.at(pair[0].events.start)));
            ones += 1;
        }
    }
    let height = (f64::from(ones) * 20.0).clamp(200.0, 1_600.0);
    height / time.max(1) as f64
}
