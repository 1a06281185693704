//! Events as rows: one each, or repetitions of a pattern folded, or many in a bundle.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use thalweg_recording::{Event, NO_HANDLE, What};

use crate::cast::Cast;
use crate::options::{Options, Scale};
use crate::story::Story;
use crate::window::{Window, takes_a_row};

/// The longest pattern that is looked for, in events.
const LONGEST_PATTERN: usize = 32;
/// A pattern is folded when it comes so often.
const LEAST_TIMES: usize = 3;
/// Bundles instead of rows, when there would be more.
const BUNDLES: usize = 14;
/// A pause is marked when it is longer than the median between two rows by this.
const LONG_PAUSE: u64 = 20;

/// What is drawn at one height.
#[derive(Debug)]
pub(crate) struct Row {
    /// The events that it stands for, and those of lanes that are not drawn among them.
    pub(crate) events: Range<usize>,
    /// How many it stands for.
    pub(crate) count: u64,
    pub(crate) kind: RowKind,
}

#[derive(Debug)]
pub(crate) enum RowKind {
    /// One event.
    One,
    /// The rows before stand for a pattern that is repeated.
    Again {
        /// How many rows, of which the first begins the pattern.
        rows: usize,
        /// How many times more.
        times: u64,
        /// How long one round takes, in the median.
        median: u64,
    },
    /// Many events, by arrow.
    Bundle(Vec<Sheaf>),
    /// Events that are left out.
    Cut,
    /// Nothing happened for so long.
    Pause(u64),
    /// A wait that was not over when the recording ended, by its number.
    Open(usize),
}

/// Messages of one lane in one direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sheaf {
    pub(crate) lane: usize,
    pub(crate) channel: usize,
    pub(crate) sends: bool,
    pub(crate) count: u64,
    /// How much of the time the lane waited for this.
    pub(crate) waited: u64,
}

/// The rows of a window, with what had to be done to make it fit.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    /// Events that belong to lanes that are not drawn, within the window.
    pub(crate) elsewhere: u64,
    /// Events before, between and after what is drawn.
    pub(crate) outside: u64,
}

impl Rows {
    pub(crate) fn new(story: &Story<'_>, window: &Window, options: &Options) -> Rows {
        let mut rows = Rows { rows: Vec::new(), elsewhere: 0, outside: 0 };
        let inside: usize = window.ranges.iter().map(|range| range.len()).sum();
        rows.outside = (story.events().len() - inside) as u64;
        let mut last = None;
        let most = options.rows.max(4);
        for range in &window.ranges {
            if let Some(last) = last {
                let count = (range.start - last) as u64;
                rows.rows.push(Row { events: last..range.start, count, kind: RowKind::Cut });
                rows.outside -= count;
            }
            last = Some(range.end);
            let drawn: Vec<usize> =
                range.clone().filter(|number| is_drawn(&story.cast, &story.events()[*number])).collect();
            rows.elsewhere += (range.len() - drawn.len()) as u64;
            let visible = |rows: &[Row]| rows.iter().filter(|row| has_height(story, row)).count();
            let mut of_range: Vec<Row> = drawn.iter().map(|number| Row::one(*number)).collect();
            if visible(&of_range) > most {
                of_range = fold(story, &drawn);
            }
            if visible(&of_range) > most {
                of_range = bundle(story, &drawn);
            }
            rows.rows.extend(of_range);
        }
        rows.mark_pauses(story, options.scale);
        rows.add_open_waits(story);
        rows
    }

    fn mark_pauses(&mut self, story: &Story<'_>, scale: Scale) {
        let gaps: Vec<u64> = self.rows.windows(2).map(|pair| gap(story, &pair[0], &pair[1])).collect();
        let mut sorted: Vec<u64> = gaps.iter().copied().filter(|gap| *gap > 0).collect();
        sorted.sort_unstable();
        // Where rows stand at their time, only what would leave the page empty is a pause.
        let (usual, times) = match scale {
            Scale::Sequence => (sorted.len() / 2, LONG_PAUSE),
            Scale::Time => (sorted.len() * 9 / 10, LONG_PAUSE / 5),
        };
        let Some(usual) = sorted.get(usual).copied() else {
            return;
        };
        let total = sorted.iter().fold(0, |total: u64, gap| total.saturating_add(*gap));
        let long = |gap: u64| gap > usual.saturating_mul(times) && gap > total / 6;
        // The rows of a pattern stay together.
        let mut patterns = vec![false; self.rows.len()];
        for (number, row) in self.rows.iter().enumerate() {
            if let RowKind::Again { rows, .. } = row.kind {
                patterns[number - rows..number].fill(true);
            }
        }
        for at in (0..gaps.len()).rev().filter(|at| !patterns[*at]) {
            let between_ones = matches!(self.rows[at].kind, RowKind::One | RowKind::Again { .. })
                && matches!(self.rows[at + 1].kind, RowKind::One);
            if between_ones && long(gaps[at]) {
                self.rows.insert(at + 1, Row::without_event(self.rows[at].events.end, RowKind::Pause(gaps[at])));
            }
        }
    }

