//! Which events are drawn.

use std::ops::Range;

use thalweg_recording::What;

use crate::options::{Options, Part};
use crate::say;
use crate::story::{Story, Wait};

/// So many events are shown before and after what a window is about.
const AROUND: usize = 9;
/// More messages than these are not drawn unasked.
const MOST_MESSAGES: u64 = 200;

/// Ranges of events, in order, that do not touch; what lies between is left out and marked.
#[derive(Debug)]
pub(crate) struct Window {
    pub(crate) ranges: Vec<Range<usize>>,
    /// What it shows, where that is not everything.
    pub(crate) about: String,
}

impl Window {
    pub(crate) fn new(story: &Story<'_>, options: &Options) -> Window {
        let all = story.events().len();
        let between = |from: u64, to: u64| {
            // A file that was cut does not say when the run ended.
            let (events, ended) = (story.events(), story.recording.ended.max(story.at(all.saturating_sub(1))));
            if from > ended {
                let about = format!("the run ended at {}, before {}", say::time(ended), say::time(from));
                return Window::of(None, about);
            }
            let range = events.partition_point(|event| event.at < from)..events.partition_point(|event| event.at <= to);
            let times = format!("{} to {}", say::time(from), say::time(to.min(ended)));
            if range.is_empty() && !events.is_empty() {
                // What those wait for who wait then is told by what is before and after.
                let (before, after) = (range.start.saturating_sub(1), range.start.min(all - 1));
                return Window::of(ends(story, before, after), format!("around {times}, in which nothing happened"));
            }
            Window::of(Some(range), format!("from {times}"))
        };
        match options.part {
            Part::All => Window::whole(all),
            Part::Auto => Window::automatic(story, options),
            Part::Time { from, to } => between(from, to),
            Part::Last(time) => between(story.recording.ended.saturating_sub(time), story.recording.ended),
            Part::Messages { first, last } => match story.events_of(first, last) {
                Some((low, high)) => {
                    Window::of(Some(low..high + 1), format!("messages {} to {}", say::count(first), say::count(last)))
                }
                None => Window::of(None, "no message has such a number".to_owned()),
            },
            Part::LongestWait => Window::longest_wait(story),
            Part::Stall => Window::stall(story).map_or_else(|| Window::longest_wait(story), |(window, _)| window),
        }
    }

    fn of(ranges: impl IntoIterator<Item = Range<usize>>, about: String) -> Window {
        let ranges = ranges.into_iter().filter(|range| !range.is_empty()).collect();
        Window { ranges, about }
    }

    fn whole(events: usize) -> Window {
        Window::of(Some(0..events), String::new())
    }

    fn automatic(story: &Story<'_>, options: &Options) -> Window {
        let all = story.events().len();
        let rows = story.events().iter().filter(|event| takes_a_row(event.what)).count();
        if story.message_count() <= MOST_MESSAGES && rows <= options.rows {
            return Window::whole(all);
        }
        match Window::stall(story) {
            Some((window, share)) if share > 0.1 => window,
            _ => Window::longest_wait(story),
        }
    }

    /// Around the longest wait; that of a send where it is not far behind, since what a receiver waits for may be the
    /// right thing to wait for.
    fn longest_wait(story: &Story<'_>) -> Window {
        let first = story.events().iter().position(|event| event.what == What::Received).unwrap_or(usize::MAX);
        let longest = |sends: bool| {
            let counts = move |wait: &&Wait| wait.sends == sends && (sends || wait.from > first);
            story.waits.iter().filter(counts).max_by_key(|wait| story.duration(wait))
        };
        let longest = match (longest(true), longest(false)) {
            (Some(send), Some(receive)) if story.duration(send) * 4 < story.duration(receive) => Some(receive),
            (Some(send), _) => Some(send),
            (None, receive) => receive,
        };
        let Some(wait) = longest.or(story.waits.iter().max_by_key(|wait| story.duration(wait))) else {
            return Window::of(ends(story, 0, 4 * AROUND), "the beginning, as nobody ever waited".to_owned());
        };
        let who = &story.cast.lanes[wait.lane].title;
        let about = format!("around the longest wait: {who}, {}", say::time(story.duration(wait)));
        Window::of(ends(story, wait.from, wait.to), about)
    }

    /// Around the longest time in which somebody waited and no message moved, with its share of the whole.
    fn stall(story: &Story<'_>) -> Option<(Window, f64)> {
        let moves = |what| matches!(what, What::Sent | What::SentByPermit | What::Received);
        let mut moved: Vec<usize> =
            (0..story.events().len()).filter(|number| moves(story.events()[*number].what)).collect();
        moved.push(story.events().len());
        let mut gaps: Vec<(u64, usize, usize)> = moved
            .windows(2)
            .map(|pair| (story.at(pair[1]).saturating_sub(story.at(pair[0])), pair[0], pair[1]))
            .collect();
        gaps.sort();
        let typical = gaps.get(gaps.len() / 2)?.0;
        let waits =
            |from, to| story.waits.iter().any(|wait| wait.from < to && wait.to >= to && wait.from <= from + AROUND);
        let (gap, from, to) = gaps.into_iter().rev().take(64).find(|(_, from, to)| waits(*from, *to))?;
        if gap < typical.saturating_mul(8) {
            return None;
        }
        let share = gap as f64 / story.recording.ended.max(1) as f64;
        let about = format!("around the longest standstill: {}, {} of the run", say::time(gap), percent(share));
        Some((Window::of(ends(story, from, to), about), share))
    }
}

fn percent(share: f64) -> String {
    say::share((share * 1e6) as u64, 1_000_000)
}

/// What happens around two events, and between them if that is not much.
fn ends(story: &Story<'_>, from: usize, to: usize) -> Vec<Range<usize>> {
    let all = story.events().len();
    let head = from.saturating_sub(AROUND)..(from + 2 * AROUND).min(all);
    let tail = to.saturating_sub(2 * AROUND)..(to + AROUND).min(all);
    if head.end + AROUND >= tail.start {
        Vec::from_iter(Some(head.start.min(tail.start)..tail.end.max(head.end)))
    } else {
        vec![head, tail]
    }
}

/// Whether an event is drawn in a row of its own, with a label.
pub(crate) fn takes_a_row(what: What) -> bool {
    !matches!(what, What::Created | What::Cloned | What::Dropped | What::SendWaits | What::ReceiveWaits | What::Woken)
}
