//! Channels whose messages go to one receiver each, against a `VecDeque`.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::rc::Rc;

use super::Program;
use crate::bytes::Bytes;
use crate::task::{Gossip, MANNERS, Tasks, Wait};
use crate::token::{Ledger, Token};

/// Why nothing was done.
#[derive(PartialEq, Debug)]
pub(crate) enum Not {
    /// Full, or empty.
    Now,
    Ever,
}

/// What a task was to do, and how that ended.
pub(crate) enum Output<K: Queue> {
    Sent(usize, Result<(), Token>),
    Received(Result<Token, ()>),
    ReceivedMany(Result<Vec<Token>, ()>),
    Reserved(Result<K::Permit, ()>),
    ClosedSeen,
    /// Another task has the receiver.
    Busy,
}

pub(crate) type Waiting<K> = Box<dyn Wait<Output<K>>>;

impl<O> Wait<O> for Box<dyn Wait<O>> {
    fn poll(&mut self, cx: &mut std::task::Context<'_>) -> std::task::Poll<O> {
        self.as_mut().poll(cx)
    }

    fn cancel(&mut self) -> Option<Token> {
        self.as_mut().cancel()
    }
}

/// A dialect. What it has not got it answers with `None`.
pub(crate) trait Queue: Sized + 'static {
    type Tx: 'static;
    type Rx: 'static;
    type Permit: 'static;

    /// Whether there are futures with handles of their own.
    const OWNED: bool;

    fn channel(capacity: usize) -> (Self::Tx, Self::Rx);
    fn clone_tx(tx: &Self::Tx) -> Self::Tx;
    fn gossip(tx: &Self::Tx) -> Gossip;
    fn len(rx: &Self::Rx) -> Option<usize>;
    fn set_budget(rx: &Self::Rx, budget: Option<NonZeroU32>);
    fn try_send(tx: &Self::Tx, message: Token) -> Result<(), (Not, Token)>;
    fn try_recv(rx: &Self::Rx) -> Option<Result<Token, Not>>;
    fn close(rx: &Self::Rx) -> bool;

    /// The futures; `other`: the owned one, or by another way of the same dialect.
    fn send(tx: Rc<Counted<Self::Tx>>, message: Token, other: bool) -> Waiting<Self>;
    fn recv(rx: Rc<Counted<Self::Rx>>, other: bool) -> Waiting<Self>;
    fn recv_many(rx: Rc<Counted<Self::Rx>>, limit: usize) -> Waiting<Self>;
    fn closed(tx: Rc<Counted<Self::Tx>>) -> Waiting<Self>;

    fn clone_rx(_: &Self::Rx) -> Option<Self::Rx> {
        None
    }

    fn reserve(_: Rc<Counted<Self::Tx>>) -> Option<Waiting<Self>> {
        None
    }

    fn try_reserve(_: &Self::Tx) -> Option<Result<Self::Permit, Not>> {
        None
    }

    /// `None`: it does not say whether it was sent.
    fn send_with(_: Self::Permit, _: Token) -> Option<Result<(), Token>> {
        None
    }

    fn reserved(_: &Self::Tx) -> Option<usize> {
        None
    }

    fn try_send_many(_: &Self::Tx, _: &mut VecDeque<Token>) -> Option<Result<(), Not>> {
        None
    }

    fn try_recv_many(_: &Self::Rx, _: usize) -> Option<Result<Vec<Token>, Not>> {
        None
    }

    fn force_send(_: &Self::Tx, _: Token) -> Option<Result<Option<Token>, Token>> {
        None
    }

    fn drain(_: &Self::Rx) -> Option<Vec<Token>> {
        None
    }
}

/// A handle that the model counts as long as it is there.
pub(crate) struct Counted<H> {
    pub(crate) handle: H,
    pub(crate) _count: Rc<()>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Kind {
    Send,
    Recv,
    Reserve,
    Closed,
}

/// What a task waits for, and the handle it has for itself.
#[derive(Clone)]
pub(crate) struct Note {
    kind: Kind,
    _own: Option<Rc<()>>,
}

struct Run<K: Queue> {
    capacity: usize,
    /// What lies in the channel.
    queue: VecDeque<usize>,
    closed: bool,
    ledger: Ledger,
    tasks: Tasks<Output<K>, Note>,
    txs: Vec<Rc<Counted<K::Tx>>>,
    rxs: Vec<Rc<Counted<K::Rx>>>,
    permits: Vec<(K::Permit, Rc<()>)>,
    /// One more than there are senders, and receivers.
    senders: Rc<()>,
    receivers: Rc<()>,
    gossip: Gossip,
}

pub(crate) fn run<K: Queue>(bytes: &mut Bytes<'_>, capacity: usize) {
    let mut run = Run::<K>::new(capacity);
    while let Some(step) = bytes.next() {
        run.step(step, bytes);
        run.look_around();
    }
    run.end(bytes);
}

impl<K: Queue> Run<K> {
    fn new(capacity: usize) -> Self {
        let (tx, rx) = K::channel(capacity);
        let gossip = K::gossip(&tx);
        let (senders, receivers) = (Rc::new(()), Rc::new(()));
        Run {
            capacity,
            queue: VecDeque::new(),
            closed: false,
            ledger: Ledger::default(),
            tasks: Tasks::new(),
            txs: vec![Rc::new(Counted { handle: tx, _count: senders.clone() })],
            rxs: vec![Rc::new(Counted { handle: rx, _count: receivers.clone() })],
            permits: Vec::new(),
            senders,
            receivers,
            gossip,
        }
    }

