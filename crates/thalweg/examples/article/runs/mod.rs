//! The programs, and how they are recorded.

mod broadcast;
mod capacity_1;
mod deadlock;
mod dropped_reply;
mod executor;
mod mpmc;
mod mpsc;
mod oneshot;
mod slow_consumer;
mod standstill;
mod trouble;
mod watch;

use std::time::Duration;

use thalweg::record::{Options, Recording};
use thalweg_recording::{NO_HANDLE, What};

use executor::Executor;

/// A program that is recorded.
pub(crate) struct Run {
    pub(crate) name: &'static str,
    title: &'static str,
    program: fn(&Executor),
    /// What the messages of its first channel are.
    texts: &'static [&'static str],
    /// When the recording is taken, at the earliest.
    taken: Duration,
}

/// Each event takes so much of the clock.
const STEP: Duration = Duration::from_nanos(100);

impl Run {
    const fn new(name: &'static str, title: &'static str, program: fn(&Executor)) -> Run {
        Run { name, title, program, texts: &[], taken: Duration::ZERO }
    }

    const fn of(self, texts: &'static [&'static str]) -> Run {
        Run { texts, ..self }
    }

    /// Runs it and records it. The events are those of the run. Their times are by the executor's clock, on which nothing takes time
    /// but to sleep, and each event [`STEP`]: so the recording is the same each time.
    pub(crate) fn record(&self) -> Recording {
        let recorder = Options::new().start().expect("one recording at a time");
        let executor = Executor::default();
        (self.program)(&executor);
        let mut times: Vec<Duration> = Vec::new();
        let mut tell = |now: Duration| {
            let count = recorder.recording().events.len();
            while times.len() < count {
                let next = times.last().map_or(STEP, |last| *last + STEP);
                times.push(next.max(now));
            }
        };
        tell(Duration::ZERO);
        executor.run(tell);
        let mut recording = recorder.recording();
        executor.end();
        let ended = times.last().copied().unwrap_or_default().max(self.taken);
        recording.ended = ended.as_nanos() as u64;
        for (event, at) in recording.events.iter_mut().zip(times) {
            event.at = at.as_nanos() as u64;
        }
        for channel in &mut recording.channels {
            let place = channel.place.take().unwrap_or_default();
            channel.place = place.rfind("examples/").map(|at| place[at..].to_owned());
        }
        recording.notes = vec![("program".to_owned(), self.title.to_owned())];
        renumber(&mut recording);
        recording.texts.extend((0..).zip(self.texts).map(|(message, text)| ((1, message), (*text).to_owned())));
        recording
    }
}

/// The process counts on from one recording to the next; here each begins with 1.
fn renumber(recording: &mut Recording) {
    let before = recording.channels[0].id - 1;
    recording.channels.iter_mut().for_each(|channel| channel.id -= before);
    for handle in &mut recording.handles {
        handle.id -= before;
        handle.channel -= before;
    }
    for event in &mut recording.events {
        event.channel -= before;
        if event.handle != NO_HANDLE {
            event.handle -= before;
        }
        if event.what == What::Cloned {
            event.aux -= before;
        }
    }
}

/// All of them.
pub(crate) const ALL: [Run; 11] = [
    Run::new("oneshot", "oneshot: one message, once", oneshot::run).of(&["A"]),
    Run::new("mpsc", "mpsc: many producers, one consumer", mpsc::run).of(&["A", "B", "C"]),
    Run::new("broadcast", "broadcast: each message to every consumer", broadcast::run).of(&["A", "B"]),
    Run::new("mpmc", "mpmc: each message to one of the consumers", mpmc::run).of(&["A", "B", "C"]),
    Run::new("watch", "watch: the newest value to each reader", watch::run).of(&["A", "B", "C", "D"]),
    Run::new("capacity-1", "Capacity 1: the second send waits", capacity_1::run).of(&["A", "B"]),
    Run::new("slow-consumer", "A slow consumer behind capacity 1", slow_consumer::run),
    Run::new("dropped-reply", "A request whose reply sender is dropped", dropped_reply::run),
    Run { taken: Duration::from_secs(2), ..Run::new("deadlock", "Two tasks that wait for each other", deadlock::run) },
    Run::new("trouble", "Given up, missed, left behind", trouble::run),
    Run::new("standstill", "300 files, 4 hashers, and a printer that is held up", standstill::run),
];
