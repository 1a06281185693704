//! Recordings made by hand: tasks and channels played through by a small simulator, the same every time, for sizes and shapes
//! that a real run does not reach on purpose. Pictures of real runs are in `thalweg`'s tests `record`.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};

use thalweg_recording::{Channel, Event, Handle, Kind, NO_HANDLE, Recording, Role, What};

pub(crate) mod runs;

/// What a task does next.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Op {
    Work(u64),
    Send(u32),
    Recv(u32),
    /// A receive that is given up after so long.
    RecvWithin(u32, u64),
    Drop(u32),
}

struct Task {
    ops: Box<dyn Iterator<Item = Op>>,
    /// Those it still has.
    handles: Vec<u32>,
    /// The operation that waits, and the number of its wait.
    waits: Option<(Op, u32)>,
    deadline: Option<u64>,
}

struct Line {
    kind: Kind,
    capacity: usize,
    queue: VecDeque<u64>,
    next: u64,
    senders: VecDeque<usize>,
    receivers: VecDeque<usize>,
    alive: [u32; 2],
    closed: bool,
}

pub(crate) struct Sim {
    pub(crate) recording: Recording,
    now: u64,
    agenda: BinaryHeap<Reverse<(u64, u64, usize)>>,
    order: u64,
    tasks: Vec<Task>,
    lines: HashMap<u32, Line>,
    /// The next message of each receiver of a broadcast.
    cursors: HashMap<u32, u64>,
    waits: u32,
    chance: u64,
}

impl Sim {
    pub(crate) fn new(program: &str) -> Sim {
        let notes = vec![("program".to_owned(), program.to_owned())];
        Sim {
            recording: Recording { notes, ..Recording::default() },
            now: 0,
            agenda: BinaryHeap::new(),
            order: 0,
            tasks: Vec::new(),
            lines: HashMap::new(),
            cursors: HashMap::new(),
            waits: 0,
            chance: 88_172_645_463_325_252,
        }
    }

    pub(crate) fn channel(&mut self, kind: Kind, capacity: Option<u64>, name: &str) -> u32 {
        let id = self.recording.channels.len() as u32 + 1;
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        let place = Some(format!("src/main.rs:{}", 10 + id));
        self.recording.channels.push(Channel { id, kind, capacity, name, place });
        let line = Line {
            kind,
            capacity: capacity.map_or(usize::MAX, |capacity| capacity as usize),
            queue: VecDeque::new(),
            next: 0,
            senders: VecDeque::new(),
            receivers: VecDeque::new(),
            alive: [0, 0],
            closed: false,
        };
        self.lines.insert(id, line);
        id
    }

    pub(crate) fn sender(&mut self, channel: u32, name: &str) -> u32 {
        self.handle(channel, Role::Sender, name)
    }

    pub(crate) fn receiver(&mut self, channel: u32, name: &str) -> u32 {
        self.handle(channel, Role::Receiver, name)
    }

    fn handle(&mut self, channel: u32, role: Role, name: &str) -> u32 {
        let id = self.recording.handles.len() as u32 + 1;
        let name = Some(name.to_owned()).filter(|name| !name.is_empty());
        let line = self.lines.get_mut(&channel).unwrap();
        line.alive[role as usize] += 1;
        let ordinal = line.alive[role as usize];
        let first = self.recording.handles.iter().find(|h| h.channel == channel && h.role == role).map(|h| h.id);
        self.recording.handles.push(Handle { id, channel, role, name, ordinal });
        self.cursors.insert(id, 0);
        self.tell(id, if first.is_some() { What::Cloned } else { What::Created }, None, first.unwrap_or(0));
        id
    }

    pub(crate) fn text(&mut self, channel: u32, message: u64, text: &str) {
        self.recording.texts.insert((channel, message), text.to_owned());
    }

    pub(crate) fn task(&mut self, handles: &[u32], starts: u64, ops: impl IntoIterator<Item = Op> + 'static) {
        let ops = Box::new(ops.into_iter().collect::<Vec<_>>().into_iter());
        self.tasks.push(Task { ops, handles: handles.to_vec(), waits: None, deadline: None });
        self.later(self.tasks.len() - 1, starts);
    }

    /// A number up to `most`, by chance that is the same every time.
    pub(crate) fn chance(&mut self, most: u64) -> u64 {
        self.chance ^= self.chance << 13;
        self.chance ^= self.chance >> 7;
        self.chance ^= self.chance << 17;
        self.chance % most.max(1)
    }

    pub(crate) fn run(mut self, ended: u64) -> Recording {
        while let Some(Reverse((at, _, task))) = self.agenda.pop() {
            if ended > 0 && at > ended {
                break;
            }
            self.now = self.now.max(at);
            self.step(task);
        }
        self.recording.ended = self.now.max(ended);
        self.recording
    }

    fn later(&mut self, task: usize, after: u64) {
        self.order += 1;
        self.agenda.push(Reverse((self.now + after, self.order, task)));
    }

    fn tell(&mut self, handle: u32, what: What, message: Option<u64>, aux: u32) {
        let channel = self.recording.handles[handle as usize - 1].channel;
        self.recording.events.push(Event { at: self.now, channel, handle, what, message, aux });
    }

