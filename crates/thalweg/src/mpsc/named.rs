//! Handles have names in recordings (feature `record`).

use super::receiver::Receiver;
use super::sender::Sender;
use super::unbounded::{UnboundedReceiver, UnboundedSender};
use crate::channel::Handle;
use crate::record::Recorded;

impl<T> Recorded for Sender<T> {
    fn id(&self) -> u32 {
        self.channel.via().by().id()
    }
}

impl<T> Recorded for UnboundedSender<T> {
    fn id(&self) -> u32 {
        self.channel.via().by().id()
    }
}

impl<T> Recorded for Receiver<T> {
    fn id(&self) -> u32 {
        self.channel.by().id()
    }
}

impl<T> Recorded for UnboundedReceiver<T> {
    fn id(&self) -> u32 {
        self.receiver.id()
    }
}
