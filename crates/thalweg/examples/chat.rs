//! A chat server over TCP: what one client says all clients hear, and nobody waits for who is slow.
//!
//! ```text
//!   client 1 ─▶ talk ─┐                                                             ┌─▶ listen ─▶ client 1
//!   client 2 ─▶ talk ─┼─ send ─▶ [ mpsc: requests ] ─▶ hub ─▶ [ broadcast: lines ] ─┼─▶ listen ─▶ client 2
//!   client N ─▶ talk ─┘                                 │                           └─▶ listen ─▶ client N
//!                ▲                                      │
//!                └── await ◀─ [ oneshot: is it mine? ] ◀┘
//!
//!   Ctrl-C ─▶ [ watch: ending ] ─▶ everybody
//! ```
//!
//! What the channels do for this program:
//!
//! - **One task owns the names**, the hub. Clients ask it through an `mpsc` channel, which holds them back when they
//!   talk faster than it works, and a `oneshot` in the request brings the answer back.
//! - **A line is sent once, for all.** The `broadcast` channel keeps the last few lines. Sending never waits, so a
//!   client that does not read holds up nobody: it misses lines, and is told how many, exactly.
//! - **The end is one value that changes.** Everybody looks at it through a `watch` channel, beside what else they wait
//!   for; and when the last of its receivers is dropped, the last client has gone.
//! - **Everything else about the end is who drops what.** Clients stop talking: the last sender of requests goes. The
//!   hub finishes those it has and goes, and the sender of lines with it. Clients hear the lines they are owed, then
//!   that there will be no more. So nothing that the hub accepted is lost to a client that reads.
//! - **What did not complete did not happen**, so every wait may stand in a `select!` and be dropped there.
//!
//! Try it: `cargo run --example chat`, and in two other terminals `nc 127.0.0.1 7171`. `--help` knows the limits.

use std::collections::BTreeMap;
use std::error::Error;
use std::io::{self, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use clap::{Parser, value_parser};
use thalweg::broadcast::error::RecvError;
use thalweg::{broadcast, mpsc, oneshot, watch};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy, sink};
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::{select, time};

/// Serve a chat over TCP
///
/// Prints the address it listens on. Each line that a client sends goes to all clients, also to itself.
#[derive(Debug, Parser)]
#[command(name = "chat", after_help = AFTER_HELP)]
struct Args {
    /// The address of this machine to listen on; 0.0.0.0 is all it has
    #[arg(long, value_name = "IP", default_value_t = Ipv4Addr::LOCALHOST.into())]
    host: IpAddr,

    /// The port to listen on; 0 takes a free one
    #[arg(short, long, value_name = "N", default_value_t = 7171)]
    port: u16,

    /// How many lines are kept for clients that read slowly
    #[arg(short, long, value_name = "N", default_value_t = 256, value_parser = value_parser!(u32).range(1..=1_000_000))]
    capacity: u32,

    /// How many seconds who leaves, or is left by the server, may take to read the rest
    #[arg(short, long, value_name = "N", default_value_t = 1)]
    grace: u64,
}

const AFTER_HELP: &str = "\
Join with `nc 127.0.0.1 7171` or telnet. The first line is your name: 1 to 20 letters, digits, `-` or `_`.
A line has at most 1024 bytes of UTF-8. What the server itself has to say begins with `* `.

Who reads so slowly that lines are written over is told how many. Who ends the connection, or its own half
of it, has left, and hears what was said until then.

Ctrl-C ends the server: clients hear what is on its way to them, and a last line. Who does not read it within
the grace is cut off.

Exit status: 0 Ctrl-C ended it, 1 it cannot listen, 2 usage.";

/// Most bytes of a line that a client sends, with its end.
const LONGEST: u64 = 1024;
/// Most letters of a name.
const LONGEST_NAME: usize = 20;
/// How long to wait when a client could not be let in, as when there are too many.
const RETRY: Duration = Duration::from_millis(100);

/// What is written to clients, with its end. All of them share it.
type Line = Arc<str>;
/// Tells clients apart, also those that have no name yet.
type Id = u64;

/// What a client wants of the hub.
enum Request {
    /// To have this name. The way back brings whether it does.
    Join(Id, String, oneshot::Sender<bool>),
    Say(Id, String),
    /// To be gone. The way back is dropped, without an answer, when all have been told.
    Leave(Id, oneshot::Sender<()>),
}

