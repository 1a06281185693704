//! What is new beside the events: who they are about, and what messages say.

use alloc::string::String;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use thalweg_recording::{Channel, Handle};

/// So many bytes of texts are kept at the most, and so many more may wait for the collector.
pub(super) const MOST_TEXT: usize = 16 << 20;

/// So much may wait for the collector before channels and clones that are made meanwhile are not recorded.
const MOST_NEWS: usize = 1 << 16;

/// What the collector has to know to understand the events. It is told before the first event that it is about.
pub(super) enum News {
    Channel(Channel),
    Handle(Handle),
    /// That handle has this name.
    Name(u32, String),
    /// The channel of that handle has this name.
    ChannelName(u32, String),
    /// That message, sent by that handle, has this text.
    Text(u32, u64, String),
    /// That handle went at this time, and its thread's ring had no room for it: who is not known to have gone is kept for ever.
    Gone(u32, u64),
}

/// Where it is put down, as long as somebody takes it from there.
pub(super) struct Board {
    is_read: AtomicBool,
    list: Mutex<List>,
}

struct List {
    news: Vec<News>,
    text_bytes: usize,
}

impl Board {
    pub(super) const fn new() -> Board {
        let list = List { news: Vec::new(), text_bytes: 0 };
        Board { is_read: AtomicBool::new(false), list: Mutex::new(list) }
    }

    fn list(&self) -> MutexGuard<'_, List> {
        // Nothing is done to it that could end halfway.
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Relaxed here and below: what is read too late, or too early, is about nothing that anybody asks for.
    pub(super) fn is_read(&self) -> bool {
        self.is_read.load(Ordering::Relaxed)
    }

    pub(super) fn is_read_from_now_on(&self) {
        self.is_read.store(true, Ordering::Relaxed);
    }

    /// What is there already is forgotten.
    pub(super) fn is_read_no_more(&self) {
        self.is_read.store(false, Ordering::Relaxed);
        drop(self.take());
    }

    /// Whether it may count on being understood, if anybody reads: the collector may be slower than a program that makes
    /// channels all the time, or held up by a disk, or by what it tells of a stall.
    pub(super) fn tell(&self, news: News) -> bool {
        if !self.is_read() {
            return true;
        }
        let mut list = self.list();
        if !list.has_room_for(&news) {
            return false;
        }
        if let News::Text(_, _, text) = &news {
            list.text_bytes += text.len();
        }
        list.news.push(news);
        true
    }

    pub(super) fn take(&self) -> Vec<News> {
        let mut list = self.list();
        list.text_bytes = 0;
        core::mem::take(&mut list.news)
    }
}

impl List {
    fn has_room_for(&self, news: &News) -> bool {
        match news {
            News::Text(_, _, text) => self.text_bytes + text.len() <= MOST_TEXT,
            News::Channel(_) => self.news.len() < MOST_NEWS,
            // A channel that was told of is kept until its handles have gone, so it has some.
            News::Handle(handle) => self.news.len() < MOST_NEWS || handle.ordinal == 1,
            // Of those that were told of there are not too many.
            News::Name(..) | News::ChannelName(..) | News::Gone(..) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use thalweg_recording::{Kind, Role};

    use super::*;

    /// A handle of a recorded channel that was cloned after the recording was told for ever.
    #[test]
    fn what_is_told_after_the_recording_is_not_kept() {
        let board = Board::new();
        board.is_read_from_now_on();
        board.tell(News::Name(1, String::new()));
        assert_eq!(board.take().len(), 1);
        board.tell(News::Name(1, String::new()));
        board.is_read_no_more();
        board.tell(News::Name(1, String::new()));
        assert_eq!(board.take().len(), 0);
    }

    /// While a report on a stall was written to a slow place they took all memory.
    #[test]
    fn texts_that_nobody_takes_are_bounded() {
        let board = Board::new();
        board.is_read_from_now_on();
        let text = "x".repeat(1 << 20);
        let told = |board: &Board| {
            let told = (0..20).filter(|message| board.tell(News::Text(1, *message, text.clone()))).count();
            assert_eq!(board.take().len(), told);
            told
        };
        assert_eq!(told(&board), MOST_TEXT / text.len());
        assert_eq!(told(&board), MOST_TEXT / text.len(), "what was taken has made room");
    }

    /// A program that made channels faster than they were looked at took all memory.
    #[test]
    fn channels_that_nobody_looks_at_are_bounded() {
        let board = Board::new();
        board.is_read_from_now_on();
        let handle = |ordinal| Handle { id: 2, channel: 1, role: Role::Sender, name: None, ordinal };
        let channel = || Channel { id: 1, kind: Kind::Mpmc, capacity: None, name: None, place: None };
        assert!((0..MOST_NEWS).all(|_| board.tell(News::Channel(channel()))));
        assert!(!board.tell(News::Channel(channel())) && !board.tell(News::Handle(handle(2))));
        assert!(board.tell(News::Handle(handle(1))) && board.tell(News::Gone(2, 0)));
        assert_eq!(board.take().len(), MOST_NEWS + 2);
        assert!(board.tell(News::Channel(channel())));
    }
}
