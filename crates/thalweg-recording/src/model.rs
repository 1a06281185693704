//! The events of a run and whom they are about.

use std::collections::BTreeMap;

/// Everything that is known of a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Recording {
    /// The channels, each with an id of its own.
    pub channels: Vec<Channel>,
    /// The handles of all channels, each with an id of its own, from 1 on.
    pub handles: Vec<Handle>,
    /// What happened, in the order of time.
    pub events: Vec<Event>,
    /// Texts of messages, by channel and message, where the program gave them.
    pub texts: BTreeMap<(u32, u64), String>,
    /// How many events are missing: they were overwritten, or there was no room for them.
    pub lost: u64,
    /// When the recording was ended, in nanoseconds since it began. [`read`](crate::read) sets it to the last event's
    /// time where the file has no end.
    pub ended: u64,
    /// Notes on the whole, such as the program's name, or why the recording was taken.
    pub notes: Vec<(String, String)>,
}

/// A channel that was recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Channel {
    /// Its number in the recording.
    pub id: u32,
    /// Which messages go to whom.
    pub kind: Kind,
    /// How many messages it holds; `None` is without a limit.
    pub capacity: Option<u64>,
    /// The name that the program gave it.
    pub name: Option<String>,
    /// Where it was made, as `file:line`.
    pub place: Option<String>,
}

/// Which messages go to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// From many, each to one of many.
    Mpmc,
    /// From many, all to one.
    Mpsc,
    /// One message, once.
    Oneshot,
    /// Each to every receiver.
    Broadcast,
    /// Of which only the newest counts. A message's number is its version.
    Watch,
}

/// One end of a channel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    /// Its number in the recording, from 1 on.
    pub id: u32,
    /// The channel whose end it is.
    pub channel: u32,
    /// Which end.
    pub role: Role,
    /// The name that the program gave it. Handles of one name are one party: a task that receives from one channel and
    /// sends to another gives both handles its name.
    pub name: Option<String>,
    /// The how manieth of its role on its channel it is, from 1 on.
    pub ordinal: u32,
}

/// Which end of a channel a handle is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// It sends.
    Sender,
    /// It receives.
    Receiver,
}

/// The handle of an event that is nobody's.
pub const NO_HANDLE: u32 = 0;

/// `aux` of [`What::Closed`]: somebody asked for it.
pub const CLOSED_BY_CALL: u32 = 0;
/// `aux` of [`What::Closed`]: no sender was left.
pub const LAST_SENDER_WENT: u32 = 1;
/// `aux` of [`What::Closed`]: no receiver was left.
pub const LAST_RECEIVER_WENT: u32 = 2;

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, in nanoseconds since the recording began.
    pub at: u64,
    /// On which channel.
    pub channel: u32,
    /// Whose doing it was, or [`NO_HANDLE`].
    pub handle: u32,
    /// What happened.
    pub what: What,
    /// Which message: its position in the one order of its channel, from 0 on.
    pub message: Option<u64>,
    /// What [`What`] says. Where it is the number of a wait, 0 stands for none, and each wait of a handle has a number of
    /// its own while it lasts: a handle may wait in several tasks at once.
    pub aux: u32,
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum What {
    /// The handle was made together with its channel, or later from none that goes on where it is.
    Created,
    /// The handle was made from another one, whose id is in `aux`.
    Cloned,
    /// The handle went.
    Dropped,
    /// The message is in the channel. `aux` is the wait that ended by it.
    Sent,
    /// The same, at a place that had been reserved.
    SentByPermit,
    /// The receiver has the message. `aux` is the wait that ended by it.
    Received,
    /// There is no place: a send, or a reservation, begins to wait. `aux` is the wait.
    SendWaits,
    /// There is no message: a receive begins to wait. `aux` is the wait.
    ReceiveWaits,
    /// The wait in `aux` was told to look again. It goes on until its task does.
    Woken,
    /// The future whose wait is in `aux` was dropped.
    Cancelled,
    /// The wait in `aux` met its deadline.
    TimedOut,
    /// `aux` places were reserved. `message` is the wait that ended by it, if any.
    Reserved,
    /// `aux` reserved places were given back unused.
    PermitReturned,
    /// The channel was closed. `aux` says why, such as [`LAST_SENDER_WENT`].
    Closed,
    /// A send failed since the channel is closed, or nobody receives; the message was given back. `aux` is the wait that ended by it.
    SendRefused,
    /// A receive found the channel closed and empty. `aux` is the wait that ended by it.
    ReceiveEnded,
    /// The receiver was told that it missed `aux` messages. `message` is the next one that it can have. It ends the wait of
    /// the receiver, if it waited.
    Lagged,
    /// `aux` messages from `message` on went without having been received.
    Discarded,
}