    /// Who still waits at the end gets a row each, if the end is in the picture.
    fn add_open_waits(&mut self, story: &Story<'_>) {
        let all = story.events().len();
        if self.rows.last().is_none_or(|row| row.events.end != all) && all > 0 && self.outside > 0 {
            return;
        }
        let open: Vec<usize> = (0..story.waits.len()).filter(|wait| story.is_open(&story.waits[*wait])).collect();
        let idle = story.recording.ended.saturating_sub(story.at(all.saturating_sub(1)));
        if idle > 0 && !open.is_empty() && !matches!(self.rows.last().map(|r| &r.kind), Some(RowKind::Bundle(_))) {
            self.rows.push(Row::without_event(all, RowKind::Pause(idle)));
        }
        // Of those who share a lane, one speaks for all.
        let mut spoken = Vec::new();
        for wait in open {
            let whose = (story.waits[wait].lane, story.waits[wait].sends);
            if !spoken.contains(&whose) {
                spoken.push(whose);
                self.rows.push(Row::without_event(all, RowKind::Open(wait)));
            }
        }
    }
}

impl Row {
    fn one(event: usize) -> Row {
        Row { events: event..event + 1, count: 1, kind: RowKind::One }
    }

    fn without_event(before: usize, kind: RowKind) -> Row {
        Row { events: before..before, count: 0, kind }
    }
}

fn gap(story: &Story<'_>, above: &Row, below: &Row) -> u64 {
    story.at(below.events.start).saturating_sub(story.at(above.events.end.saturating_sub(1)))
}

fn has_height(story: &Story<'_>, row: &Row) -> bool {
    !matches!(row.kind, RowKind::One) || takes_a_row(story.events()[row.events.start].what)
}

/// Whether an event's lanes are in the picture.
pub(crate) fn is_drawn(cast: &Cast, event: &Event) -> bool {
    let handle = event.handle == NO_HANDLE || cast.handle(event.handle).is_some();
    handle && cast.channel(event.channel).is_some()
}

/// Repetitions folded: each event gets a number by what it looks like, then patterns of such numbers are looked for.
fn fold(story: &Story<'_>, drawn: &[usize]) -> Vec<Row> {
    let mut known: HashMap<(What, Option<usize>, Option<usize>), u32> = HashMap::new();
    let looks: Vec<u32> = drawn
        .iter()
        .map(|number| {
            let event = &story.events()[*number];
            let looks = (event.what, story.cast.handle(event.handle), story.cast.channel(event.channel));
            let next = known.len() as u32;
            *known.entry(looks).or_insert(next)
        })
        .collect();
    let mut rows = Vec::new();
    let mut at = 0;
    while at < drawn.len() {
        let (length, times) = pattern(&looks[at..]);
        rows.extend(drawn[at..at + length].iter().map(|number| Row::one(*number)));
        if times > 1 {
            let rounds: Vec<u64> = (0..times).map(|round| story.at(drawn[at + round * length])).collect();
            let mut lengths: Vec<u64> = rounds.windows(2).map(|pair| pair[1].saturating_sub(pair[0])).collect();
            lengths.sort_unstable();
            let hidden = drawn[at + length]..drawn[at + length * times - 1] + 1;
            let median = lengths[lengths.len() / 2];
            let count = (length * (times - 1)) as u64;
            rows.push(Row {
                events: hidden,
                count,
                kind: RowKind::Again { rows: length, times: times as u64 - 1, median },
            });
        }
        at += length * times;
    }
    rows
}

/// The pattern that begins here and covers most, as its length and how often it comes; one event once if there is none.
fn pattern(looks: &[u32]) -> (usize, usize) {
    let mut best = (1, 1);
    for length in 1..=LONGEST_PATTERN.min(looks.len() / LEAST_TIMES) {
        let same = looks[length..].iter().zip(looks).take_while(|(later, earlier)| later == earlier).count();
        let times = 1 + same / length;
        if times >= LEAST_TIMES && times * length > best.0 * best.1 + length {
            best = (length, times);
        }
    }
    best
}

/// All in a few rows of equal numbers of events.
fn bundle(story: &Story<'_>, drawn: &[usize]) -> Vec<Row> {
    let size = drawn.len().div_ceil(BUNDLES).max(1);
    drawn
        .chunks(size)
        .map(|some| {
            let events = some[0]..some[some.len() - 1] + 1;
            let sheaves = sheaves(story, events.clone());
            Row { events, count: some.len() as u64, kind: RowKind::Bundle(sheaves) }
        })
        .collect()
}

fn sheaves(story: &Story<'_>, events: Range<usize>) -> Vec<Sheaf> {
    let mut counts: BTreeMap<(usize, bool, usize), (u64, u64)> = BTreeMap::new();
    for number in events {
        let event = &story.events()[number];
        let sends = match event.what {
            What::Sent | What::SentByPermit => true,
            What::Received => false,
            _ => continue,
        };
        if let (Some(lane), Some(channel)) = (story.cast.handle(event.handle), story.cast.channel(event.channel)) {
            let (count, waited) = counts.entry((channel, !sends, lane)).or_default();
            *count += 1;
            *waited = waited.saturating_add(story.wait_ended_by(number).map_or(0, |wait| story.duration(wait)));
        }
    }
    let sheaf = |((channel, receives, lane), (count, waited)): ((_, bool, _), _)| Sheaf {
        lane,
        channel,
        sends: !receives,
        count,
        waited,
    };
    counts.into_iter().map(sheaf).collect()
}
