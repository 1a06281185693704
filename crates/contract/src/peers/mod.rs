//! Who is looked at: a file a project, in the order of the columns.

mod async_broadcast;
mod async_channel;
mod async_oneshot;
mod asyncband;
mod crossbeam;
mod crossfire;
mod flume;
mod futures;
mod kanal;
mod loole;
mod oneshot;
mod postage;
mod std;
mod tachyonix;
mod thingbuf;
mod tokio;

use crate::column::Column;
use crate::{broadcast, oneshot as once, stream};

pub(crate) fn columns() -> Vec<Column> {
    vec![
        stream::column::<async_channel::Channel>(),
        stream::column::<asyncband::Mpmc>(),
        stream::column::<crossfire::Mpmc>(),
        stream::column::<flume::Channel>(),
        stream::column::<kanal::Channel>(),
        stream::column::<loole::Channel>(),
        stream::column::<postage::Dispatch>(),
        stream::column::<asyncband::Mpsc>(),
        stream::column::<crossfire::Mpsc>(),
        stream::column::<futures::Mpsc>(),
        stream::column::<postage::Mpsc>(),
        stream::column::<tachyonix::Channel>(),
        stream::column::<thingbuf::Channel>(),
        stream::column::<tokio::Mpsc>(),
        stream::column::<crossbeam::Channel>(),
        stream::column::<std::Channel>(),
        once::column::<async_oneshot::Oneshot>(),
        once::column::<asyncband::Oneshot>(),
        once::column::<crossfire::Oneshot>(),
        once::column::<futures::Oneshot>(),
        once::column::<oneshot::Oneshot>(),
        once::column::<postage::Oneshot>(),
        once::column::<tokio::Oneshot>(),
        broadcast::column::<async_broadcast::Broadcast>(),
        broadcast::column::<asyncband::Broadcast>(),
        broadcast::column::<postage::Broadcast>(),
        broadcast::column::<tokio::Broadcast>(),
    ]
}
