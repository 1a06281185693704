//! Promise 13, at compile time: what may cross threads, be moved after it was polled, and survive a caught panic. Every
//! public type is pinned as it is today; whoever changes one of these says so here.

use std::{
    cell::Cell,
    marker::{PhantomData, PhantomPinned},
    panic::{RefUnwindSafe, UnwindSafe},
    rc::Rc,
    sync::MutexGuard,
};

use thalweg::{broadcast, mpmc, mpsc, oneshot};

/// Whether a type has a trait: the inherent constant, where its bound holds, comes before the trait's.
struct Is<T: ?Sized>(PhantomData<T>);

trait Otherwise {
    const SEND: bool = false;
    const SYNC: bool = false;
    const UNPIN: bool = false;
    const UNWIND: bool = false;
    const REF_UNWIND: bool = false;
}

impl<T: ?Sized> Otherwise for Is<T> {}

impl<T: ?Sized + Send> Is<T> {
    const SEND: bool = true;
}

impl<T: ?Sized + Sync> Is<T> {
    const SYNC: bool = true;
}

impl<T: ?Sized + Unpin> Is<T> {
    const UNPIN: bool = true;
}

impl<T: ?Sized + UnwindSafe> Is<T> {
    const UNWIND: bool = true;
}

impl<T: ?Sized + RefUnwindSafe> Is<T> {
    const REF_UNWIND: bool = true;
}

/// Which of the traits a type has, in the order of the columns.
type Traits = [bool; 5];

const NAMES: [&str; 5] = ["Send", "Sync", "Unpin", "UnwindSafe", "RefUnwindSafe"];

macro_rules! traits_of {
    ($type:ty) => {
        [Is::<$type>::SEND, Is::<$type>::SYNC, Is::<$type>::UNPIN, Is::<$type>::UNWIND, Is::<$type>::REF_UNWIND]
    };
}

