//! Every message to every receiver, lossy and lossless: each receiver against its place in the one log.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

use thalweg::broadcast::error::{RecvError, TryRecvError, TrySendError};
use thalweg::broadcast::{InactiveReceiver, Lossless, Receiver, Sender, channel, lossless};

use super::Program;
use crate::bytes::Bytes;
use crate::task::{Gossip, MANNERS, Tasks};
use crate::token::{Ledger, Token};

#[derive(Clone)]
enum Tx {
    Lossy(Sender<Token>),
    Lossless(Sender<Token, Lossless>),
}

impl Tx {
    fn subscribe(&self) -> Receiver<Token> {
        match self {
            Tx::Lossy(tx) => tx.subscribe(),
            Tx::Lossless(tx) => tx.subscribe(),
        }
    }

    fn gossip(&self) -> Gossip {
        match self {
            Tx::Lossy(tx) => {
                let weak = tx.downgrade();
                Arc::new(move || assert!(weak.upgrade().is_none_or(|tx| !format!("{tx:?}").is_empty())))
            }
            Tx::Lossless(tx) => {
                let weak = tx.downgrade();
                Arc::new(move || assert!(weak.upgrade().is_none_or(|tx| !format!("{tx:?}").is_empty())))
            }
        }
    }
}

struct Listener {
    rx: RefCell<Receiver<Token>>,
    /// What it is to hear next: a place in the log.
    next: Cell<usize>,
}

/// A sender that is counted as long as it is there.
struct Speaker {
    tx: Tx,
    _count: Rc<()>,
}

enum Output {
    Sent(usize, Result<usize, Token>),
    Received(Result<Token, RecvError>),
    Busy,
    ClosedSeen,
}

#[derive(Clone)]
enum Note {
    Send,
    Recv(Rc<Listener>),
    Closed,
}

struct Run {
    capacity: usize,
    lossless: bool,
    log: Vec<usize>,
    ledger: Ledger,
    tasks: Tasks<Output, Note>,
    txs: Vec<Rc<Speaker>>,
    rxs: Vec<Rc<Listener>>,
    inactive: Vec<InactiveReceiver<Token>>,
    /// One more than there are senders.
    senders: Rc<()>,
    /// Those that are there, also if only a task has them.
    listeners: Vec<std::rc::Weak<Listener>>,
    gossip: Gossip,
}

pub(crate) fn run(bytes: &mut Bytes<'_>) {
    let (capacity, is_lossless) = ([1, 2, 3, 8][bytes.below(4)], bytes.chance(2));
    let (tx, rx) = if is_lossless {
        let (tx, rx) = lossless(capacity);
        (Tx::Lossless(tx), rx)
    } else {
        let (tx, rx) = channel(capacity);
        (Tx::Lossy(tx), rx)
    };
    let gossip = tx.gossip();
    let senders = Rc::new(());
    let mut run = Run {
        capacity,
        lossless: is_lossless,
        log: Vec::new(),
        ledger: Ledger::default(),
        tasks: Tasks::new(),
        txs: vec![Rc::new(Speaker { tx, _count: senders.clone() })],
        rxs: Vec::new(),
        inactive: Vec::new(),
        senders,
        listeners: Vec::new(),
        gossip,
    };
    run.listen(rx);
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
    run.inactive.clear();
    drop(run.gossip);
    run.tasks.assert_no_waker_left();
    run.ledger.assert_all_gone();
}

impl Run {
    fn step(&mut self, step: u8, bytes: &mut Bytes<'_>) {
        match step % 14 {
            0 | 1 => self.send(bytes),
            2 | 3 => self.try_recv(bytes),
            4 => self.start_send(bytes),
            5 | 6 => self.start_recv(bytes),
            7 => self.senders(bytes),
            8 | 9 => self.receivers(bytes),
            _ => self.turn(bytes),
        }
    }

    fn listen(&mut self, rx: Receiver<Token>) {
        let listener = Rc::new(Listener { rx: RefCell::new(rx), next: Cell::new(self.log.len()) });
        self.listeners.push(Rc::downgrade(&listener));
        self.rxs.push(listener);
    }

    fn present(&self) -> impl Iterator<Item = Rc<Listener>> {
        self.listeners.iter().filter_map(std::rc::Weak::upgrade)
    }

    fn is_full(&self) -> bool {
        let oldest = self.present().map(|listener| listener.next.get()).min();
        self.lossless && oldest.is_some_and(|oldest| self.log.len() - oldest >= self.capacity)
    }

    fn sent(&mut self, id: usize, receivers: usize) {
        assert!(receivers > 0 && receivers == self.present().count(), "sent to {receivers}");
        assert!(!self.is_full(), "over capacity");
        self.log.push(id);
    }

    fn send(&mut self, bytes: &mut Bytes<'_>) {
        let Some(speaker) = bytes.pick(&self.txs).cloned() else { return };
        let message = self.ledger.token();
        let id = message.id();
        let result = match &speaker.tx {
            Tx::Lossy(tx) => tx.send(message).map_err(|error| TrySendError::Closed(error.0)),
            Tx::Lossless(tx) => tx.try_send(message),
        };
        match result {
            Ok(receivers) => self.sent(id, receivers),
            Err(TrySendError::Full(back)) => assert_eq!((back.id(), self.is_full()), (id, true)),
            Err(TrySendError::Closed(back)) => assert_eq!((back.id(), self.present().count()), (id, 0)),
        }
    }

