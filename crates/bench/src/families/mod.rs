//! What is measured: each family asks one kind of question in many cells.

mod blocking;
pub(crate) mod broadcast;
mod fairness;
mod limits;
mod lives;
pub(crate) mod memory;
mod mixed;
pub(crate) mod oneshot;
mod pairs;
mod pingpong;
mod scaling;
mod storm;
mod streams;
pub(crate) mod watch;

use crate::cell::{Cell, Plan};

pub(crate) struct Family {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) cells: fn(Plan) -> Vec<Cell>,
}

/// In the order of the report.
pub(crate) const ALL: [Family; 15] = [
    Family { name: "limits", about: "what this machine can do at best", cells: limits::cells },
    Family { name: "mpmc", about: "streams, many producers, many consumers", cells: streams::mpmc },
    Family { name: "mpsc", about: "streams, many producers, one consumer", cells: streams::mpsc },
    Family { name: "payload", about: "streams of larger messages", cells: streams::payload },
    Family { name: "pair", about: "a send and a receive of one task, nobody else", cells: pairs::cells },
    Family { name: "create", about: "channels and handles made and dropped", cells: lives::cells },
    Family { name: "pingpong", about: "a message there and one back", cells: pingpong::cells },
    Family { name: "blocking", about: "streams between threads", cells: blocking::cells },
    Family { name: "mixed", about: "streams between a thread and a task", cells: mixed::cells },
    Family { name: "oneshot", about: "one message a channel", cells: oneshot::cells },
    Family { name: "broadcast", about: "every message to every receiver, none lost", cells: broadcast::cells },
    Family { name: "watch", about: "only the newest value", cells: watch::cells },
    Family { name: "storm", about: "every second operation dropped after one poll", cells: storm::cells },
    Family { name: "fairness", about: "eight receivers on one channel of capacity 16", cells: fairness::cells },
    Family { name: "scaling", about: "more tasks, more channels", cells: scaling::cells },
];

/// What a family asks.
pub(crate) fn about(name: &str) -> &'static str {
    ALL.iter().find(|family| family.name == name).map_or(memory::ABOUT, |family| family.about)
}
