//! The newest value: each receiver against the version it has seen.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use thalweg::watch::{self, Receiver, Sender};

use super::Program;
use crate::bytes::Bytes;
use crate::task::{MANNERS, Tasks};
use crate::token::{Ledger, Token};

struct Listener {
    rx: RefCell<Receiver<Token>>,
    /// `None`: whatever is there is new.
    seen: Cell<Option<usize>>,
}

struct Speaker {
    tx: Sender<Token>,
    _count: Rc<()>,
}

enum Output {
    Changed(bool),
    /// The message that it waited for, or that it will not come.
    Found(Option<usize>),
    Busy,
    ClosedSeen,
}

#[derive(Clone)]
enum Note {
    Changed(Rc<Listener>),
    /// Waits for a message whose number leaves this in a division by three.
    WaitFor(Rc<Listener>, usize),
    Closed,
}

struct Run {
    version: Rc<Cell<usize>>,
    value: usize,
    ledger: Ledger,
    tasks: Tasks<Output, Note>,
    txs: Vec<Rc<Speaker>>,
    rxs: Vec<Rc<Listener>>,
    /// One more than there are senders.
    senders: Rc<()>,
    listeners: Vec<std::rc::Weak<Listener>>,
}

pub(crate) fn run(bytes: &mut Bytes<'_>) {
    let ledger = Ledger::default();
    let (tx, rx) = watch::channel(ledger.token());
    let senders = Rc::new(());
    let mut run = Run {
        version: Rc::default(),
        value: 0,
        ledger,
        tasks: Tasks::new(),
        txs: vec![Rc::new(Speaker { tx, _count: senders.clone() })],
        rxs: Vec::new(),
        senders,
        listeners: Vec::new(),
    };
    run.listen(rx, Some(0));
    while let Some(step) = bytes.next() {
        run.step(step, bytes);
        run.look_around();
    }
    run.run_all(None);
    run.at_rest();
    while run.tasks.len() > 0 {
        drop(run.tasks.cancel(0));
    }
    (run.txs, run.rxs) = (Vec::new(), Vec::new());
    run.tasks.assert_no_waker_left();
    run.ledger.assert_all_gone();
}

impl Run {
    fn step(&mut self, step: u8, bytes: &mut Bytes<'_>) {
        match step % 14 {
            0..=2 => self.send(bytes),
            3 | 4 => self.look(bytes),
            5..=7 => self.start(bytes),
            8 => self.senders(bytes),
            9 => self.receivers(bytes),
            _ => self.turn(bytes),
        }
    }

    fn listen(&mut self, rx: Receiver<Token>, seen: Option<usize>) {
        let listener = Rc::new(Listener { rx: RefCell::new(rx), seen: Cell::new(seen) });
        self.listeners.push(Rc::downgrade(&listener));
        self.rxs.push(listener);
    }

    fn listening(&self) -> usize {
        self.listeners.iter().filter(|listener| listener.strong_count() > 0).count()
    }

    fn is_open(&self) -> bool {
        Rc::strong_count(&self.senders) > 1
    }

    fn change(&mut self, id: usize) {
        self.value = id;
        self.version.set(self.version.get() + 1);
    }

    fn send(&mut self, bytes: &mut Bytes<'_>) {
        let Some(speaker) = bytes.pick(&self.txs).cloned() else { return };
        let message = self.ledger.token();
        let id = message.id();
        match bytes.below(3) {
            0 => match speaker.tx.send(message) {
                Ok(()) => {
                    assert!(self.listening() > 0, "sent to nobody");
                    self.change(id);
                }
                Err(back) => assert_eq!((back.0.id(), self.listening()), (id, 0)),
            },
            1 => {
                assert_eq!(speaker.tx.send_replace(message).id(), self.value);
                self.change(id);
            }
            _ => {
                let tells = bytes.chance(2);
                let told = speaker.tx.send_if_modified(|value| {
                    if tells {
                        *value = message;
                    }
                    tells
                });
                assert_eq!(told, tells);
                if tells {
                    self.change(id);
                }
            }
        }
    }

