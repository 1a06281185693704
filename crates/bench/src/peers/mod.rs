//! One project a file, and which of them take part in which kind of channel.
//!
//! A project with separate types for bounded and unbounded channels has an adapter for each, of one name. The order is
//! that of the columns; ours is the last.

mod async_channel;
mod asyncband;
mod crossbeam;
mod crossfire;
mod flume;
mod futures;
mod kanal;
mod loole;
mod others;
mod postage;
mod std;
mod tachyonix;
mod thalweg;
mod thingbuf;
mod tokio;

use crate::channel::{Visit, VisitBlocking, VisitMixed};
use crate::families::broadcast::VisitBroadcast;
use crate::families::oneshot::VisitOnce;
use crate::families::watch::VisitWatch;
use crate::message::Message;

/// What was resolved when this was built.
const LOCK: &str = include_str!("../../../../Cargo.lock");

/// Whose versions a report names.
pub(crate) const PROJECTS: [&str; 16] = [
    "kanal",
    "crossfire",
    "async-channel",
    "flume",
    "loole",
    "asyncband",
    "postage",
    "tokio",
    "tachyonix",
    "thingbuf",
    "futures-channel",
    "async-broadcast",
    "oneshot",
    "async-oneshot",
    "crossbeam-channel",
    "thalweg",
];

/// The version of a project that is built in; none for the standard library.
pub(crate) fn version(name: &str) -> &'static str {
    let name = name.split(' ').next().unwrap_or(name);
    let entry = LOCK.split(&format!("name = \"{name}\"\nversion = \"")).nth(1);
    entry.and_then(|rest| rest.split('"').next()).unwrap_or("")
}

/// Many producers, many consumers.
pub(crate) fn mpmc<T: Message>(visit: &mut impl Visit<T>) {
    visit.channel::<kanal::Async>();
    visit.channel::<crossfire::Bounded>();
    visit.channel::<crossfire::Unbounded>();
    visit.channel::<async_channel::Channel>();
    visit.channel::<flume::Channel>();
    visit.channel::<loole::Channel>();
    visit.channel::<asyncband::Bounded>();
    visit.channel::<asyncband::Unbounded>();
    visit.channel::<postage::Dispatch>();
    visit.channel::<thalweg::Mpmc>();
}

/// Many producers, one consumer: all that can be used so, each by its own form for it where it has one.
pub(crate) fn mpsc<T: Message>(visit: &mut impl Visit<T>) {
    visit.channel::<kanal::Async>();
    visit.channel::<crossfire::MpscBounded>();
    visit.channel::<crossfire::MpscUnbounded>();
    visit.channel::<async_channel::Channel>();
    visit.channel::<flume::Channel>();
    visit.channel::<loole::Channel>();
    visit.channel::<asyncband::MpscBounded>();
    visit.channel::<asyncband::MpscUnbounded>();
    visit.channel::<postage::Mpsc>();
    visit.channel::<tokio::Bounded>();
    visit.channel::<tokio::Unbounded>();
    visit.channel::<tachyonix::Channel>();
    visit.channel::<thingbuf::Channel>();
    visit.channel::<futures::Bounded>();
    visit.channel::<futures::Unbounded>();
    visit.channel::<thalweg::Mpsc>();
    visit.channel::<thalweg::MpscUnbounded>();
}

/// Between threads.
pub(crate) fn blocking<T: Message>(visit: &mut impl VisitBlocking<T>) {
    visit.channel::<kanal::Blocking>();
    visit.channel::<crossfire::Blocking>();
    visit.channel::<crossfire::BlockingUnbounded>();
    visit.channel::<async_channel::Channel>();
    visit.channel::<flume::Channel>();
    visit.channel::<loole::Channel>();
    visit.channel::<tokio::Bounded>();
    visit.channel::<tokio::Unbounded>();
    visit.channel::<crossbeam::Channel>();
    visit.channel::<std::Bounded>();
    visit.channel::<std::Unbounded>();
    visit.channel::<thalweg::Mpmc>();
}

/// From a thread to a task, and from a task to a thread.
pub(crate) fn mixed<T: Message>(visit: &mut impl VisitMixed<T>) {
    visit.to_task::<kanal::ToTask>();
    visit.to_task::<crossfire::ToTask>();
    visit.to_task::<crossfire::Unbounded>();
    visit.to_task::<async_channel::Channel>();
    visit.to_task::<flume::Channel>();
    visit.to_task::<loole::Channel>();
    visit.to_task::<tokio::Bounded>();
    visit.to_task::<tokio::Unbounded>();
    visit.to_task::<thalweg::Mpmc>();
    visit.to_thread::<kanal::ToThread>();
    visit.to_thread::<crossfire::ToThread>();
    visit.to_thread::<crossfire::BlockingUnbounded>();
    visit.to_thread::<async_channel::Channel>();
    visit.to_thread::<flume::Channel>();
    visit.to_thread::<loole::Channel>();
    visit.to_thread::<tokio::Bounded>();
    visit.to_thread::<tokio::Unbounded>();
    visit.to_thread::<thalweg::Mpmc>();
}

/// One message.
pub(crate) fn oneshot(visit: &mut impl VisitOnce) {
    visit.channel::<others::Oneshot>();
    visit.channel::<others::AsyncOneshot>();
    visit.channel::<crossfire::Oneshot>();
    visit.channel::<asyncband::Oneshot>();
    visit.channel::<futures::Oneshot>();
    visit.channel::<tokio::Oneshot>();
    visit.channel::<thalweg::Oneshot>();
}

/// Every message to every receiver, none lost.
pub(crate) fn broadcast(visit: &mut impl VisitBroadcast) {
    visit.channel::<postage::Broadcast>();
    visit.channel::<others::AsyncBroadcast>();
    visit.channel::<asyncband::Broadcast>();
    visit.channel::<tokio::Broadcast>();
    visit.channel::<thalweg::Broadcast>();
}

/// Only the newest value.
pub(crate) fn watch(visit: &mut impl VisitWatch) {
    visit.channel::<postage::Watch>();
    visit.channel::<asyncband::Watch>();
    visit.channel::<tokio::Watch>();
    visit.channel::<thalweg::Watch>();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_known() {
        assert_eq!(version("thalweg"), "0.1.0");
        assert_eq!(version("tokio (paced)"), version("tokio"));
        assert_eq!(version("std"), "");
        assert!(PROJECTS.iter().all(|name| !version(name).is_empty()));
    }
}
