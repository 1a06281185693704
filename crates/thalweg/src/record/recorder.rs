//! What a program calls.

use alloc::borrow::ToOwned;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::sync::{Arc, Weak};
use core::fmt;
use core::sync::atomic::{AtomicBool, Ordering};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use thalweg_recording::{Recording, Snapshot, Writer, stall_report};

use super::collector::Collector;
use super::server::Server;
use super::{foreign, run};

/// How often events are taken out of the rings of their threads.
const PERIOD: Duration = Duration::from_millis(2);

/// How often the numbers are published.
const PUBLISHED_EVERY: Duration = Duration::from_secs(1);

/// A process records once at a time.
static IS_TAKEN: AtomicBool = AtomicBool::new(false);

type OnStall = Box<dyn FnMut(&str) + Send>;

/// What is to be recorded, and what becomes of it.
///
/// ```
/// use thalweg::{mpmc, record};
///
/// let recorder = record::Options::new().start()?;
/// let (tx, rx) = mpmc::bounded(2);
/// let tx = record::named("parser", tx);
/// tx.try_send("hello").unwrap();
/// rx.try_recv().unwrap();
/// drop((tx, rx));
///
/// let recording = recorder.recording();
/// assert_eq!(recording.channels.len(), 1);
/// assert!(recording.handles.iter().any(|handle| handle.name.as_deref() == Some("parser")));
/// # Ok::<(), std::io::Error>(())
/// ```
#[must_use = "nothing is recorded before `start`"]
pub struct Options {
    keep: usize,
    capture: Option<PathBuf>,
    on_panic: Option<PathBuf>,
    on_stall: Option<(Duration, OnStall)>,
    publish: Option<PathBuf>,
    serve: Option<PathBuf>,
}

impl Options {
    /// Keeps the last 100,000 events in memory, of 40 bytes each.
    pub fn new() -> Options {
        Options { keep: 100_000, capture: None, on_panic: None, on_stall: None, publish: None, serve: None }
    }

    /// Keeps so many of the last events in memory, for [`Recorder::recording`].
    pub fn keep(mut self, events: usize) -> Options {
        self.keep = events;
        self
    }

    /// Writes all events to that file, a few milliseconds after they happened. It can be drawn as far as it was written,
    /// whatever becomes of the program.
    pub fn capture(mut self, path: impl Into<PathBuf>) -> Options {
        self.capture = Some(path.into());
        self
    }

    /// When a thread panics, writes what is kept to that file, then goes on with the panic hook that was set before the process
    /// first asked for this. The panic waits for the recorder, for a fifth of a second at the most: where it is the recorder's own, or
    /// another thread panics at that moment, nothing is written for this one. The hook stays when the recording ends, does nothing then, and serves the recordings that follow: a
    /// program that sets another afterwards has to go on with this one.
    pub fn on_panic(mut self, path: impl Into<PathBuf>) -> Options {
        self.on_panic = Some(path.into());
        self
    }

    /// Writes the numbers of all channels to that file, anew each second and at the end, for `thalweg top`. Who reads it sees the old
    /// ones or the new ones, never a part: they are written beside it first, to a file of its name with `.new` after it.
    pub fn publish(mut self, path: impl Into<PathBuf>) -> Options {
        self.publish = Some(path.into());
        self
    }

    /// Answers each connection with the numbers of all channels as they are then, for `thalweg top`. The address is the path
    /// of a Unix socket, which is there as long as the recording, or a loopback address with a port, such as
    /// `127.0.0.1:7007`; with port 0 [`Recorder::address`] says which it is. Who may write to the socket's file can ask;
    /// at a port any user of the machine can.
    pub fn serve(mut self, address: impl Into<PathBuf>) -> Options {
        self.serve = Some(address.into());
        self
    }

    /// When a send has waited for that long, gives a report to `tell`: who waits for what, and whom those wait for who
    /// could help. Once, until no send waits that long any more.
    ///
    /// `tell` runs on the recorder's thread, which collects nothing meanwhile. It may end the recording. If it panics it is not
    /// called again, and [`finish`](Recorder::finish) says so. Receives that wait are no stall: most receivers wait most of the time.
    pub fn on_stall(mut self, longer_than: Duration, tell: impl FnMut(&str) + Send + 'static) -> Options {
        self.on_stall = Some((longer_than, Box::new(tell)));
        self
    }

