//! Handles have names in recordings (feature `record`).

use super::receiver::Receiver;
use super::sender::Sender;
use crate::record::Recorded;

impl<T> Recorded for Sender<T> {
    fn id(&self) -> u32 {
        self.end.gate().pair.sender_by().id()
    }
}

impl<T> Recorded for Receiver<T> {
    fn id(&self) -> u32 {
        self.wait.by().id()
    }
}