/// Keeps the names, and tells all what happens, until nobody can ask any more. It waits for nothing but requests.
async fn keep_hub(mut requests: mpsc::Receiver<Request>, lines: broadcast::Sender<Line>) {
    let mut names = BTreeMap::<Id, String>::new();
    let tell_all = |line: String| {
        // An error would say that nobody is connected.
        let _ = lines.send(line.into());
    };
    while let Some(request) = requests.recv().await {
        match request {
            Request::Join(id, name, reply) => {
                let is_free = names.values().all(|taken| *taken != name);
                if is_free {
                    tell_all(format!("* {name} joined, {} here\n", names.len() + 1));
                    names.insert(id, name);
                }
                // An error would say that it does not wait any more: then it leaves, and says so in its next request.
                let _ = reply.send(is_free);
            }
            Request::Say(id, text) => {
                if let Some(name) = names.get(&id) {
                    tell_all(format!("{name}: {text}\n"));
                }
            }
            Request::Leave(id, done) => {
                if let Some(name) = names.remove(&id) {
                    tell_all(format!("* {name} left, {} here\n", names.len()));
                }
                drop(done);
            }
        }
    }
}

/// Looks after one connection, from its first line to its last.
async fn serve(
    mut ending: watch::Receiver<()>,
    id: Id,
    mut stream: TcpStream,
    lines: broadcast::Receiver<Line>,
    requests: mpsc::Sender<Request>,
    grace: Duration,
) {
    let (from, to) = stream.split();
    let mut from = BufReader::new(from);
    // What only this client is to hear.
    let (notes, inbox) = mpsc::channel(1);
    let mut listening = pin!(listen(to, lines, inbox));
    select! {
        // It cannot be written to.
        _ = &mut listening => return leave(id, requests).await,
        // It says no more. Without the notes the other half knows.
        _ = talk(id, &mut from, &requests, &notes) => {
            leave(id, requests).await;
            drop(notes);
        }
        // The server ends. Without requests the hub ends, too, and without the hub the lines.
        _ = ending.changed() => drop(requests),
    }
    // A connection that is closed while something from the client is unread may lose what is on the way to it: so read
    // on until the client closes its half. All that is left to do waits for the client, hence the limit.
    let parting = async {
        listening.await?;
        copy(&mut from, &mut sink()).await
    };
    let _ = time::timeout(grace, parting).await;
}

/// Gives the name back, if there is one, and returns when all have been told.
async fn leave(id: Id, requests: mpsc::Sender<Request>) {
    let (done, is_done) = oneshot::channel();
    if requests.send(Request::Leave(id, done)).await.is_ok() {
        let _ = is_done.await;
    }
}

/// Asks the hub for what a client says, until it says no more. An error means the same: whatever goes wrong with a
/// connection ends it, and nothing else.
async fn talk(
    id: Id,
    from: &mut BufReader<ReadHalf<'_>>,
    requests: &mpsc::Sender<Request>,
    notes: &mpsc::Sender<Line>,
) -> Result<(), Box<dyn Error + Send + Sync>> {
    notes.send("* who are you? Your first line is your name\n".into()).await?;
    let mut has_joined = false;
    while let Some(heard) = hear(from).await? {
        let note = match heard {
            Err(flaw) => flaw,
            Ok(text) if text.is_empty() && has_joined => continue,
            Ok(text) if has_joined => {
                requests.send(Request::Say(id, text)).await?;
                continue;
            }
            Ok(name) if !is_name(&name) => {
                format!("* a name has 1 to {LONGEST_NAME} letters, digits, `-` or `_`: another one, please")
            }
            Ok(name) => {
                let (reply, answer) = oneshot::channel();
                requests.send(Request::Join(id, name.clone(), reply)).await?;
                has_joined = answer.await?;
                if has_joined {
                    continue;
                }
                format!("* {name} is here already: another name, please")
            }
        };
        notes.send((note + "\n").into()).await?;
    }
    Ok(())
}

