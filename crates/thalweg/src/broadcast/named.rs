//! Handles have names in recordings (feature `record`).

use super::receiver::Receiver;
use super::sender::Sender;
use crate::record::Recorded;

impl<T, M> Recorded for Sender<T, M> {
    fn id(&self) -> u32 {
        self.presence.by().id()
    }
}

impl<T> Recorded for Receiver<T> {
    fn id(&self) -> u32 {
        self.place.wait.by().id()
    }
}
