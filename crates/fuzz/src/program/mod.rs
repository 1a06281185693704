//! The programs: one for channels whose messages go to one receiver each, over three dialects, and one for each other
//! kind.

pub(crate) mod broadcast;
pub(crate) mod mpmc;
pub(crate) mod mpsc;
pub(crate) mod oneshot;
pub(crate) mod queue;
pub(crate) mod watch;

use crate::bytes::Bytes;
use crate::task::{MANY, Manner, Tasks, Turn};
use crate::token::Token;

/// What a program does with its tasks; the rest of its steps is its own.
pub(crate) trait Program {
    type Output;
    type Note: Clone;

    fn tasks(&mut self) -> &mut Tasks<Self::Output, Self::Note>;

    /// A task is done: the model does the same, or fails.
    fn done(&mut self, output: Self::Output, note: Self::Note);

    /// A task was given up.
    fn cancelled(&mut self, message: Option<Token>, note: Self::Note);

    /// A task was polled, or a handle went: handles may have gone.
    fn look_around(&mut self);

    /// All tasks were run and none is woken: who waits, must.
    fn at_rest(&mut self);

    fn turn(&mut self, bytes: &mut Bytes<'_>) {
        match Turn::read(bytes, self.tasks()) {
            None => {}
            Some(Turn::Poll { place, fresh }) => self.poll(place, fresh),
            Some(Turn::Run(manner)) => {
                if let Some(place) = self.tasks().place_of(manner).filter(|_| manner == Manner::Restless) {
                    self.poll(place, true);
                }
                self.run_all(Some(manner));
            }
            Some(Turn::Settle) => {
                self.run_all(None);
                self.at_rest();
            }
            Some(Turn::Cancel(place)) => {
                let (message, note) = self.tasks().cancel(place);
                self.cancelled(message, note);
                self.look_around();
            }
        }
    }

    fn poll(&mut self, place: usize, fresh: bool) {
        if let Some((output, note)) = self.tasks().poll(place, fresh) {
            self.done(output, note);
        }
        self.look_around();
    }

    fn run_all(&mut self, of: Option<Manner>) {
        for _ in 0..MANY {
            let Some(place) = self.tasks().due(of) else { return };
            self.poll(place, false);
        }
        panic!("the tasks wake each other for ever");
    }
}
