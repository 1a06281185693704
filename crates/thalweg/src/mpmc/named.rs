//! Handles have names in recordings, and messages texts (feature `record`).

use super::receiver::Receiver;
use super::sender::Sender;
use crate::channel::Handle;
use crate::record::{Recorded, Texts, Told};

impl<T> Recorded for Sender<T> {
    fn id(&self) -> u32 {
        self.channel.via().by().id()
    }
}

impl<T> Recorded for Receiver<T> {
    fn id(&self) -> u32 {
        self.channel.via().by().id()
    }
}

impl<T> Told for Sender<T> {
    type Message = T;

    fn texts(&self) -> Option<&Texts<T>> {
        self.channel.texts()
    }
}
