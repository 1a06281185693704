//! Promises 3 and 5 by lot: tasks that loop or leave, each with several futures in hand, some dropped and some neglected
//! for ever, run by an executor in any order. When all is quiet nobody may sleep who could go on.
//!
//! What is exempt stands in `docs/design/05-turns.md`, "What is not covered": a task moved the last message and never came
//! back, or came back for several places at once, while somebody neglects a future.

use std::{
    collections::VecDeque,
    future::Future,
    num::NonZeroU32,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use thalweg::mpmc::{OwnedPermit, Receiver, Sender};

use crate::harness::*;

type Operation = Pin<Box<dyn Future<Output = Option<OwnedPermit<usize>>>>>;

/// A pending operation, and what it needs: places, or no place but a message.
struct Pending {
    places: usize,
    operation: Operation,
}

#[derive(Default)]
struct Actor {
    pending: Vec<Pending>,
    permit: Option<OwnedPermit<usize>>,
    probe: Arc<Probe>,
    /// Has something to do though nobody woke it.
    due: bool,
    /// Starts the next operation when one is done; the others leave.
    loops: bool,
    /// Of eight new operations so many send.
    sends: u64,
    gone: bool,
}

struct World {
    seed: u64,
    random: Random,
    sender: Sender<usize>,
    receiver: Receiver<usize>,
    capacity: usize,
    actors: Vec<Actor>,
    /// Of 24 changes of mind so many neglect a future.
    neglects: u64,
    /// Only plain sends and receives.
    plain: bool,
    neglected: Vec<Pending>,
    last_mover: usize,
    unmoved: usize,
    /// What led to the end, for one seed alone.
    log: Vec<String>,
    is_logged: bool,
}

/// Who is no actor.
const OUTSIDE: usize = usize::MAX;

impl World {
    fn new(seed: u64, is_logged: bool) -> World {
        let mut random = Random::new(seed);
        let capacity = random.below(4) as usize;
        let (sender, receiver) = channel(capacity);
        let budget = [None, NonZeroU32::new(1), NonZeroU32::new(3), NonZeroU32::new(128)];
        sender.set_budget(budget[random.below(4) as usize]);
        receiver.set_budget(budget[random.below(4) as usize]);
        let neglects = [0, 0, 2, 8][random.below(4) as usize];
        let plain = random.chance(2);
        let leavers = random.below(5);
        let mut actors = Vec::new();
        for _ in 0..2 + random.below(5) {
            let loops = random.below(4) >= leavers;
            let sends = [0, 0, 8, 8, 4][random.below(5) as usize];
            actors.push(Actor { loops, sends, due: true, ..Actor::default() });
        }
        World {
            seed,
            random,
            sender,
            receiver,
            capacity,
            actors,
            neglects,
            plain,
            neglected: Vec::new(),
            last_mover: OUTSIDE,
            unmoved: 0,
            log: Vec::new(),
            is_logged,
        }
    }

    fn note(&mut self, who: usize, what: &str) {
        if self.is_logged {
            self.log.push(format!("{who}: {what}, then {:?}", self.receiver));
        }
    }

    fn operation(&mut self, sends: bool) -> Pending {
        let (sender, receiver) = (self.sender.clone(), self.receiver.clone());
        let kind = if self.plain { 0 } else { self.random.below(8) };
        let many = 1 + self.random.below(3) as usize;
        let places = if !sends {
            0
        } else if kind == 7 {
            many.min(self.capacity.max(1))
        } else {
            1
        };
        let operation: Operation = match (sends, kind) {
            (true, 0..5) => Box::pin(async move {
                sender.send(0).await.unwrap();
                None
            }),
            (true, 5) => Box::pin(async move { Some(sender.reserve_owned().await.unwrap()) }),
            (true, 6) => Box::pin(async move {
                sender.send_many(&mut VecDeque::from(vec![0; many])).await.unwrap();
                None
            }),
            (true, _) => Box::pin(async move {
                drop(sender.reserve_many(places).await.unwrap());
                None
            }),
            (false, 0..6) => Box::pin(async move {
                receiver.recv().await.unwrap();
                None
            }),
            (false, _) => Box::pin(async move {
                receiver.recv_many(&mut Vec::new(), many).await.unwrap();
                None
            }),
        };
        Pending { places, operation }
    }

    /// At capacity 0 a receiver that waits is a place.
    fn state(&self) -> (usize, usize, usize) {
        let waiting = if self.capacity == 0 { self.receiver.waiting_receivers() } else { 0 };
        (self.receiver.len(), self.receiver.reserved(), waiting)
    }

    /// Does something, and notes whether that moved anything.
    fn act<R>(&mut self, who: usize, what: &str, act: impl FnOnce(&mut World) -> R) -> R {
        let before = self.state();
        let result = act(self);
        if self.state() != before {
            self.last_mover = who;
            self.unmoved = 0;
        }
        self.note(who, what);
        result
    }

    /// One turn of a task: it polls all its futures, as `select!` does, and may change its mind.
    fn run(&mut self, who: usize) {
        self.actors[who].due = false;
        self.actors[who].probe.rest();
        self.unmoved += 1;
        assert!(self.unmoved < 300, "seed {}: they wake each other and move nothing", self.seed);
        if let Some(permit) = self.actors[who].permit.take() {
            let sends = self.random.chance(2);
            self.act(who, "uses its permit", |_| if sends { drop(permit.send(0)) } else { drop(permit) });
        }
        if self.random.chance(2) {
            self.change_mind(who);
        }
        if self.actors[who].gone {
            return;
        }
        if self.actors[who].pending.is_empty() {
            self.start(who);
        }
        let waker = self.actors[who].probe.waker();
        let first = self.random.below(4) as usize;
        for n in 0..self.actors[who].pending.len() {
            let n = (n + first) % self.actors[who].pending.len();
            let mut pending = self.actors[who].pending.remove(n);
            let what = if pending.places > 0 { "sends" } else { "receives" };
            let polled = self.act(who, what, |_| pending.operation.as_mut().poll(&mut Context::from_waker(&waker)));
            match polled {
                Poll::Pending => self.actors[who].pending.insert(n, pending),
                Poll::Ready(permit) => {
                    self.note(who, "is done");
                    drop(pending);
                    return self.go_on(who, permit);
                }
            }
        }
        self.change_mind(who);
    }

    fn start(&mut self, who: usize) {
        let sends = self.random.below(8) < self.actors[who].sends;
        let pending = self.operation(sends);
        self.actors[who].pending.push(pending);
        self.actors[who].due = true;
    }

    fn go_on(&mut self, who: usize, permit: Option<OwnedPermit<usize>>) {
        if self.actors[who].loops || permit.is_some() {
            self.actors[who].permit = permit;
            if self.actors[who].loops && (self.actors[who].pending.is_empty() || self.random.chance(2)) {
                self.start(who);
            }
            self.actors[who].due = true;
            if self.random.chance(2) {
                self.run(who);
            }
            return;
        }
        self.leave(who);
    }

    fn leave(&mut self, who: usize) {
        self.actors[who].gone = true;
        let left = std::mem::take(&mut self.actors[who].pending);
        if self.neglects > 0 && self.random.chance(2) {
            self.neglected.extend(left);
        }
        self.note(who, "leaves");
    }

    fn change_mind(&mut self, who: usize) {
        if self.actors[who].pending.is_empty() {
            return;
        }
        match self.random.below(24) {
            0 if !self.actors[who].loops && self.actors[who].permit.is_none() => self.leave(who),
            0 => {
                let n = self.random.below(self.actors[who].pending.len() as u64) as usize;
                let dropped = self.actors[who].pending.swap_remove(n);
                self.act(who, "drops one", |_| drop(dropped));
                self.actors[who].due = true;
            }
            n if (5..5 + self.neglects).contains(&n) => {
                let n = self.random.below(self.actors[who].pending.len() as u64) as usize;
                let neglected = self.actors[who].pending.swap_remove(n);
                self.neglected.push(neglected);
                self.note(who, "neglects one");
                self.actors[who].due = true;
            }
            3 if self.actors[who].pending.len() < 3 => self.start(who),
            4 if self.neglects > 0 && self.random.chance(4) => {
                let left = std::mem::take(&mut self.actors[who].pending);
                self.neglected.extend(left);
                self.actors[who].gone = true;
                self.note(who, "is never polled again");
            }
            _ => {}
        }
    }

    fn is_live(&self, who: usize) -> bool {
        self.actors.get(who).is_some_and(|actor| !actor.gone)
    }

    /// One step of the executor; `false` when all is quiet.
    fn step(&mut self) -> bool {
        let live: Vec<_> = (0..self.actors.len()).filter(|who| self.is_live(*who)).collect();
        let due: Vec<_> =
            live.iter().copied().filter(|who| self.actors[*who].due || self.actors[*who].probe.woken()).collect();
        if due.is_empty() {
            return false;
        }
        match self.random.below(40) {
            0 => self.act(OUTSIDE, "tries to send", |world| ignore(world.sender.try_send(0))),
            1 => self.act(OUTSIDE, "tries to receive", |world| ignore(world.receiver.try_recv())),
            2 => {
                let who = live[self.random.below(live.len() as u64) as usize];
                self.run(who);
            }
            _ => {
                let who = due[self.random.below(due.len() as u64) as usize];
                self.run(who);
            }
        }
        true
    }

    /// The places that could be taken.
    fn room(&self) -> usize {
        match self.capacity {
            0 => self.receiver.waiting_receivers().saturating_sub(self.receiver.reserved()),
            _ => self.receiver.free_capacity().unwrap(),
        }
    }

    fn check(&self) {
        let (room, queued) = (self.room(), self.receiver.len());
        let could = |pending: &Pending| if pending.places == 0 { queued > 0 } else { room >= pending.places };
        let asleep = self.actors.iter().any(|actor| actor.pending.iter().any(could));
        let waits_for_more = |actor: &Actor| actor.pending.iter().any(|pending| pending.places > 1);
        let exempt = !self.neglected.is_empty()
            && (!self.is_live(self.last_mover) || waits_for_more(&self.actors[self.last_mover]));
        if asleep && !exempt {
            let log = self.log.join("\n");
            panic!("seed {}: somebody sleeps who could go on: {queued} queued, room {room}\n{log}", self.seed);
        }
    }
}

/// Runs until all is quiet. What never is comes to an end: from some step on all send, or all receive.
fn run_all(seed: u64, is_logged: bool) {
    let mut world = World::new(seed, is_logged);
    let end = 40 + world.random.below(160);
    let sends = world.random.below(2) * 8;
    for step in 0..3_000 {
        if step == end {
            world.actors.iter_mut().for_each(|actor| actor.sends = sends);
        }
        if !world.step() {
            return world.check();
        }
    }
    panic!("seed {seed}: it never ends");
}

/// `THALWEG_SEEDS` asks for more of them, `THALWEG_SEED` for the story of one.
#[test]
fn nobody_sleeps_who_could_go_on() {
    let parse = |name, value: String| value.parse().unwrap_or_else(|_| panic!("{name} is no number: {value}"));
    let number = |name| std::env::var(name).ok().map(|value| parse(name, value));
    match number("THALWEG_SEED") {
        Some(seed) => run_all(seed, true),
        None => (0..number("THALWEG_SEEDS").unwrap_or(4_000)).for_each(|seed| run_all(seed, false)),
    }
}