    fn step(&mut self, step: u8, bytes: &mut Bytes<'_>) {
        match step % 22 {
            0 | 1 => self.try_send(bytes),
            2 | 3 => self.try_recv(bytes),
            4 | 5 => self.start_send(bytes),
            6 | 7 => self.start_recv(bytes),
            8 => self.start_other(bytes),
            9 => self.handles(bytes),
            10 => self.permit(bytes),
            11 => self.batch_in(bytes),
            12 => self.batch_out(bytes),
            13 => self.force_send(bytes),
            14 if bytes.chance(4) => self.close(bytes),
            15 => {
                if let Some(rx) = bytes.pick(&self.rxs) {
                    K::set_budget(&rx.handle, NonZeroU32::new(bytes.below(4) as u32));
                }
            }
            _ => self.turn(bytes),
        }
    }

    fn waiting(&self, kind: Kind) -> usize {
        self.tasks.notes().filter(|note| note.kind == kind).count()
    }

    fn is_full(&self) -> bool {
        self.queue.len() + self.permits.len() >= self.capacity
    }

    /// A message came in that had no permit.
    fn accept(&mut self, id: usize) {
        assert!(!self.closed, "a closed channel took {id}");
        if self.capacity == 0 {
            assert!(self.waiting(Kind::Recv) > 0, "a message for no receiver");
        } else {
            assert!(!self.is_full(), "over capacity");
        }
        self.queue.push_back(id);
    }

    fn take(&mut self, message: &Token) {
        assert_eq!(Some(message.id()), self.queue.pop_front(), "not the next message");
    }

    fn assert_ended(&self) {
        assert!(self.closed && self.queue.is_empty() && self.permits.is_empty(), "an end that is none");
    }

    fn try_send(&mut self, bytes: &mut Bytes<'_>) {
        let Some(tx) = bytes.pick(&self.txs).cloned() else { return };
        let message = self.ledger.token();
        let id = message.id();
        match K::try_send(&tx.handle, message) {
            Ok(()) => self.accept(id),
            Err((why, back)) => {
                assert_eq!((back.id(), self.closed), (id, why == Not::Ever));
                assert!(self.closed || self.capacity == 0 || self.is_full(), "full though there is room");
            }
        }
    }

    fn try_recv(&mut self, bytes: &mut Bytes<'_>) {
        let Some(rx) = bytes.pick(&self.rxs).cloned() else { return };
        match K::try_recv(&rx.handle) {
            None => {}
            Some(Ok(message)) => self.take(&message),
            Some(Err(Not::Ever)) => self.assert_ended(),
            Some(Err(Not::Now)) => {
                assert!(self.queue.is_empty(), "empty though there is a message");
                assert!(!self.closed || !self.permits.is_empty(), "empty for now, though for ever");
            }
        }
    }

    fn start_send(&mut self, bytes: &mut Bytes<'_>) {
        let Some(tx) = bytes.pick(&self.txs).cloned() else { return };
        let other = bytes.chance(2);
        let own = (other && K::OWNED).then(|| self.senders.clone());
        let wait = K::send(tx, self.ledger.token(), other);
        self.spawn(bytes, wait, Kind::Send, own);
    }

    fn start_recv(&mut self, bytes: &mut Bytes<'_>) {
        let Some(rx) = bytes.pick(&self.rxs).cloned() else { return };
        let (other, many) = (bytes.chance(2), bytes.chance(4));
        let own = (other && !many && K::OWNED).then(|| self.receivers.clone());
        let wait = if many { K::recv_many(rx, 1 + bytes.below(4)) } else { K::recv(rx, other) };
        self.spawn(bytes, wait, Kind::Recv, own);
    }

