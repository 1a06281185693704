//! An actor that keeps accounts: it alone touches the book, everybody else asks it and waits for the answer.
//!
//! ```text
//!   asker 1 ─┐                                               ┌──▶ the book
//!   asker 2 ─┼─ send ─▶ [ mpmc::bounded: requests ] ─ recv ─ actor
//!   asker N ─┘                                               │
//!       ▲                                                    │
//!       └───────── await ◀ [ oneshot: one a request ] ◀─ send ┘
//! ```
//!
//! What the channels do for this program:
//!
//! - **A request carries the way back.** The answer goes to who asked, and needs no list of who did.
//! - **Whoever loses patience just leaves.** It drops its end of the answer. A request that is still queued is then
//!   skipped, and work that is under way for it is broken off: the actor waits for `closed` beside it.
//! - **An actor that goes leaves nobody waiting.** With its receiver go the requests in the queue, with these the
//!   ends of the answers, and every asker learns that none will come. What was not accepted yet comes back.
//! - **The end needs no message.** When the last asker has gone the actor sees the end of its requests.
//!
//! Try it: `printf 'add ann 5\nget ann\n' | cargo run --example actor`. `--help` knows all commands.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use futures_lite::future::or;
use smol::{LocalExecutor, Timer};
use thalweg::{mpmc, oneshot};

/// Keep accounts in an actor, and ask it what standard input says
///
/// Each line is a request of an asker of its own; all ask at once, and the answers are printed in the order of lines.
#[derive(Debug, Parser)]
#[command(name = "actor", after_help = AFTER_HELP)]
struct Args {
    /// How many requests may wait for the actor
    #[arg(short, long, value_name = "N", default_value_t = 4)]
    capacity: usize,
}

const AFTER_HELP: &str = "\
Requests:
  add NAME AMOUNT   adds to an account and answers with what it holds then
  get NAME          answers with what an account holds
  quit              the actor goes at once, without a word to anybody

After each may stand:
  effort MS         answering takes the actor so long
  within MS         the asker waits no longer for the answer (10000 without it)

Exit status: 0 all lines were requests, 1 input or output failed, 2 usage.";

/// What somebody wants of the actor.
#[derive(Debug, Clone, PartialEq)]
enum Wish {
    Add(String, i64),
    Get(String),
    Quit,
}

/// What a line says.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    wish: Wish,
    effort: Duration,
    patience: Duration,
}

/// What is sent to the actor.
struct Request {
    wish: Wish,
    effort: Duration,
    /// The way back. Whoever waits at the other end may leave.
    reply: oneshot::Sender<i64>,
}

/// What the actor has to tell when it goes.
#[derive(Default)]
struct Tally {
    answered: usize,
    broken_off: usize,
    skipped: usize,
}

/// Keeps the book until nobody can ask any more, or somebody wishes it to go.
async fn keep_accounts(requests: mpmc::Receiver<Request>) -> Tally {
    let mut accounts = BTreeMap::<String, i64>::new();
    let mut tally = Tally::default();
    while let Ok(Request { wish, effort, mut reply }) = requests.recv().await {
        if reply.is_closed() {
            tally.skipped += 1;
            continue;
        }
        let work = async {
            Timer::after(effort).await;
            true
        };
        let left = async {
            reply.closed().await;
            false
        };
        if !or(left, work).await {
            tally.broken_off += 1;
            continue;
        }
        let holds = match wish {
            Wish::Add(name, amount) => {
                let holds = accounts.entry(name).or_default();
                *holds = holds.saturating_add(amount);
                *holds
            }
            Wish::Get(name) => accounts.get(&name).copied().unwrap_or_default(),
            Wish::Quit => break,
        };
        match reply.send(holds) {
            Ok(()) => tally.answered += 1,
            Err(_) => tally.broken_off += 1,
        }
    }
    tally
}

/// Sends one request, and waits for its answer as long as there is patience.
async fn ask(actor: mpmc::Sender<Request>, Line { wish, effort, patience }: Line) -> String {
    let (reply, answer) = oneshot::channel();
    let conversation = async {
        let request = Request { wish, effort, reply };
        if actor.send(request).await.is_err() {
            return "was not asked: the actor has gone".to_owned();
        }
        match answer.await {
            Ok(holds) => format!("holds {holds}"),
            Err(_) => "no answer: the actor has gone".to_owned(),
        }
    };
    let impatience = async {
        Timer::after(patience).await;
        format!("gave up after {} ms", patience.as_millis())
    };
    // Whichever is dropped here is undone: a request that was not accepted never is, an answer has nowhere to go.
    or(conversation, impatience).await
}

/// What a line says, or what is wrong with it.
fn parse(line: &str) -> Result<Line, String> {
    let mut words = line.split_whitespace();
    let mut word = |what: &str| words.next().ok_or(format!("{what} is missing"));
    let wish = match word("a request")? {
        "add" => {
            let name = word("a name")?.to_owned();
            let amount = word("an amount")?;
            Wish::Add(name, amount.parse().map_err(|_| format!("`{amount}` is no amount"))?)
        }
        "get" => Wish::Get(word("a name")?.to_owned()),
        "quit" => Wish::Quit,
        other => return Err(format!("there is no request `{other}`")),
    };
    let mut line = Line { wish, effort: Duration::ZERO, patience: Duration::from_secs(10) };
    while let Ok(which) = word("") {
        let number = word("a number of milliseconds")?;
        let time = Duration::from_millis(number.parse().map_err(|_| format!("`{number}` is no time"))?);
        match which {
            "effort" => line.effort = time,
            "within" => line.patience = time,
            other => return Err(format!("there is no `{other}`")),
        }
    }
    Ok(line)
}

/// All lines at once, each by an asker of its own; the answers in the order of lines.
fn run(lines: Vec<Line>, capacity: usize) -> io::Result<()> {
    let executor = LocalExecutor::new();
    let (requests, inbox) = mpmc::bounded(capacity);
    let actor = executor.spawn(keep_accounts(inbox));
    let askers: Vec<_> = lines.into_iter().map(|line| executor.spawn(ask(requests.clone(), line))).collect();
    // The askers have senders of their own: with the last of them the actor comes to its end.
    drop(requests);
    smol::block_on(executor.run(async {
        let mut output = io::stdout();
        for (number, asker) in (1..).zip(askers) {
            writeln!(output, "{number}: {}", asker.await)?;
        }
        let Tally { answered, broken_off, skipped } = actor.await;
        writeln!(output, "answered {answered}, broken off {broken_off}, skipped {skipped}")
    }))
}

fn main() -> ExitCode {
    let args = Args::parse();
    let mut lines = Vec::new();
    for (number, line) in (1..).zip(io::stdin().lock().lines()) {
        match line.map_err(|error| (1, error.to_string())).and_then(|line| parse(&line).map_err(|error| (2, error))) {
            Ok(line) => lines.push(line),
            Err((status, error)) => {
                eprintln!("actor: line {number}: {error}");
                return ExitCode::from(status);
            }
        }
    }
    match run(lines, args.capacity) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("actor: cannot write: {error}");
            ExitCode::FAILURE
        }
    }
}