/// When a type has a trait.
#[derive(Clone, Copy)]
enum When {
    /// Whatever the message.
    Always,
    Never,
    /// Where the message has these.
    If(&'static [usize]),
}

use When::{Always as Y, Never as N};

const SEND: When = When::If(&[0]);
const SYNC: When = When::If(&[1]);
const BOTH: When = When::If(&[0, 1]);
const PINS: When = When::If(&[2]);
const UNWIND: When = When::If(&[3]);
const REF: When = When::If(&[4]);

impl When {
    fn holds(self, message: Traits) -> bool {
        match self {
            Y => true,
            N => false,
            When::If(needed) => needed.iter().all(|&needed| message[needed]),
        }
    }
}

/// A public type: its name, when it has each trait, and whether it has it for each kind of message.
struct Row {
    name: &'static str,
    pinned: [When; 5],
    found: [Traits; MESSAGES.len()],
}

/// A kind of message for each trait that a message may lack: none of them, `Sync`, `Send`, both, `Unpin`, `UnwindSafe`.
/// What has a cell in it is not `RefUnwindSafe`.
const MESSAGES: [Traits; 6] = [
    traits_of!(u64),
    traits_of!(Cell<u64>),
    traits_of!(MutexGuard<'static, u64>),
    traits_of!(Rc<Cell<u64>>),
    traits_of!(PhantomPinned),
    traits_of!(&'static mut u64),
];

/// The rows of types that have a message `T`.
macro_rules! pin {
    ($($type:ty: $send:tt $sync:tt $unpin:tt $unwind:tt $ref_unwind:tt;)*) => {
        &[$({
            type Of<T> = $type;
            Row {
                name: stringify!($type),
                pinned: [$send, $sync, $unpin, $unwind, $ref_unwind],
                found: [
                    traits_of!(Of<u64>),
                    traits_of!(Of<Cell<u64>>),
                    traits_of!(Of<MutexGuard<'static, u64>>),
                    traits_of!(Of<Rc<Cell<u64>>>),
                    traits_of!(Of<PhantomPinned>),
                    traits_of!(Of<&'static mut u64>),
                ],
            }
        }),*]
    };
}

/// The rows of types that have none.
macro_rules! pin_plain {
    ($($type:ty: $send:tt $sync:tt $unpin:tt $unwind:tt $ref_unwind:tt;)*) => {
        &[$(Row {
            name: stringify!($type),
            pinned: [$send, $sync, $unpin, $unwind, $ref_unwind],
            found: [traits_of!($type); MESSAGES.len()],
        }),*]
    };
}

// A handle lets `T` cross threads, and never shows one to two threads at once: `T: Send` is what both need.
// What owns a message may be shared only as the message may.
const EVERYWHERE: &[Row] = pin! {
    mpmc::Sender<T>:                      SEND SEND Y Y Y;
    mpmc::Receiver<T>:                    SEND SEND Y Y Y;
    mpmc::WeakSender<T>:                  SEND SEND Y Y Y;
    mpmc::WeakReceiver<T>:                SEND SEND Y Y Y;
    mpmc::PollSender<T>:                  SEND SEND Y Y Y;
    mpmc::Permit<'static, T>:             SEND SEND Y Y Y;
    mpmc::OwnedPermit<T>:                 SEND SEND Y Y Y;
    mpmc::PermitIterator<'static, T>:     SEND SEND Y Y Y;
    mpmc::Drain<T>:                       SEND N Y N N;
    mpmc::TryIter<'static, T>:            SEND SEND Y Y Y;
    mpmc::Send<'static, T>:               SEND BOTH N UNWIND REF;
    mpmc::OwnedSend<T>:                   SEND BOTH N UNWIND REF;
    mpmc::SendMany<'static, T>:           SEND BOTH N N REF;
    mpmc::Recv<'static, T>:               SEND SEND N Y Y;
    mpmc::OwnedRecv<T>:                   SEND SEND N Y Y;
    mpmc::RecvMany<'static, T, Vec<T>>:   SEND BOTH N N REF;
    mpmc::Reserve<'static, T>:            SEND SEND N Y Y;
    mpmc::ReserveOwned<T>:                SEND SEND N Y Y;
    mpmc::ReserveMany<'static, T>:        SEND SEND N Y Y;
    mpmc::Closed<'static, T>:             SEND SEND N Y Y;
    mpmc::SendError<T>:                   SEND SYNC PINS UNWIND REF;
    mpmc::TrySendError<T>:                SEND SYNC PINS UNWIND REF;
    mpmc::SendTimeoutError<T>:            SEND SYNC PINS UNWIND REF;

    mpsc::Sender<T>:                      SEND SEND Y Y Y;
    mpsc::Receiver<T>:                    SEND SEND Y Y Y;
    mpsc::WeakSender<T>:                  SEND SEND Y Y Y;
    mpsc::UnboundedSender<T>:             SEND SEND Y Y Y;
    mpsc::UnboundedReceiver<T>:           SEND SEND Y Y Y;
    mpsc::WeakUnboundedSender<T>:         SEND SEND Y Y Y;
    mpsc::PollSender<T>:                  SEND SEND Y Y Y;
    mpsc::Permit<'static, T>:             SEND SEND Y Y Y;
    mpsc::OwnedPermit<T>:                 SEND SEND Y Y Y;
    mpsc::PermitIterator<'static, T>:     SEND SEND Y Y Y;
    mpsc::future::Send<'static, T>:       SEND BOTH N UNWIND REF;
    mpsc::future::Recv<'static, T>:       SEND SEND Y N Y;
    mpsc::future::RecvMany<'static, T>:   SEND BOTH Y N REF;
    mpsc::future::Reserve<'static, T>:    SEND SEND N Y Y;
    mpsc::future::ReserveOwned<T>:        SEND SEND N Y Y;
    mpsc::future::ReserveMany<'static, T>: SEND SEND N Y Y;
    mpsc::future::Closed<'static, T>:     SEND SEND N Y Y;
    mpsc::error::SendError<T>:            SEND SYNC PINS UNWIND REF;
    mpsc::error::TrySendError<T>:         SEND SYNC PINS UNWIND REF;
    mpsc::error::SendTimeoutError<T>:     SEND SYNC PINS UNWIND REF;
    mpsc::error::PollSendError<T>:        SEND SYNC PINS UNWIND REF;

    oneshot::Sender<T>:                   SEND SEND Y Y Y;
    oneshot::Receiver<T>:                 SEND SEND Y Y Y;
    oneshot::Closed<'static, T>:          SEND SEND Y N Y;

    broadcast::Sender<T>:                       SEND SEND Y Y Y;
    broadcast::Sender<T, broadcast::Lossless>:  SEND SEND Y Y Y;
    broadcast::WeakSender<T>:                   SEND SEND Y Y Y;
    broadcast::WeakSender<T, broadcast::Lossless>: SEND SEND Y Y Y;
    broadcast::Receiver<T>:                     SEND SEND Y Y Y;
    broadcast::InactiveReceiver<T>:             SEND SEND Y Y Y;
    broadcast::Send<'static, T>:                SEND BOTH N UNWIND REF;
    broadcast::Recv<'static, T>:                SEND SEND N N Y;
    broadcast::Closed<'static, T>:              SEND SEND N Y Y;
    broadcast::error::SendError<T>:             SEND SYNC PINS UNWIND REF;
    broadcast::error::TrySendError<T>:          SEND SYNC PINS UNWIND REF;
    broadcast::error::SendTimeoutError<T>:      SEND SYNC PINS UNWIND REF;
};

const WITHOUT_MESSAGE: &[Row] = pin_plain! {
    mpmc::RecvError:                    Y Y Y Y Y;
    mpmc::TryRecvError:                 Y Y Y Y Y;
    mpmc::RecvTimeoutError:             Y Y Y Y Y;
    mpsc::error::TryRecvError:          Y Y Y Y Y;
    mpsc::error::RecvTimeoutError:      Y Y Y Y Y;
    oneshot::error::RecvError:          Y Y Y Y Y;
    oneshot::error::TryRecvError:       Y Y Y Y Y;
    oneshot::error::RecvTimeoutError:   Y Y Y Y Y;
    broadcast::Lossy:                   Y Y Y Y Y;
    broadcast::Lossless:                Y Y Y Y Y;
    broadcast::error::RecvError:        Y Y Y Y Y;
    broadcast::error::TryRecvError:     Y Y Y Y Y;
    broadcast::error::RecvTimeoutError: Y Y Y Y Y;
    broadcast::error::Lagged:           Y Y Y Y Y;
};

#[cfg(not(feature = "std"))]
const WITH_STD: &[&[Row]] = &[];

#[cfg(feature = "std")]
const WITH_STD: &[&[Row]] = &[with_std::ROWS, with_std::WITHOUT_MESSAGE, with_std::OF_CLOSURES];

#[cfg(feature = "std")]
mod with_std {
    use super::*;
    use thalweg::watch;

    pub(super) const ROWS: &[Row] = pin! {
        mpmc::IterBlocking<'static, T>:         SEND SEND Y Y Y;
        watch::Sender<T>:                       BOTH BOTH Y Y Y;
        watch::Receiver<T>:                     BOTH BOTH Y Y Y;
        watch::Values<T>:                       BOTH BOTH Y Y Y;
        watch::Ref<'static, T>:                 N SYNC Y REF REF;
        watch::Changed<'static, T>:             BOTH BOTH N N Y;
        watch::WaitFor<'static, T, fn(&T) -> bool>: BOTH BOTH N N Y;
        watch::Closed<'static, T>:              BOTH BOTH N Y Y;
        watch::error::SendError<T>:             SEND SYNC PINS UNWIND REF;
    };

    pub(super) const WITHOUT_MESSAGE: &[Row] = pin_plain! {
        watch::error::RecvError:        Y Y Y Y Y;
        watch::error::RecvTimeoutError: Y Y Y Y Y;
    };

    // Here the message is what the closure owns, or the collection holds.
    pub(super) const OF_CLOSURES: &[Row] = pin! {
        watch::WaitFor<'static, u64, T>: SEND SYNC N N REF;
    };
}

fn all() -> impl Iterator<Item = &'static Row> {
    [EVERYWHERE, WITHOUT_MESSAGE].into_iter().chain(WITH_STD.iter().copied()).flatten()
}

#[test]
fn are_as_pinned() {
    let mut wrong = Vec::new();
    for row in all() {
        for (kind, (message, found)) in MESSAGES.into_iter().zip(row.found).enumerate() {
            for (column, name) in NAMES.iter().enumerate() {
                if row.pinned[column].holds(message) != found[column] {
                    wrong.push(format!("{}, message {kind}: {name} is {}", row.name, found[column]));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// A row's face and the type's own name.
#[cfg(feature = "std")]
fn parts(name: &str) -> (&str, &str) {
    let path = name.split('<').next().unwrap_or(name);
    (path.split("::").next().unwrap_or(path), path.rsplit("::").next().unwrap_or(path))
}

/// The names behind `pub struct` and `pub enum`.
#[cfg(feature = "std")]
fn public_types(source: &str) -> impl Iterator<Item = &str> {
    let items = source.lines().map(str::trim_start).filter_map(|line| line.strip_prefix("pub "));
    let types = items.filter_map(|item| item.strip_prefix("struct ").or_else(|| item.strip_prefix("enum ")));
    types.filter_map(|item| item.split(|c: char| !(c.is_alphanumeric() || c == '_')).next())
}

/// The sources name each public type once, here they are all pinned: in a room of their own under its name, and what the
/// faces have in common under one of theirs.
#[cfg(feature = "std")]
#[test]
fn no_public_type_is_forgotten() {
    const FACES: [&str; 5] = ["mpmc", "mpsc", "oneshot", "broadcast", "watch"];
    let sources = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut open, mut found, mut forgotten) = (vec![sources.clone()], 0, Vec::new());
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let room = path.strip_prefix(&sources).unwrap().iter().next().unwrap().to_str().unwrap().to_owned();
        if room == "record" {
            continue; // in `tests/record.rs`: it is there only with its feature
        }
        for name in public_types(&std::fs::read_to_string(&path).unwrap()) {
            found += 1;
            let is_it = |row: &Row| {
                let (face, own) = parts(row.name);
                own == name && (face == room || !FACES.contains(&room.as_str()))
            };
            if !all().any(is_it) {
                forgotten.push(format!("{room}: {name}"));
            }
        }
    }
    assert!(forgotten.is_empty(), "not pinned above: {forgotten:?}");
    assert!(found > 60, "only {found} public types were found");
}