    fn look(&mut self, bytes: &mut Bytes<'_>) {
        let Some(listener) = bytes.pick(&self.rxs).cloned() else { return };
        let Ok(mut rx) = listener.rx.try_borrow_mut() else { return };
        let version = self.version.get();
        let is_new = listener.seen.get() != Some(version);
        match bytes.below(5) {
            0 => {
                let value = rx.borrow();
                assert_eq!((value.id(), value.has_changed()), (self.value, is_new));
            }
            1 => {
                let value = rx.borrow_and_update();
                assert_eq!((value.id(), value.has_changed()), (self.value, is_new));
                listener.seen.set(Some(version));
            }
            2 => assert_eq!(rx.has_changed().ok(), self.is_open().then_some(is_new)),
            3 => {
                rx.mark_changed();
                listener.seen.set(None);
            }
            _ => {
                rx.mark_unchanged();
                listener.seen.set(Some(version));
            }
        }
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "lent for as long as the task waits")]
    fn start(&mut self, bytes: &mut Bytes<'_>) {
        let manner = MANNERS[bytes.below(4)];
        if bytes.chance(4) {
            let Some(speaker) = bytes.pick(&self.txs).cloned() else { return };
            let wait = async move {
                speaker.tx.closed().await;
                Output::ClosedSeen
            };
            return self.tasks.spawn(manner, None, Box::pin(wait), Note::Closed);
        }
        let Some(listener) = bytes.pick(&self.rxs).cloned() else { return };
        let (lent, rest) = (listener.clone(), bytes.below(6));
        if rest >= 3 {
            let wait = async move {
                let Ok(mut rx) = lent.rx.try_borrow_mut() else { return Output::Busy };
                Output::Changed(rx.changed().await.is_ok())
            };
            return self.tasks.spawn(manner, None, Box::pin(wait), Note::Changed(listener));
        }
        let version = self.version.clone();
        let wait = async move {
            let Ok(mut rx) = lent.rx.try_borrow_mut() else { return Output::Busy };
            let looked = |value: &Token| {
                lent.seen.set(Some(version.get()));
                value.id() % 3 == rest
            };
            Output::Found(rx.wait_for(looked).await.ok().map(|value| value.id()))
        };
        self.tasks.spawn(manner, None, Box::pin(wait), Note::WaitFor(listener, rest));
    }

    fn senders(&mut self, bytes: &mut Bytes<'_>) {
        if bytes.chance(2) {
            drop(bytes.place(self.txs.len()).map(|place| self.txs.remove(place)));
        } else if let Some(speaker) = bytes.pick(&self.txs) {
            let tx = speaker.tx.clone();
            self.txs.push(Rc::new(Speaker { tx, _count: self.senders.clone() }));
        }
    }

    fn receivers(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.below(3) {
            0 => {
                if let Some(rx) = bytes.pick(&self.txs).map(|speaker| speaker.tx.subscribe()) {
                    self.listen(rx, Some(self.version.get()));
                }
            }
            1 => {
                let Some(listener) = bytes.pick(&self.rxs).cloned() else { return };
                let rx = listener.rx.try_borrow().ok().map(|rx| rx.clone());
                if let Some(rx) = rx {
                    self.listen(rx, listener.seen.get());
                }
            }
            _ => drop(bytes.place(self.rxs.len()).map(|place| self.rxs.remove(place))),
        }
    }
}

impl Program for Run {
    type Output = Output;
    type Note = Note;

    fn tasks(&mut self) -> &mut Tasks<Output, Note> {
        &mut self.tasks
    }

    fn done(&mut self, output: Output, note: Note) {
        let version = Some(self.version.get());
        match (output, note) {
            (Output::Changed(true), Note::Changed(listener)) => {
                assert_ne!(listener.seen.replace(version), version, "told of nothing new");
            }
            (Output::Changed(false), Note::Changed(listener)) => {
                assert!(!self.is_open() && listener.seen.get() == version, "an end that is none");
            }
            (Output::Found(Some(id)), Note::WaitFor(listener, rest)) => {
                assert_eq!((id, id % 3, listener.seen.get()), (self.value, rest, version));
            }
            (Output::Found(None), Note::WaitFor(listener, rest)) => {
                assert!(!self.is_open() && self.value % 3 != rest && listener.seen.get() == version);
            }
            (Output::ClosedSeen, _) => assert_eq!(self.listening(), 0),
            (Output::Busy, _) => {}
            _ => unreachable!("an output of another task"),
        }
    }

    fn cancelled(&mut self, _: Option<Token>, _: Note) {}

    fn look_around(&mut self) {
        if let Some(speaker) = self.txs.first() {
            assert_eq!(speaker.tx.receiver_count(), self.listening());
            assert_eq!(speaker.tx.borrow().id(), self.value);
        }
    }

    fn at_rest(&mut self) {
        let version = Some(self.version.get());
        for note in self.tasks.notes() {
            match note {
                Note::Changed(listener) => {
                    assert!(self.is_open() && listener.seen.get() == version, "asleep beside news");
                }
                Note::WaitFor(listener, rest) => {
                    assert!(self.is_open() && listener.seen.get() == version && self.value % 3 != *rest);
                }
                Note::Closed => assert!(self.listening() > 0, "nobody told of the end"),
            }
        }
    }
}
