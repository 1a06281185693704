//! One message, once.

use std::cell::RefCell;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;

use thalweg::oneshot::{self, Receiver, Sender, error::TryRecvError};

use super::Program;
use crate::bytes::Bytes;
use crate::task::{MANNERS, Tasks};
use crate::token::{Ledger, Token};

enum Output {
    Received(Result<Token, ()>),
    ClosedSeen,
}

#[derive(Clone, Copy, PartialEq)]
enum Note {
    Recv,
    Closed,
}

type Lent<H> = Rc<RefCell<Option<H>>>;

struct Run {
    tx: Lent<Sender<Token>>,
    rx: Lent<Receiver<Token>>,
    /// What lies in it.
    message: Option<usize>,
    /// Nothing can be sent any more: the sender is gone, or told that nobody listens.
    shut: bool,
    /// The receiver has told its end.
    ended: bool,
    ledger: Ledger,
    tasks: Tasks<Output, Note>,
}

/// One channel after the other: each is soon over.
pub(crate) fn run(bytes: &mut Bytes<'_>) {
    while !bytes.is_at_end() {
        one(bytes);
    }
}

fn one(bytes: &mut Bytes<'_>) {
    let (tx, rx) = oneshot::channel();
    let share = |tx, rx| (Rc::new(RefCell::new(Some(tx))), Rc::new(RefCell::new(Some(rx))));
    let (tx, rx) = share(tx, rx);
    let (ledger, tasks) = (Ledger::default(), Tasks::new());
    let mut run = Run { tx, rx, message: None, shut: false, ended: false, ledger, tasks };
    while !run.is_over() {
        let Some(step) = bytes.next() else { break };
        run.step(step, bytes);
        run.look_around();
    }
    run.run_all(None);
    run.at_rest();
    while run.tasks.len() > 0 {
        drop(run.tasks.cancel(0));
    }
    (*run.tx.borrow_mut(), *run.rx.borrow_mut()) = (None, None);
    run.tasks.assert_no_waker_left();
    run.ledger.assert_all_gone();
}

impl Run {
    fn step(&mut self, step: u8, bytes: &mut Bytes<'_>) {
        match step % 12 {
            0 if bytes.chance(3) => self.send(),
            1 => self.try_recv(),
            2 if bytes.chance(3) => {
                self.only(Note::Closed);
                drop(self.tx.borrow_mut().take());
            }
            3 if bytes.chance(3) => {
                self.only(Note::Recv);
                drop(self.rx.borrow_mut().take());
            }
            4 if bytes.chance(3) => {
                self.only(Note::Recv);
                if let Some(rx) = &mut *self.rx.borrow_mut() {
                    rx.close();
                    self.shut |= self.tx.borrow().is_some();
                }
            }
            5 | 6 if !self.ended => {
                let rx = self.rx.clone();
                // Each polls the same receiver: the last one's waker counts.
                let wait = poll_fn(move |cx| match &mut *rx.borrow_mut() {
                    Some(end) if !end.is_terminated() => {
                        Pin::new(end).poll(cx).map(|result| Output::Received(result.map_err(drop)))
                    }
                    _ => Poll::Ready(Output::Received(Err(()))),
                });
                self.only(Note::Recv);
                self.tasks.spawn(MANNERS[bytes.below(4)], None, Box::pin(wait), Note::Recv);
            }
            7 => {
                let tx = self.tx.clone();
                let wait = poll_fn(move |cx| match &mut *tx.borrow_mut() {
                    Some(end) => end.poll_closed(cx).map(|()| Output::ClosedSeen),
                    None => Poll::Ready(Output::ClosedSeen),
                });
                self.only(Note::Closed);
                self.tasks.spawn(MANNERS[bytes.below(4)], None, Box::pin(wait), Note::Closed);
            }
            _ => self.turn(bytes),
        }
    }

    /// Whether nothing can happen to it any more.
    fn is_over(&self) -> bool {
        self.tx.borrow().is_none() && (self.ended || self.rx.borrow().is_none())
    }

    /// Gives up the task of this kind, as whoever uses its handle otherwise, or polls anew, must have done.
    fn only(&mut self, note: Note) {
        let place = self.tasks.notes().position(|other| *other == note);
        drop(place.map(|place| self.tasks.cancel(place)));
    }

    fn send(&mut self) {
        self.only(Note::Closed);
        let Some(tx) = self.tx.borrow_mut().take() else { return };
        let message = self.ledger.token();
        let id = message.id();
        let may = !self.shut && self.rx.borrow().is_some();
        match tx.send(message) {
            Ok(()) => {
                assert!(may, "sent to nobody");
                self.message = Some(id);
            }
            Err(back) => assert_eq!((back.id(), may), (id, false)),
        }
    }

    fn received(&mut self, result: Result<Token, ()>) {
        match result {
            Ok(message) => assert_eq!(self.message.take(), Some(message.id())),
            Err(()) => assert!(self.message.is_none() && (self.shut || self.ended || self.rx.borrow().is_none())),
        }
        self.ended = true;
    }

    fn try_recv(&mut self) {
        self.only(Note::Recv);
        let result = match &mut *self.rx.borrow_mut() {
            Some(rx) => rx.try_recv(),
            None => return,
        };
        match result {
            Err(TryRecvError::Empty) => assert!(self.message.is_none() && !self.shut && !self.ended),
            Err(TryRecvError::Closed) => self.received(Err(())),
            Ok(message) => self.received(Ok(message)),
        }
    }
}

impl Program for Run {
    type Output = Output;
    type Note = Note;

    fn tasks(&mut self) -> &mut Tasks<Output, Note> {
        &mut self.tasks
    }

    fn done(&mut self, output: Output, _: Note) {
        match output {
            Output::Received(result) => self.received(result),
            Output::ClosedSeen => {
                let gone = self.tx.borrow().is_none() || self.rx.borrow().is_none();
                assert!(gone || self.shut || self.ended);
            }
        }
    }

    fn cancelled(&mut self, _: Option<Token>, _: Note) {}

    fn look_around(&mut self) {
        let (tx, rx) = (self.tx.borrow(), self.rx.borrow());
        self.shut |= tx.is_none() || rx.is_none();
        if let Some(id) = self.message.take_if(|_| rx.is_none()) {
            assert_eq!(self.ledger.live(id), 0, "it outlived the receiver");
        }
        if let Some(rx) = &*rx {
            assert_eq!((rx.is_empty(), rx.is_terminated()), (self.message.is_none(), self.ended));
        }
        if let Some(tx) = &*tx {
            assert_eq!(tx.is_closed(), self.shut);
        }
    }

    fn at_rest(&mut self) {
        for note in self.tasks.notes() {
            match note {
                Note::Recv => assert!(self.message.is_none() && !self.shut && !self.ended, "asleep beside the end"),
                Note::Closed => assert!(!self.shut && self.tx.borrow().is_some(), "nobody told of the end"),
            }
        }
    }
}