    fn start_other(&mut self, bytes: &mut Bytes<'_>) {
        let Some(tx) = bytes.pick(&self.txs).cloned() else { return };
        if bytes.chance(4) {
            self.spawn(bytes, K::closed(tx), Kind::Closed, None);
        } else if let Some(wait) = K::reserve(tx) {
            // Its permit is an owned one: it has a sender of its own from the start.
            let own = Some(self.senders.clone());
            self.spawn(bytes, wait, Kind::Reserve, own);
        }
    }

    fn spawn(&mut self, bytes: &mut Bytes<'_>, wait: Waiting<K>, kind: Kind, own: Option<Rc<()>>) {
        let manner = MANNERS[bytes.below(4)];
        self.tasks.spawn(manner, Some(self.gossip.clone()), wait, Note { kind, _own: own });
        if bytes.chance(2) {
            self.poll(self.tasks.len() - 1, false);
        }
    }

    fn handles(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.below(6) {
            0 | 1 => {
                if let Some(tx) = bytes.pick(&self.txs) {
                    let handle = K::clone_tx(&tx.handle);
                    self.txs.push(Rc::new(Counted { handle, _count: self.senders.clone() }));
                }
            }
            2 | 3 => {
                if let Some(handle) = bytes.pick(&self.rxs).and_then(|rx| K::clone_rx(&rx.handle)) {
                    self.rxs.push(Rc::new(Counted { handle, _count: self.receivers.clone() }));
                }
            }
            4 => drop(bytes.place(self.txs.len()).map(|place| self.txs.remove(place))),
            _ => drop(bytes.place(self.rxs.len()).map(|place| self.rxs.remove(place))),
        }
    }

    fn permit(&mut self, bytes: &mut Bytes<'_>) {
        match bytes.below(3) {
            0 => {
                let Some(tx) = bytes.pick(&self.txs).cloned() else { return };
                match K::try_reserve(&tx.handle) {
                    None => {}
                    Some(Ok(permit)) => self.reserve(permit),
                    Some(Err(why)) => {
                        assert_eq!(why == Not::Ever, self.closed);
                        assert!(self.closed || self.capacity == 0 || self.is_full(), "full though there is room");
                    }
                }
            }
            1 => drop(bytes.place(self.permits.len()).map(|place| self.permits.remove(place))),
            _ => {
                let Some(place) = bytes.place(self.permits.len()) else { return };
                let message = self.ledger.token();
                let id = message.id();
                let (permit, _sender) = self.permits.remove(place);
                let is_left = self.is_left();
                match K::send_with(permit, message) {
                    Some(Ok(())) => {
                        assert!(is_left, "sent to nobody");
                        self.queue.push_back(id);
                    }
                    Some(Err(back)) => assert_eq!((back.id(), is_left), (id, false)),
                    None => assert_eq!(self.ledger.live(id) == 1, is_left),
                }
                if is_left && self.queue.back() != Some(&id) {
                    self.queue.push_back(id);
                }
            }
        }
    }

    /// Whether there is a receiver.
    fn is_left(&self) -> bool {
        Rc::strong_count(&self.receivers) > 1
    }

    fn reserve(&mut self, permit: K::Permit) {
        assert!(!self.closed, "a closed channel gave a permit");
        if self.capacity == 0 {
            assert!(self.waiting(Kind::Recv) > 0, "a permit for no receiver");
        } else {
            assert!(!self.is_full(), "a permit over capacity");
        }
        self.permits.push((permit, self.senders.clone()));
    }

    fn batch_in(&mut self, bytes: &mut Bytes<'_>) {
        let Some(tx) = bytes.pick(&self.txs).cloned() else { return };
        let mut messages: VecDeque<Token> = (0..bytes.below(5)).map(|_| self.ledger.token()).collect();
        let ids: Vec<usize> = messages.iter().map(Token::id).collect();
        let Some(result) = K::try_send_many(&tx.handle, &mut messages) else { return };
        let sent = ids.len() - messages.len();
        assert!(messages.iter().map(Token::id).eq(ids[sent..].iter().copied()), "what is left is not in order");
        ids[..sent].iter().for_each(|id| self.accept(*id));
        match result {
            Ok(()) => assert!(messages.is_empty()),
            Err(Not::Ever) => assert!(self.closed),
            Err(Not::Now) => assert!(!self.closed && (self.capacity == 0 || self.is_full())),
        }
    }

    fn batch_out(&mut self, bytes: &mut Bytes<'_>) {
        let Some(rx) = bytes.pick(&self.rxs).cloned() else { return };
        if bytes.chance(3) {
            let drained = K::drain(&rx.handle);
            let Some(drained) = drained else { return };
            assert!(drained.iter().map(Token::id).eq(self.queue.drain(..)), "drained something else");
            return;
        }
        let limit = bytes.below(4);
        match K::try_recv_many(&rx.handle, limit) {
            None => {}
            Some(Ok(messages)) => {
                assert_eq!(messages.len(), limit.min(self.queue.len()));
                messages.iter().for_each(|message| self.take(message));
            }
            Some(Err(Not::Ever)) => self.assert_ended(),
            Some(Err(Not::Now)) => assert!(self.queue.is_empty() && limit > 0),
        }
    }

