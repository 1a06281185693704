//! Snapshots out of their text.

use std::error::Error;
use std::fmt;

use serde_json::Value;
use thalweg_recording::{
    Channel, ChannelSnapshot, Counts, GoneChannels, Histogram, Kind, Party, Side, Snapshot, Waiter,
};

/// Reads what [`Snapshot::to_json`] wrote.
///
/// # Errors
///
/// Where the text is something else, is cut off, is of another version, or lacks something.
pub fn read_snapshot(text: &str) -> Result<Snapshot, SnapshotError> {
    if !text.trim_start().starts_with(r#"{"thalweg":"#) {
        let cut = r#"{"thalweg":"#.starts_with(text.trim_start());
        return Err(if cut { SnapshotError::Truncated } else { SnapshotError::Foreign });
    }
    let value: Value = serde_json::from_str(text).map_err(|error| match error.is_eof() {
        true => SnapshotError::Truncated,
        false => SnapshotError::Damaged(format!("it is no JSON, {error}")),
    })?;
    let root = Field { value: &value, path: String::new() };
    if value["thalweg"] != "snapshot" {
        return Err(SnapshotError::Foreign);
    }
    match root.number("version")? {
        version if version == u64::from(Snapshot::VERSION) => {}
        version => return Err(SnapshotError::Version(version)),
    }
    Ok(Snapshot {
        program: root.text("program")?,
        at: root.number("at")?,
        lost: root.number("lost")?,
        unmeasured: root.number("unmeasured")?,
        channels: root.list("channels", |field| field.channel_snapshot())?,
        gone: root.list("gone", |field| {
            let (channel, channels) = (field.channel()?, field.number("channels")?);
            Ok(GoneChannels { channel, channels, counts: field.counts()? })
        })?,
    })
}

/// Why a text is not taken for a snapshot.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// It is something else.
    Foreign,
    /// It ends too early.
    Truncated,
    /// It is of another version.
    Version(u64),
    /// Something in it is wrong, or missing.
    Damaged(String),
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SnapshotError::Foreign => f.write_str("is not a snapshot: it does not begin as `Snapshot::to_json` does"),
            SnapshotError::Truncated => {
                f.write_str("ends in the middle: it was read while the program wrote it, or cut")
            }
            SnapshotError::Version(version) => write!(
                f,
                "is a snapshot of version {version}, and this reader knows version {}; use the `thalweg` tool of the \
                 release that the program uses",
                Snapshot::VERSION
            ),
            SnapshotError::Damaged(why) => write!(f, "is damaged: {why}"),
        }
    }
}

impl Error for SnapshotError {}

/// A value and how one gets there.
struct Field<'a> {
    value: &'a Value,
    path: String,
}

impl<'a> Field<'a> {
    fn wrong<T>(&self, key: &str, what: &str) -> Result<T, SnapshotError> {
        Err(SnapshotError::Damaged(format!("`{}{key}` {what}", self.path)))
    }

    fn field(&self, key: &str) -> Field<'a> {
        Field { value: &self.value[key], path: format!("{}{key}.", self.path) }
    }

    fn number(&self, key: &str) -> Result<u64, SnapshotError> {
        self.value[key].as_u64().map_or_else(|| self.wrong(key, "is no number, or is missing"), Ok)
    }

    fn small(&self, key: &str) -> Result<u32, SnapshotError> {
        u32::try_from(self.number(key)?).or_else(|_| self.wrong(key, "is too large"))
    }

    /// A number that may be left out.
    fn maybe(&self, key: &str) -> Result<Option<u64>, SnapshotError> {
        if self.value[key].is_null() { Ok(None) } else { self.number(key).map(Some) }
    }

    fn text(&self, key: &str) -> Result<Option<String>, SnapshotError> {
        match &self.value[key] {
            Value::Null => Ok(None),
            Value::String(text) => Ok(Some(text.clone())),
            _ => self.wrong(key, "is no text"),
        }
    }

    fn list<T>(&self, key: &str, one: impl Fn(Field<'a>) -> Result<T, SnapshotError>) -> Result<Vec<T>, SnapshotError> {
        let Some(items) = self.value[key].as_array() else {
            return self.wrong(key, "is no list, or is missing");
        };
        let field = |(number, value)| Field { value, path: format!("{}{key}[{number}].", self.path) };
        items.iter().enumerate().map(|item| one(field(item))).collect()
    }

    fn channel(&self) -> Result<Channel, SnapshotError> {
        let kind = self.value["kind"].as_str().and_then(|name| Kind::ALL.into_iter().find(|kind| kind.name() == name));
        let Some(kind) = kind else {
            return self.wrong("kind", "is none that is known");
        };
        let (capacity, name, place) = (self.maybe("capacity")?, self.text("name")?, self.text("place")?);
        Ok(Channel { id: self.small("id")?, kind, capacity, name, place })
    }

    fn channel_snapshot(&self) -> Result<ChannelSnapshot, SnapshotError> {
        let closed = self.maybe("closed")?.map(|_| self.small("closed")).transpose()?;
        Ok(ChannelSnapshot {
            channel: self.channel()?,
            closed,
            depth: self.number("depth")?,
            senders: self.field("senders").side()?,
            receivers: self.field("receivers").side()?,
            counts: self.counts()?,
        })
    }

    fn side(&self) -> Result<Side, SnapshotError> {
        let wait = |field: Field<'_>| {
            Ok(Waiter { party: field.party()?, since: field.number("since")?, woken: field.maybe("woken")? })
        };
        Ok(Side {
            handles: self.number("handles")?,
            parties: self.list("parties", |field| field.party())?,
            waiting: self.number("waiting")?,
            waits: self.list("waits", wait)?,
        })
    }

    fn party(&self) -> Result<Party, SnapshotError> {
        match (self.text("label")?, self.value["named"].as_bool()) {
            (Some(label), Some(named)) => Ok(Party { label, named }),
            _ => self.wrong("label", "or `named` is missing"),
        }
    }

    fn counts(&self) -> Result<Counts, SnapshotError> {
        let mut counts = Counts::default();
        for (name, count) in counts.sums_mut() {
            *count = self.number(name)?;
        }
        counts.high_water = self.number("high_water")?;
        counts.send_wait = self.histogram("send_wait")?;
        counts.receive_wait = self.histogram("receive_wait")?;
        counts.queue_time = self.histogram("queue_time")?;
        Ok(counts)
    }

    fn histogram(&self, key: &str) -> Result<Histogram, SnapshotError> {
        let field = self.field(key);
        let count = |field: Field<'_>| {
            field.value.as_u64().ok_or(SnapshotError::Damaged(format!("`{}` is no number", field.path)))
        };
        let histogram =
            Histogram::from_parts(&field.list("buckets", count)?, field.number("sum")?, field.number("max")?);
        histogram.map_or_else(|| self.wrong(key, "cannot be a histogram's numbers"), Ok)
    }
}