/// The next line, or what is wrong with it. Of one that is too long no more than the limit is ever kept.
async fn hear(from: &mut BufReader<ReadHalf<'_>>) -> io::Result<Option<Result<String, String>>> {
    let mut line = Vec::new();
    let mut too_long = false;
    loop {
        let length = from.take(LONGEST).read_until(b'\n', &mut line).await?;
        if length == 0 || line.ends_with(b"\n") {
            break;
        }
        // Without its end: either it goes on behind the limit, or the client says no more.
        if length as u64 == LONGEST {
            too_long = true;
            line.clear();
        }
    }
    if too_long {
        return Ok(Some(Err(format!("* not sent: a line has at most {LONGEST} bytes"))));
    }
    if line.is_empty() {
        return Ok(None);
    }
    // What a terminal would obey is not for others to say.
    let clean = |line: String| line.replace(char::is_control, " ").trim().to_owned();
    Ok(Some(String::from_utf8(line).map(clean).map_err(|_| "* not sent: a line has to be UTF-8".to_owned())))
}

fn is_name(name: &str) -> bool {
    let is_fit = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    (1..=LONGEST_NAME).contains(&name.chars().count()) && name.chars().all(is_fit)
}

/// Writes to a client what it is to hear, to the end of the lines or of the notes.
async fn listen(
    mut to: WriteHalf<'_>,
    mut lines: broadcast::Receiver<Line>,
    mut notes: mpsc::Receiver<Line>,
) -> io::Result<()> {
    while let Some(line) = select! {
        line = lines.recv() => told(line),
        note = notes.recv() => note,
    } {
        to.write_all(line.as_bytes()).await?;
    }
    while !lines.is_empty() {
        let Some(line) = told(lines.recv().await) else { break };
        to.write_all(line.as_bytes()).await?;
    }
    let last = if lines.is_closed() { "* the server ends\n" } else { "* goodbye\n" };
    to.write_all(last.as_bytes()).await?;
    to.shutdown().await
}

/// What a client reads for what came of the lines, or nothing at their end.
fn told(line: Result<Line, RecvError>) -> Option<Line> {
    match line {
        Ok(line) => Some(line),
        Err(RecvError::Lagged(missed)) => Some(format!("* you missed {missed} lines\n").into()),
        Err(RecvError::Closed) => None,
    }
}

/// Lets clients in, each with handles of its own, until this is dropped.
async fn let_in(
    listener: TcpListener,
    lines: broadcast::Sender<Line>,
    requests: mpsc::Sender<Request>,
    ending: watch::Receiver<()>,
    grace: Duration,
) {
    for id in 0.. {
        let stream = loop {
            match listener.accept().await {
                Ok((stream, _)) => break stream,
                Err(error) => {
                    eprintln!("chat: a client could not be let in: {error}");
                    time::sleep(RETRY).await;
                }
            }
        };
        // Lines are short: let none wait for the next. It is no harm if that cannot be.
        let _ = stream.set_nodelay(true);
        tokio::spawn(serve(ending.clone(), id, stream, lines.subscribe(), requests.clone(), grace));
    }
}

async fn run(args: Args) -> Result<(), String> {
    let address = SocketAddr::new(args.host, args.port);
    let cannot_listen = |error| format!("cannot listen on {address}: {error}");
    let listener = TcpListener::bind(address).await.map_err(cannot_listen)?;
    let address = listener.local_addr().map_err(cannot_listen)?;

    let (end, mut ending) = watch::channel(());
    let on_ctrl_c = end.clone();
    // This runs on a thread of its own, which is all the same to the channel.
    let handler = move || {
        let _ = on_ctrl_c.send(());
    };
    ctrlc::set_handler(handler).map_err(|error| format!("cannot listen for Ctrl-C: {error}"))?;

    let lines = broadcast::Sender::new(args.capacity as usize);
    let (requests, inbox) = mpsc::channel(64);
    let hub = tokio::spawn(keep_hub(inbox, lines.clone()));

    writeln!(io::stdout(), "listening on {address}").map_err(|error| format!("cannot write: {error}"))?;
    let _ = writeln!(io::stderr(), "join with `nc {} {}`; Ctrl-C ends it", address.ip(), address.port());
    select! {
        () = let_in(listener, lines, requests, ending.clone(), Duration::from_secs(args.grace)) => {}
        _ = ending.changed() => {}
    }
    // Nobody is let in any more, and with that went the handles for those who would have come.
    drop(ending);
    end.closed().await;
    hub.await.map_err(|error| format!("the hub failed: {error}"))
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Args::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("chat: {problem}");
            ExitCode::FAILURE
        }
    }
}