    fn force_send(&mut self, bytes: &mut Bytes<'_>) {
        let Some(tx) = bytes.pick(&self.txs).cloned() else { return };
        let message = self.ledger.token();
        let id = message.id();
        match K::force_send(&tx.handle, message) {
            None => {}
            Some(Ok(None)) => self.accept(id),
            Some(Ok(Some(displaced))) if displaced.id() == id => {
                assert!(!self.closed && (self.capacity == 0 || self.is_full() && self.queue.is_empty()));
            }
            Some(Ok(Some(displaced))) => {
                assert!(self.is_full(), "displaced though there is room");
                self.take(&displaced);
                self.queue.push_back(id);
            }
            Some(Err(back)) => assert_eq!((back.id(), self.closed), (id, true)),
        }
    }

    fn close(&mut self, bytes: &mut Bytes<'_>) {
        let Some(rx) = bytes.pick(&self.rxs).cloned() else { return };
        if K::close(&rx.handle) {
            self.closed = true;
        }
    }

    fn end(mut self, bytes: &mut Bytes<'_>) {
        self.run_all(None);
        self.at_rest();
        // Handles before tasks, which then run to their ends, or tasks where they are.
        if bytes.chance(2) {
            self.txs.clear();
            self.look_around();
            self.run_all(None);
        }
        while self.tasks.len() > 0 {
            let (message, note) = self.tasks.cancel(0);
            self.cancelled(message, note);
        }
        (self.txs, self.rxs) = (Vec::new(), Vec::new());
        self.permits.clear();
        drop(self.gossip);
        self.tasks.assert_no_waker_left();
        self.ledger.assert_all_gone();
    }
}

impl<K: Queue> Program for Run<K> {
    type Output = Output<K>;
    type Note = Note;

    fn tasks(&mut self) -> &mut Tasks<Output<K>, Note> {
        &mut self.tasks
    }

    fn done(&mut self, output: Output<K>, note: Note) {
        match output {
            Output::Sent(id, Ok(())) => self.accept(id),
            Output::Sent(id, Err(back)) => assert_eq!((back.id(), self.closed), (id, true)),
            Output::Received(Ok(message)) => self.take(&message),
            Output::ReceivedMany(Ok(messages)) => {
                assert!(!messages.is_empty(), "a batch of nothing");
                messages.iter().for_each(|message| self.take(message));
            }
            Output::Received(Err(())) | Output::ReceivedMany(Err(())) => self.assert_ended(),
            Output::Reserved(Ok(permit)) => self.reserve(permit),
            Output::Reserved(Err(())) | Output::ClosedSeen => assert!(self.closed),
            Output::Busy => {}
        }
        drop(note);
    }

    fn cancelled(&mut self, message: Option<Token>, note: Note) {
        assert!(message.is_none() || note.kind == Kind::Send);
    }

    fn look_around(&mut self) {
        if Rc::strong_count(&self.senders) == 1 {
            self.closed = true;
        }
        if !self.is_left() {
            self.closed = true;
            for id in self.queue.drain(..) {
                assert_eq!(self.ledger.live(id), 0, "{id} outlived the last receiver");
            }
        }
        if let Some(len) = self.rxs.first().and_then(|rx| K::len(&rx.handle)) {
            assert_eq!(len, self.queue.len(), "a wrong length");
        }
        if let Some(reserved) = self.txs.first().and_then(|tx| K::reserved(&tx.handle)) {
            assert_eq!(reserved, self.permits.len(), "a wrong count of permits");
        }
    }

    fn at_rest(&mut self) {
        let receiving = self.waiting(Kind::Recv);
        let sending = self.waiting(Kind::Send) + self.waiting(Kind::Reserve);
        if receiving > 0 {
            assert!(self.queue.is_empty(), "a receiver sleeps beside a message");
            assert!(!self.closed || !self.permits.is_empty(), "a receiver sleeps after the end");
        }
        if sending > 0 {
            assert!(!self.closed, "a sender sleeps after the end");
            if self.capacity == 0 {
                assert!(receiving <= self.permits.len(), "a sender and a receiver sleep beside each other");
            } else {
                assert!(self.is_full(), "a sender sleeps beside room");
            }
        }
        assert!(!self.closed || self.waiting(Kind::Closed) == 0, "nobody told of the end");
    }
}
