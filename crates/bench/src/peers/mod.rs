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

use crate::channel::{Named, Visit, VisitBlocking, VisitMixed};
use crate::families::broadcast::VisitBroadcast;
use crate::families::oneshot::VisitOnce;
use crate::families::watch::VisitWatch;
use crate::message::Message;

/// Everybody.
pub(crate) const ALL: [Named; 18] = [
    kanal::NAMED,
    crossfire::NAMED,
    async_channel::NAMED,
    flume::NAMED,
    loole::NAMED,
    asyncband::NAMED,
    postage::NAMED,
    tokio::NAMED,
    tachyonix::NAMED,
    thingbuf::NAMED,
    futures::NAMED,
    others::ASYNC_BROADCAST,
    others::ONESHOT,
    others::ASYNC_ONESHOT,
    crossbeam::NAMED,
    std::NAMED,
    tokio::PACED,
    thalweg::NAMED,
];

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
    use super::ALL;

    /// The versions in the tables are those that were built.
    #[test]
    fn versions_are_the_ones_that_are_built() {
        let lock = include_str!("../../../../Cargo.lock");
        for named in ALL.iter().filter(|named| named.name != "std") {
            let package = named.name.split(' ').next().unwrap_or(named.name);
            let entry = format!("name = \"{package}\"\nversion = \"{}\"\n", named.version);
            assert!(lock.contains(&entry), "{package} is not built at version {}", named.version);
        }
    }
}