    fn start_send(&mut self, bytes: &mut Bytes<'_>) {
        let Some(speaker) = bytes.pick(&self.txs).cloned() else { return };
        let manner = MANNERS[bytes.below(4)];
        let (gossip, message) = (Some(self.gossip.clone()), self.ledger.token());
        let id = message.id();
        let closed = bytes.chance(4);
        let wait = async move {
            match &speaker.tx {
                Tx::Lossless(tx) if !closed => Output::Sent(id, tx.send(message).await.map_err(|error| error.0)),
                Tx::Lossless(tx) => {
                    tx.closed().await;
                    Output::ClosedSeen
                }
                Tx::Lossy(tx) => {
                    tx.closed().await;
                    Output::ClosedSeen
                }
            }
        };
        let note = if self.lossless && !closed { Note::Send } else { Note::Closed };
        self.tasks.spawn(manner, gossip, Box::pin(wait), note);
    }

    fn heard(&self, listener: &Listener, result: Result<Token, RecvError>) {
        let (next, end) = (listener.next.get(), self.log.len());
        let missed = if self.lossless { 0 } else { (end - next).saturating_sub(self.capacity) };
        match result {
            Ok(message) => {
                assert_eq!((missed, self.log.get(next)), (0, Some(&message.id())), "not the next message");
                listener.next.set(next + 1);
            }
            Err(RecvError::Lagged(count)) => {
                assert!(count > 0 && count == missed as u64, "missed {count} instead of {missed}");
                listener.next.set(next + missed);
            }
            Err(RecvError::Closed) => assert!(next == end && Rc::strong_count(&self.senders) == 1, "no end"),
        }
    }

    fn try_recv(&mut self, bytes: &mut Bytes<'_>) {
        let Some(listener) = bytes.pick(&self.rxs).cloned() else { return };
        let Ok(mut rx) = listener.rx.try_borrow_mut() else { return };
        match rx.try_recv() {
            Ok(message) => self.heard(&listener, Ok(message)),
            Err(TryRecvError::Lagged(count)) => self.heard(&listener, Err(RecvError::Lagged(count))),
            Err(TryRecvError::Closed) => self.heard(&listener, Err(RecvError::Closed)),
            Err(TryRecvError::Empty) => {
                let is_open = Rc::strong_count(&self.senders) > 1;
                assert!(is_open && listener.next.get() == self.log.len(), "empty though there is a message");
            }
        }
    }

    #[expect(clippy::await_holding_refcell_ref, reason = "lent for as long as the task waits")]
    fn start_recv(&mut self, bytes: &mut Bytes<'_>) {
        let Some(listener) = bytes.pick(&self.rxs).cloned() else { return };
        let manner = MANNERS[bytes.below(4)];
        let note = Note::Recv(listener.clone());
        let wait = async move {
            let Ok(mut rx) = listener.rx.try_borrow_mut() else { return Output::Busy };
            Output::Received(rx.recv().await)
        };
        self.tasks.spawn(manner, Some(self.gossip.clone()), Box::pin(wait), note);
        if bytes.chance(2) {
            self.poll(self.tasks.len() - 1, false);
        }
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
        match bytes.below(5) {
            0 => {
                if let Some(rx) = bytes.pick(&self.txs).map(|speaker| speaker.tx.subscribe()) {
                    self.listen(rx);
                }
            }
            1 => {
                let rx = bytes.pick(&self.rxs).and_then(|listener| Some(listener.rx.try_borrow().ok()?.resubscribe()));
                if let Some(rx) = rx {
                    self.listen(rx);
                }
            }
            2 => {
                let Some(place) = bytes.place(self.rxs.len()) else { return };
                match Rc::try_unwrap(self.rxs.remove(place)) {
                    Ok(listener) => self.inactive.push(listener.rx.into_inner().deactivate()),
                    Err(listener) => self.rxs.push(listener),
                }
            }
            3 => {
                if let Some(place) = bytes.place(self.inactive.len()) {
                    let rx = self.inactive.remove(place).activate();
                    self.listen(rx);
                }
            }
            _ => {
                drop(bytes.place(self.rxs.len()).map(|place| self.rxs.remove(place)));
                drop(bytes.chance(4).then(|| self.inactive.pop()));
            }
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
        match (output, note) {
            (Output::Sent(id, Ok(receivers)), _) => self.sent(id, receivers),
            (Output::Sent(id, Err(back)), _) => assert_eq!((back.id(), self.present().count()), (id, 0)),
            (Output::Received(result), Note::Recv(listener)) => self.heard(&listener, result),
            (Output::Received(_), _) => unreachable!("only tasks that receive say so"),
            (Output::ClosedSeen, _) => assert!(self.inactive.is_empty() && self.present().count() == 0),
            (Output::Busy, _) => {}
        }
    }

    fn cancelled(&mut self, _: Option<Token>, _: Note) {}

    fn look_around(&mut self) {
        self.listeners.retain(|listener| listener.strong_count() > 0);
        for listener in self.present() {
            if let Ok(rx) = listener.rx.try_borrow() {
                assert_eq!(rx.len(), self.log.len() - listener.next.get(), "a wrong length");
            }
        }
        if self.lossless {
            // What all have read is gone.
            let oldest = self.present().map(|listener| listener.next.get()).min().unwrap_or(self.log.len());
            let kept = self.log[..oldest].iter().filter(|id| self.ledger.live(**id) > 0).count();
            assert_eq!(kept, 0, "kept though nobody is owed it");
        }
    }

    fn at_rest(&mut self) {
        for note in self.tasks.notes() {
            match note {
                Note::Send => assert!(self.is_full(), "a sender sleeps beside room, or after the end"),
                Note::Recv(listener) => {
                    assert_eq!(listener.next.get(), self.log.len(), "a receiver sleeps beside a message");
                    assert!(Rc::strong_count(&self.senders) > 1, "a receiver sleeps after the end");
                }
                Note::Closed => {
                    assert!(!self.inactive.is_empty() || self.present().count() > 0, "nobody told of the end");
                }
            }
        }
    }
}