    /// Begins. Channels that are made from now on are recorded, those that exist are not.
    ///
    /// # Errors
    ///
    /// If the process records already, a file that it should write to cannot be written, or the address that it should serve
    /// at is none, is not of this machine's loopback, or is in use. A Unix socket that a program left behind, which nobody
    /// answers at, is not in use.
    pub fn start(self) -> io::Result<Recorder> {
        if IS_TAKEN.swap(true, Ordering::Acquire) {
            return Err(io::Error::new(
                io::ErrorKind::AlreadyExists,
                "this process records already: finish that first",
            ));
        }
        let taken = Taken { process: process::id() };
        let server = self.serve.as_deref().map(Server::open).transpose()?;
        let file = self.capture.map(|path| File::create(&path).map_err(|error| explain(error, &path))).transpose()?;
        let shared =
            Arc::new(Shared { collector: Mutex::new(Collector::new(self.keep, file)?), ends: AtomicBool::new(false) });
        if let Some(path) = self.on_panic {
            may_be_written(&path).map_err(|error| explain(error, &path))?;
            panic_hook::write(Arc::downgrade(&shared), path);
        }
        if let Some(path) = &self.publish {
            publish(&shared.collector().snapshot(), path).map_err(|error| explain(error, path))?;
        }
        let address = server.as_ref().map(|server| server.address().to_path_buf());
        let (for_thread, outlets) = (
            shared.clone(),
            Outlets {
                on_stall: self.on_stall,
                told: false,
                panicked: false,
                publish: self.publish,
                published: Instant::now(),
                server,
            },
        );
        let thread = thread::Builder::new().name("thalweg-record".into()).spawn(move || for_thread.run(outlets))?;
        run::begin();
        Ok(Recorder { shared, thread: Some(thread), address, taken })
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options").field("keep", &self.keep).field("capture", &self.capture).finish_non_exhaustive()
    }
}

/// The right to record, given back when it is dropped.
struct Taken {
    process: u32,
}

impl Taken {
    /// Not in a child that was forked meanwhile: the recorder's thread is not in it, nor who holds the locks there, and the file
    /// is its parent's.
    fn is_of_this_process(&self) -> bool {
        self.process == process::id()
    }
}

impl Drop for Taken {
    fn drop(&mut self) {
        if !self.is_of_this_process() {
            return;
        }
        run::end();
        run::over();
        // Release: the next one begins after all that this one did.
        IS_TAKEN.store(false, Ordering::Release);
    }
}

struct Shared {
    collector: Mutex<Collector>,
    ends: AtomicBool,
}

impl Shared {
    fn collector(&self) -> MutexGuard<'_, Collector> {
        self.collector.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The recorder's thread. Whether what tells of stalls never panicked. Relaxed: to end a period later does no harm.
    fn run(&self, mut outlets: Outlets) -> bool {
        while !self.ends.load(Ordering::Relaxed) {
            thread::park_timeout(PERIOD);
            self.collector().collect();
            if outlets.published.elapsed() >= PUBLISHED_EVERY {
                outlets.publish(self);
            }
            outlets.serve(self);
            outlets.tell_of_stalls(self);
        }
        outlets.publish(self);
        !outlets.panicked
    }
}

/// Where the recorder's thread gives what it has collected.
struct Outlets {
    on_stall: Option<(Duration, OnStall)>,
    /// The stall that goes on was told.
    told: bool,
    /// What it was told to panicked.
    panicked: bool,
    publish: Option<PathBuf>,
    published: Instant,
    server: Option<Server>,
}

impl Outlets {
    fn publish(&mut self, shared: &Shared) {
        let Some(path) = &self.publish else { return };
        self.published = Instant::now();
        let snapshot = shared.collector().snapshot();
        // It was written once, in `start`. If it cannot be now, what is there is old, and says of when it is.
        let _ = publish(&snapshot, path);
    }

    fn serve(&mut self, shared: &Shared) {
        let snapshot = || shared.collector().snapshot().to_json();
        self.server.iter_mut().for_each(|server| server.turn(snapshot));
    }

    fn tell_of_stalls(&mut self, shared: &Shared) {
        let Some((longer_than, tell)) = &mut self.on_stall else { return };
        let longer_than = u64::try_from(longer_than.as_nanos()).unwrap_or(u64::MAX);
        let mut collector = shared.collector();
        let stalled = collector.stalled_since().is_some_and(|since| collector.now() - since > longer_than);
        let report = (stalled && !self.told).then(|| stall_report(&collector.snapshot(), longer_than));
        drop(collector);
        self.told = stalled;
        if report.is_some_and(|report| foreign::run(|| tell(&report)).is_none()) {
            self.panicked = true;
            self.on_stall = None;
        }
    }
}

/// A recording that goes on. It ends when this is dropped, or by [`finish`](Recorder::finish), which tells what went wrong.
///
/// It is its process's. In a child that was forked, nothing is written or served, and to drop it does nothing; nor can the
/// child begin another recording. `exec` is not touched by this.
#[must_use = "the recording ends when this is dropped"]
pub struct Recorder {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<bool>>,
    address: Option<PathBuf>,
    // Last: another may begin when this has ended.
    taken: Taken,
}

impl Recorder {
    /// The last events.
    pub fn recording(&self) -> Recording {
        self.shared.collector().recording("the program asked for it")
    }

    /// Writes the last events to a file, which `thalweg draw` draws.
    pub fn save(&self, path: impl AsRef<Path>) -> io::Result<()> {
        write(&self.recording(), path.as_ref())
    }

