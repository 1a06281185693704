//! Slices of a Chrome trace: of one thread, one ends before another begins, or lies within it. Perfetto leaves out those that
//! overlap otherwise. Both it and Chrome count in floating point, in which an end and a beginning at one time can overlap: so all
//! end a little earlier.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::story::Story;

/// A flow hangs on a slice, and a slice of no length is not shown. Nanoseconds.
const MOVE: u64 = 50;

/// The threads of a trace: one for each handle, and more for one at which several wait at a time.
pub(crate) struct Slices {
    /// When something begins or ends, by handle, in order.
    edges: HashMap<u32, Vec<u64>>,
    /// Where a wait begins, by handle and time.
    begins: HashSet<(u32, u64)>,
    /// The thread of each wait, in the order of the story's.
    threads: Vec<u64>,
    /// Those that are added, with the handle that each is of and its number there.
    pub(crate) added: BTreeMap<u64, (u32, usize)>,
}

impl Slices {
    pub(crate) fn new(story: &Story<'_>) -> Slices {
        let handle = |event: usize| story.events()[event].handle;
        let mut edges: HashMap<u32, Vec<u64>> = HashMap::new();
        (0..story.events().len()).for_each(|event| edges.entry(handle(event)).or_default().push(story.at(event)));
        story.waits.iter().for_each(|wait| edges.entry(handle(wait.from)).or_default().push(story.at(wait.to)));
        edges.values_mut().for_each(|edges| edges.sort_unstable());
        let begins = story.waits.iter().map(|wait| (handle(wait.from), story.at(wait.from))).collect();
        let mut slices = Slices { edges, begins, threads: vec![0; story.waits.len()], added: BTreeMap::new() };
        slices.place(story);
        slices
    }

    /// Gives each wait the first thread of its handle on which it does not overlap.
    fn place(&mut self, story: &Story<'_>) {
        let time = |wait: usize| (story.at(story.waits[wait].from), story.at(story.waits[wait].to));
        let mut order: Vec<usize> = (0..story.waits.len()).collect();
        order.sort_by_key(|wait| (time(*wait).0, u64::MAX - time(*wait).1));
        let mut free = u64::from(story.recording.handles.iter().map(|handle| handle.id).max().unwrap_or(0)) + 1;
        // By handle the threads, each with the ends of what goes on there, one within the other.
        let mut open: HashMap<u32, Vec<(u64, Vec<u64>)>> = HashMap::new();
        for wait in order {
            let (from, to) = time(wait);
            let handle = story.events()[story.waits[wait].from].handle;
            let threads = open.entry(handle).or_insert_with(|| vec![(u64::from(handle), Vec::new())]);
            let fits = |(_, ends): &mut (u64, Vec<u64>)| {
                while ends.pop_if(|end| *end <= from).is_some() {}
                ends.last().is_none_or(|end| to < *end)
            };
            let at = threads.iter_mut().position(fits).unwrap_or_else(|| {
                threads.push((free, Vec::new()));
                self.added.insert(free, (handle, threads.len()));
                free += 1;
                threads.len() - 1
            });
            threads[at].1.push(to);
            self.threads[wait] = threads[at].0;
        }
    }

    pub(crate) fn thread(&self, wait: usize) -> u64 {
        self.threads[wait]
    }

    /// How long a wait is drawn.
    pub(crate) fn waits_for(duration: u64) -> u64 {
        duration.saturating_sub(1)
    }

    /// How long a message's coming or going at that time is drawn: not into what comes next.
    pub(crate) fn moves_for(&self, handle: u32, at: u64) -> u64 {
        let Some(edges) = self.edges.get(&handle) else { return MOVE };
        if self.begins.contains(&(handle, at)) {
            return 0;
        }
        // Before the end of a wait that it may be in.
        let next = edges.get(edges.partition_point(|edge| *edge <= at));
        next.map_or(MOVE, |next| (next - at).saturating_sub(2).min(MOVE))
    }
}
