//! Recording the run (feature `record`): `--diagram` draws it, `--stats` counts it.

use std::path::{Path, PathBuf};
use std::{fs, io};

use thalweg::mpmc::{Receiver, Sender};
use thalweg::record::{self, Recorder};
use thalweg_diagram::{mermaid, svg, text};
use thalweg_recording::Writer;

use crate::log::Log;

/// More than that is not drawn from its beginning. 32 MB of memory.
const MOST_EVENTS: usize = 1_000_000;

/// A recording that goes on, if one was asked for.
pub(crate) struct Recording(Option<Recorder>);

impl Recording {
    /// Begins, if there is reason to. The channels that are to be recorded are made afterwards.
    pub(crate) fn begin(is_wanted: bool) -> Result<Recording, String> {
        let begin =
            || record::Options::new().keep(MOST_EVENTS).start().map_err(|error| format!("cannot record: {error}"));
        Ok(Recording(is_wanted.then(begin).transpose()?))
    }

    /// Ends it. Shares of the time are shares of the time up to here.
    pub(crate) fn end(self) -> Run {
        Run(self.0.map(|recorder| (recorder.recording(), recorder.snapshot())))
    }
}

/// What was recorded, if that was asked for.
pub(crate) struct Run(Option<(record::Recording, record::Snapshot)>);

impl Run {
    /// Draws it to `diagram`, and says in numbers where the time went.
    pub(crate) fn show(self, diagram: Option<&Path>, stats: bool, log: &Log) -> Result<(), String> {
        let Some((recording, snapshot)) = self.0 else { return Ok(()) };
        if stats {
            let counts = snapshot.channels.iter().map(|channel| &channel.counts);
            counts.chain(snapshot.gone.iter().map(|gone| &gone.counts)).for_each(|counts| log.note(&numbers(counts)));
        }
        let Some(path) = diagram else { return Ok(()) };
        let options = thalweg_diagram::Options::default();
        let bytes = match path.extension().and_then(|ending| ending.to_str()) {
            Some("thalweg") => written(&recording),
            Some("txt") => Ok(text(&recording, &options).into_bytes()),
            Some("mmd") => Ok(mermaid(&recording, &options).into_bytes()),
            _ => Ok(svg(&recording, &options).into_bytes()),
        };
        bytes.and_then(|bytes| fs::write(path, bytes)).map_err(|error| format!("cannot write {path:?}: {error}"))
    }
}

/// What `thalweg draw` reads.
fn written(recording: &record::Recording) -> io::Result<Vec<u8>> {
    let mut writer = Writer::new(Vec::new())?;
    writer.recording(recording)?;
    Ok(writer.into_inner())
}

pub(crate) fn name_sender(sender: Sender<PathBuf>) -> Sender<PathBuf> {
    record::name_channel("paths", &sender);
    record::named("walk", sender)
}

pub(crate) fn name_worker(number: usize, inbox: Receiver<PathBuf>) -> Receiver<PathBuf> {
    record::named(format!("worker {number}"), inbox)
}

fn numbers(counts: &thalweg_recording::Counts) -> String {
    let ms = |ns: u64| ns as f64 / 1e6;
    format!(
        "the channel: {} paths sent, {} received, at most {} queued; the walk waited {} times, {:.1} ms in all; workers waited {} \
         times, {:.1} ms in all; half of the paths were queued for less than {:.3} ms",
        counts.sent,
        counts.received,
        counts.high_water,
        counts.sends_waited,
        ms(counts.send_wait.sum()),
        counts.receives_waited,
        ms(counts.receive_wait.sum()),
        ms(counts.queue_time.quantile(0.5)),
    )
}