    /// The numbers of all channels as they are now.
    pub fn snapshot(&self) -> Snapshot {
        self.shared.collector().snapshot()
    }

    /// Where the numbers are served, for `thalweg top`: what was given to [`Options::serve`], with the true port.
    pub fn address(&self) -> Option<&Path> {
        self.address.as_deref()
    }

    /// Who has waited longer than that, for what, and whom those wait for who could help.
    pub fn stall_report(&self, longer_than: Duration) -> String {
        stall_report(&self.snapshot(), u64::try_from(longer_than.as_nanos()).unwrap_or(u64::MAX))
    }

    /// Ends the recording.
    ///
    /// # Errors
    ///
    /// If the file could not be written to its end, what was to be told of a stall has panicked, or this is a child that was
    /// forked from the process that records.
    pub fn finish(mut self) -> io::Result<()> {
        self.end()
    }

    fn end(&mut self) -> io::Result<()> {
        let Some(thread) = self.thread.take() else { return Ok(()) };
        if !self.taken.is_of_this_process() {
            return Err(io::Error::other("another process records, of which this one is a fork"));
        }
        run::end();
        self.shared.ends.store(true, Ordering::Relaxed);
        thread.thread().unpark();
        // What is told of a stall may end the recording, on the thread itself, which then goes when that is done.
        let is_itself = thread.thread().id() == thread::current().id();
        let told = is_itself || thread.join().unwrap_or(false);
        self.shared.collector().end()?;
        told.then_some(()).ok_or_else(|| io::Error::other("what was told of a stall panicked"))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        // Who wants to know what went wrong calls `finish`.
        let _ = self.end();
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").finish_non_exhaustive()
    }
}

fn write(recording: &Recording, path: &Path) -> io::Result<()> {
    let mut writer = Writer::new(BufWriter::new(File::create(path)?))?;
    writer.recording(recording)?;
    writer.into_inner().flush()
}

fn explain(error: io::Error, path: &Path) -> io::Error {
    io::Error::new(error.kind(), std::format!("cannot write {}: {error}", path.display()))
}

/// Asked while there is time to do something about it. What is there is left as it is, and nothing where nothing was.
fn may_be_written(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(there) if there.is_file() || there.is_dir() => File::options().append(true).open(path).map(drop),
        // A pipe would wait for its reader.
        Ok(_) => Ok(()),
        // To what is not there yet.
        Err(_) if path.is_symlink() => Ok(()),
        Err(_) => {
            File::options().write(true).create_new(true).open(path)?;
            fs::remove_file(path)
        }
    }
}

fn publish(snapshot: &Snapshot, path: &Path) -> io::Result<()> {
    // After its whole name: a file of another ending is somebody else's.
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    fs::write(&beside, snapshot.to_json())?;
    fs::rename(&beside, path)
}

/// Writes what is kept when a thread panics.
mod panic_hook {
    use std::sync::Once;

    use super::*;

    /// How often a panic asks for the collector, which is at work for a moment every few milliseconds; and how long it waits in between.
    const TRIES: u32 = 200;
    const PAUSE: Duration = Duration::from_millis(1);

    /// Of which recording, of which process, and to which file.
    static WANTED: Mutex<Option<(Weak<Shared>, u32, PathBuf)>> = Mutex::new(None);

    /// From now on, for the recording that goes on, and no more for one before it.
    pub(super) fn write(shared: Weak<Shared>, path: PathBuf) {
        static IS_SET: Once = Once::new();
        *WANTED.lock().unwrap_or_else(PoisonError::into_inner) = Some((shared, process::id(), path));
        // Another each time would be one more for ever: nobody can take one out from between others.
        IS_SET.call_once(|| {
            let before = std::panic::take_hook();
            std::panic::set_hook(Box::new(move |panic| {
                write_now(&std::format!("{panic}"));
                before(panic);
            }));
        });
    }

    fn write_now(because: &str) {
        // Not for ever, as it may be the collector that panics; nor for another thread that panics too.
        // Nor when the recording has ended, or in a fork: what there is may be another's.
        let Ok(wanted) = WANTED.try_lock() else { return };
        let Some((shared, _, path)) = wanted.as_ref().filter(|(_, process, _)| *process == process::id()) else {
            return;
        };
        let Some(shared) = shared.upgrade().filter(|shared| !shared.ends.load(Ordering::Relaxed)) else { return };
        let Some(mut collector) = (0..TRIES).find_map(|_| asked(&shared.collector)) else { return };
        let recording = collector.recording(because);
        let _ = super::write(&recording, path);
    }

    /// The collector, if it is free now or after a pause.
    fn asked(collector: &Mutex<Collector>) -> Option<MutexGuard<'_, Collector>> {
        let try_now = || collector.try_lock().ok();
        try_now().or_else(|| {
            thread::sleep(PAUSE);
            try_now()
        })
    }
}