    fn step(&mut self, task: usize) {
        if let Some(deadline) = self.tasks[task].deadline.filter(|deadline| *deadline <= self.now) {
            if let Some((Op::RecvWithin(handle, _), wait)) = self.tasks[task].waits.take_if(|_| deadline > 0) {
                self.tell(handle, What::Cancelled, None, wait);
                self.line(handle).receivers.retain(|other| *other != task);
            }
            self.tasks[task].deadline = None;
        }
        let (op, wait) = match self.tasks[task].waits.take() {
            Some((op, wait)) => (Some(op), wait),
            None => (self.tasks[task].ops.next(), 0),
        };
        match op {
            None => self.finish(task),
            Some(Op::Work(time)) => self.later(task, time),
            Some(Op::Send(handle)) => self.send(task, handle, wait),
            Some(op @ (Op::Recv(handle) | Op::RecvWithin(handle, _))) => self.recv(task, handle, op, wait),
            Some(Op::Drop(handle)) => {
                self.tasks[task].handles.retain(|other| *other != handle);
                self.drop_handle(handle);
                self.later(task, 60);
            }
        }
    }

    fn line(&mut self, handle: u32) -> &mut Line {
        let channel = self.recording.handles[handle as usize - 1].channel;
        self.lines.get_mut(&channel).unwrap()
    }

    fn send(&mut self, task: usize, handle: u32, wait: u32) {
        let line = self.line(handle);
        if line.closed {
            self.tell(handle, What::SendRefused, None, wait);
            return self.finish(task);
        }
        if line.kind != Kind::Broadcast && line.queue.len() >= line.capacity {
            line.senders.push_back(task);
            return self.wait(task, handle, Op::Send(handle), What::SendWaits, wait);
        }
        let message = line.next;
        line.next += 1;
        line.queue.push_back(message);
        if line.kind == Kind::Broadcast && line.queue.len() > line.capacity {
            line.queue.pop_front();
        }
        self.tell(handle, What::Sent, Some(message), wait);
        let all = self.line(handle).kind == Kind::Broadcast;
        self.wake(handle, false, all);
        let pause = 90 + self.chance(60);
        self.later(task, pause);
    }

    fn recv(&mut self, task: usize, handle: u32, op: Op, wait: u32) {
        let broadcast = self.line(handle).kind == Kind::Broadcast;
        let cursor = self.cursors[&handle];
        let line = self.line(handle);
        let first = line.queue.front().copied();
        if broadcast && let Some(first) = first.filter(|first| *first > cursor) {
            self.cursors.insert(handle, first);
            self.tell(handle, What::Lagged, Some(first), (first - cursor) as u32);
            return self.later(task, 100);
        }
        let message =
            if broadcast { Some(cursor).filter(|cursor| *cursor < line.next) } else { line.queue.pop_front() };
        match message {
            Some(message) => {
                self.cursors.insert(handle, message + 1);
                self.tell(handle, What::Received, Some(message), wait);
                if !broadcast {
                    self.wake(handle, true, false);
                }
                let pause = 90 + self.chance(60);
                self.later(task, pause);
            }
            None if line.closed => {
                self.tell(handle, What::ReceiveEnded, None, wait);
                self.finish(task);
            }
            None => {
                line.receivers.push_back(task);
                if let Op::RecvWithin(_, time) = op {
                    self.tasks[task].deadline = Some(self.now + time);
                    self.later(task, time);
                }
                self.wait(task, handle, op, What::ReceiveWaits, wait);
            }
        }
    }

    fn wait(&mut self, task: usize, handle: u32, op: Op, what: What, wait: u32) {
        let number = if wait > 0 { wait } else { self.waits + 1 };
        self.waits = self.waits.max(number);
        self.tasks[task].waits = Some((op, number));
        if wait == 0 {
            self.tell(handle, what, None, number);
        }
    }

    /// Wakes who waits longest at the other side, or all.
    fn wake(&mut self, by: u32, senders: bool, all: bool) {
        loop {
            let line = self.line(by);
            let next = if senders { line.senders.pop_front() } else { line.receivers.pop_front() };
            let Some(task) = next else {
                return;
            };
            if let Some((Op::Send(handle) | Op::Recv(handle) | Op::RecvWithin(handle, _), wait)) =
                self.tasks[task].waits
            {
                self.tell(handle, What::Woken, None, wait);
                let latency = 250 + self.chance(700);
                self.later(task, latency);
            }
            if !all {
                return;
            }
        }
    }

    fn finish(&mut self, task: usize) {
        for handle in std::mem::take(&mut self.tasks[task].handles) {
            self.drop_handle(handle);
        }
    }

    fn drop_handle(&mut self, handle: u32) {
        self.tell(handle, What::Dropped, None, 0);
        let role = self.recording.handles[handle as usize - 1].role;
        let line = self.line(handle);
        line.alive[role as usize] -= 1;
        if line.alive[role as usize] == 0 && !line.closed {
            line.closed = true;
            self.tell(handle, What::Closed, None, role as u32 + 1);
            self.wake(handle, role == Role::Receiver, true);
        }
        let line = self.line(handle);
        let left = line.queue.len() as u32;
        if line.alive == [0, 0] && left > 0 && line.kind != Kind::Broadcast {
            let first = line.queue.pop_front();
            let channel = self.recording.handles[handle as usize - 1].channel;
            let what = What::Discarded;
            let (at, aux) = (self.now, left);
            self.recording.events.push(Event { at, channel, handle: NO_HANDLE, what, message: first, aux });
        }
    }
}