impl Channel {
    /// What to call it: its name, or the file and line where it was made, or its kind.
    pub fn label(&self) -> String {
        match (&self.name, &self.place) {
            (Some(name), _) => name.clone(),
            (None, Some(place)) => place.rsplit(['/', '\\']).next().unwrap_or(place).to_owned(),
            (None, None) => self.kind.name().to_owned(),
        }
    }
}

impl Handle {
    /// What to call it: its name, or its role and ordinal.
    pub fn label(&self) -> String {
        self.name.clone().unwrap_or_else(|| format!("{} {}", self.role.name(), self.ordinal))
    }
}

impl Kind {
    /// All of them, in the order of their numbers in a file.
    pub const ALL: [Kind; 5] = [Kind::Mpmc, Kind::Mpsc, Kind::Oneshot, Kind::Broadcast, Kind::Watch];

    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Mpmc => "mpmc",
            Kind::Mpsc => "mpsc",
            Kind::Oneshot => "oneshot",
            Kind::Broadcast => "broadcast",
            Kind::Watch => "watch",
        }
    }
}

impl Role {
    /// Its name in lower case.
    pub fn name(self) -> &'static str {
        match self {
            Role::Sender => "sender",
            Role::Receiver => "receiver",
        }
    }
}

impl What {
    /// All of them, in the order of their numbers in a file, from 1 on.
    pub const ALL: [What; 18] = [
        What::Created,
        What::Cloned,
        What::Dropped,
        What::Sent,
        What::SentByPermit,
        What::Received,
        What::SendWaits,
        What::ReceiveWaits,
        What::Woken,
        What::Cancelled,
        What::TimedOut,
        What::Reserved,
        What::PermitReturned,
        What::Closed,
        What::SendRefused,
        What::ReceiveEnded,
        What::Lagged,
        What::Discarded,
    ];

    /// Its name in lower case with underscores.
    pub fn name(self) -> &'static str {
        match self {
            What::Created => "created",
            What::Cloned => "cloned",
            What::Dropped => "dropped",
            What::Sent => "sent",
            What::SentByPermit => "sent_by_permit",
            What::Received => "received",
            What::SendWaits => "send_waits",
            What::ReceiveWaits => "receive_waits",
            What::Woken => "woken",
            What::Cancelled => "cancelled",
            What::TimedOut => "timed_out",
            What::Reserved => "reserved",
            What::PermitReturned => "permit_returned",
            What::Closed => "closed",
            What::SendRefused => "send_refused",
            What::ReceiveEnded => "receive_ended",
            What::Lagged => "lagged",
            What::Discarded => "discarded",
        }
    }

    /// The wait that this event of a handle ends, by its number; 0 where it ends none, or none is known.
    pub fn ends_wait(self, event: &Event) -> u32 {
        match self {
            What::Sent | What::SentByPermit | What::Received | What::Cancelled | What::TimedOut => event.aux,
            What::SendRefused | What::ReceiveEnded => event.aux,
            What::Reserved => event.message.and_then(|wait| u32::try_from(wait).ok()).unwrap_or(0),
            _ => 0,
        }
    }
}
