//! `thalweg top`: where snapshots come from, and the view that is drawn again and again.

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use thalweg_diagram::{read_snapshot, top};
use thalweg_recording::Snapshot;

const WIDTH: usize = 80;
/// A program that does not answer for so long has stopped.
const PATIENCE: Duration = Duration::from_secs(2);
/// A program rewrites its file each second.
const OLD: Duration = Duration::from_secs(5);
/// More is no snapshot.
const MOST_BYTES: u64 = 256 << 20;

#[derive(Debug, Args)]
pub(crate) struct Top {
    /// The file that the program rewrites, or the Unix socket or 127.0.0.1:port on which it answers.
    source: PathBuf,
    /// Prints it once, 80 columns wide. So it does where the output is no terminal.
    #[arg(long)]
    once: bool,
    /// The time between two looks, in milliseconds.
    #[arg(long, default_value_t = 1_000, value_parser = milliseconds, value_name = "MS")]
    every: u64,
}

fn milliseconds(text: &str) -> Result<u64, String> {
    text.parse()
        .ok()
        .filter(|time| *time >= 50)
        .ok_or_else(|| "give a whole number of milliseconds, from 50 on".to_owned())
}

impl Top {
    /// # Errors
    ///
    /// What to say where there is no snapshot, or the terminal fails.
    pub(crate) fn run(&self) -> Result<(), String> {
        let snapshot = take(&self.source)?;
        let output = io::stdout();
        if self.once || !output.is_terminal() {
            if let Some(said) = age(&self.source) {
                eprintln!("thalweg: {said}");
            }
            let colour = output.is_terminal() && std::env::var_os("NO_COLOR").is_none();
            return match output.lock().write_all(top(&snapshot, None, WIDTH, colour).as_bytes()) {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(format!("could not write: {error}")),
                _ => Ok(()),
            };
        }
        self.view(snapshot)
    }

    #[cfg(feature = "tui")]
    fn view(&self, snapshot: Snapshot) -> Result<(), String> {
        let every = Duration::from_millis(self.every);
        screen::run(every, snapshot, || take(&self.source), || age(&self.source))
            .map_err(|error| format!("the terminal failed: {error}"))
    }

    #[cfg(not(feature = "tui"))]
    fn view(&self, _: Snapshot) -> Result<(), String> {
        Err(format!("this `thalweg` was built without its feature `tui`: use --once (every {} ms)", self.every))
    }
}

/// Of a file that is not rewritten any more: what it says may be long past.
fn age(source: &Path) -> Option<String> {
    let file = fs::metadata(source).ok().filter(fs::Metadata::is_file)?;
    // A clock that was set back says nothing.
    let age = file.modified().ok()?.elapsed().ok().filter(|age| *age >= OLD)?;
    let age = match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} days", seconds / 86_400),
    };
    // The name last: it may be long.
    Some(format!("written {age} ago, its program has ended or no longer gets to it: {}", source.display()))
}

fn take(source: &Path) -> Result<Snapshot, String> {
    let name = source.display();
    let text = text_of(source).map_err(|error| format!("cannot read {name}: {error}"))?;
    read_snapshot(&text).map_err(|error| format!("{name}: the text {error}"))
}

fn text_of(source: &Path) -> io::Result<String> {
    let address = source.to_str().and_then(|text| text.parse::<SocketAddr>().ok());
    match address {
        Some(address) if !source.exists() => {
            let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            whole(stream)
        }
        _ if is_socket(source) => from_socket(source),
        _ => whole(File::open(source)?),
    }
}

fn whole(from: impl Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    from.take(MOST_BYTES).read_to_end(&mut bytes)?;
    // What is no UTF-8 is no snapshot either, which is said later.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(unix)]
fn is_socket(path: &Path) -> bool {
    use std::os::unix::fs::FileTypeExt;
    fs::metadata(path).is_ok_and(|metadata| metadata.file_type().is_socket())
}

#[cfg(unix)]
fn from_socket(path: &Path) -> io::Result<String> {
    let stream = std::os::unix::net::UnixStream::connect(path)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    whole(stream)
}

#[cfg(not(unix))]
fn is_socket(_: &Path) -> bool {
    false
}

#[cfg(not(unix))]
fn from_socket(path: &Path) -> io::Result<String> {
    fs::read_to_string(path)
}

#[cfg(feature = "tui")]
mod screen {
    use std::io::{self, Write};
    use std::time::{Duration, Instant};

    use crossterm::event::{self, Event, KeyCode, KeyModifiers};
    use crossterm::terminal::{self, Clear, ClearType, EnterAlternateScreen, LeaveAlternateScreen};
    use crossterm::{cursor, execute, queue, style};
    use thalweg_diagram::top;
    use thalweg_recording::Snapshot;

    /// The terminal as it was, however the view ends.
    struct Restores;

    impl Drop for Restores {
        fn drop(&mut self) {
            let _ = execute!(io::stdout(), LeaveAlternateScreen, cursor::Show);
            let _ = terminal::disable_raw_mode();
        }
    }

    pub(super) fn run(
        every: Duration,
        mut now: Snapshot,
        take: impl Fn() -> Result<Snapshot, String>,
        age: impl Fn() -> Option<String>,
    ) -> io::Result<()> {
        let colour = std::env::var_os("NO_COLOR").is_none();
        terminal::enable_raw_mode()?;
        let _restores = Restores;
        execute!(io::stdout(), EnterAlternateScreen, cursor::Hide)?;
        let mut before = None;
        let mut problem = age();
        loop {
            draw(&now, before.as_ref(), problem.as_deref(), colour)?;
            if ends_within(every)? {
                return Ok(());
            }
            match take() {
                // A program that was started anew counts from 0.
                Ok(next) if next.at < now.at => (before, now, problem) = (None, next, age()),
                Ok(next) => {
                    // What did not change since is the same text, and its rates stay.
                    if next.at > now.at {
                        before = Some(std::mem::replace(&mut now, next));
                    }
                    problem = age();
                }
                Err(error) => problem = Some(error),
            }
        }
    }

    /// Whether somebody asked for the end, within this time.
    fn ends_within(time: Duration) -> io::Result<bool> {
        let end = Instant::now() + time;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            if !event::poll(left)? {
                return Ok(false);
            }
            match event::read()? {
                Event::Key(key) if key.code == KeyCode::Char('q') => return Ok(true),
                Event::Key(key) if key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('c') => {
                    return Ok(true);
                }
                Event::Resize(..) => return Ok(false),
                _ => {}
            }
        }
    }

    fn draw(now: &Snapshot, before: Option<&Snapshot>, problem: Option<&str>, colour: bool) -> io::Result<()> {
        let (width, height) = terminal::size()?;
        let mut out = io::stdout().lock();
        let text = top(now, before, usize::from(width), colour);
        let room = usize::from(height.saturating_sub(1));
        queue!(out, cursor::MoveTo(0, 0))?;
        for line in text.lines().take(room) {
            queue!(out, style::Print(line), Clear(ClearType::UntilNewLine), cursor::MoveToNextLine(1))?;
        }
        queue!(out, Clear(ClearType::FromCursorDown), cursor::MoveTo(0, height.saturating_sub(1)))?;
        let hidden = text.lines().count().saturating_sub(room);
        let mut foot = if hidden > 0 { format!("q quits · {hidden} more lines below") } else { "q quits".to_owned() };
        problem.iter().for_each(|problem| foot = format!("{foot} · {problem}"));
        let foot: String = foot.chars().take(usize::from(width)).collect();
        queue!(out, style::Print(foot), Clear(ClearType::UntilNewLine))?;
        out.flush()
    }
}
