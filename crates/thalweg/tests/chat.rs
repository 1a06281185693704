//! The example `chat` from end to end: the program, and clients with sockets of their own.
//!
//! Nothing here waits for a time to pass: each step waits for what the one before brings about, and a wait that takes
//! half a minute is a failure. Where all are to hear the end the server has the grace of `PATIENT`, so that a slow
//! machine makes no difference.
#![cfg(unix)]

mod example;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(30);
/// For a server that cuts off nobody while a test lasts.
const PATIENT: [&str; 2] = ["--grace", "600"];

fn example() -> &'static PathBuf {
    static EXAMPLE: OnceLock<PathBuf> = OnceLock::new();
    EXAMPLE.get_or_init(|| example::built("chat", &[]))
}

/// The program while it runs. It does not outlive the test.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Server {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(example());
        command.args(["--port", "0"]).args(arguments);
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim_end().strip_prefix("listening on ").map(str::parse);
        Self { child, address: address.expect(&line).expect(&line) }
    }

    /// What a terminal does when Ctrl-C is pressed.
    fn interrupt(&self) {
        let kill = format!("kill -INT {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for its end, which has to be a good one.
    #[track_caller]
    fn ends_well(mut self) {
        let status = wait(&mut self.child).expect("it does not end");
        assert!(status.success(), "{status}");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits for its end. Patience is counted in looks, so that time in which nobody runs, as when a machine sleeps or all
/// of this is stopped together, does not count.
fn wait(child: &mut Child) -> Option<ExitStatus> {
    let pause = Duration::from_millis(2);
    for _ in 0..PATIENCE.as_millis() / pause.as_millis() {
        if let Some(status) = child.try_wait().unwrap() {
            return Some(status);
        }
        thread::sleep(pause);
    }
    None
}

/// Runs the program with arguments with which it ends at once.
fn run(arguments: &[&str]) -> Output {
    let mut child = Command::new(example())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if wait(&mut child).is_none() {
        child.kill().unwrap();
    }
    child.wait_with_output().unwrap()
}

struct Client {
    stream: BufReader<TcpStream>,
}

impl Client {
    /// Connects. The server knows of it when this returns, and it hears all that is said from now on.
    #[track_caller]
    fn connect(server: &Server) -> Self {
        let stream = TcpStream::connect(server.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        let mut client = Self { stream: BufReader::new(stream) };
        while client.line() != "* who are you? Your first line is your name" {}
        client
    }

    /// Connects and joins.
    #[track_caller]
    fn join(server: &Server, name: &str) -> Self {
        let mut client = Self::connect(server);
        client.say(name);
        let joined = format!("* {name} joined, ");
        while !client.line().starts_with(&joined) {}
        client
    }

    #[track_caller]
    fn say(&self, line: &str) {
        self.send(format!("{line}\n").as_bytes());
    }

    #[track_caller]
    fn send(&self, bytes: &[u8]) {
        self.socket().write_all(bytes).unwrap();
    }

    /// The next line that it hears.
    #[track_caller]
    fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        assert_eq!(line.pop(), Some('\n'), "ends with {line:?}");
        line
    }

    #[track_caller]
    fn hears(&mut self, expected: &str) {
        assert_eq!(self.line(), expected);
    }

    #[track_caller]
    fn hears_the_end(&mut self) {
        let mut rest = String::new();
        self.stream.read_to_string(&mut rest).unwrap();
        assert_eq!(rest, "");
    }

    fn socket(&self) -> &TcpStream {
        self.stream.get_ref()
    }
}

const MANY_LINES: usize = 16_000;

/// What the numbers stand in. More of it than all buffers between two sockets hold, on a machine as they are.
fn filler() -> String {
    "x".repeat(1000)
}

/// Says numbered lines, many of them, and does not read meanwhile.
fn say_numbers(client: &Client, count: usize) {
    let filler = filler();
    for chunk in (0..count).collect::<Vec<_>>().chunks(64) {
        let lines: String = chunk.iter().map(|number| format!("{number} {filler}\n")).collect();
        client.send(lines.as_bytes());
    }
}

/// Reads the numbered lines of somebody to the line `last`, and returns how many there were and how many were missed.
/// Each gap has to be announced where it is, and be as large as is said.
#[track_caller]
fn count_numbers(client: &mut Client, of: &str, last: &str) -> (usize, usize) {
    let (filler, last) = (filler(), format!("{of}: {last}"));
    let (mut got, mut missed) = (0, 0);
    loop {
        let line = client.line();
        if line == last {
            return (got, missed);
        }
        if let Some(rest) = line.strip_prefix("* you missed ") {
            let number: usize = rest.strip_suffix(" lines").unwrap().parse().unwrap();
            assert!(number > 0);
            missed += number;
        } else {
            assert_eq!(line, format!("{of}: {} {filler}", got + missed));
            got += 1;
        }
    }
}

#[test]
fn two_talk() {
    let server = Server::start(&[]);
    let mut ann = Client::connect(&server);
    ann.say("ann");
    ann.hears("* ann joined, 1 here");
    let mut bob = Client::connect(&server);
    bob.say("bob");
    for client in [&mut ann, &mut bob] {
        client.hears("* bob joined, 2 here");
    }
    ann.say("hello");
    for client in [&mut ann, &mut bob] {
        client.hears("ann: hello");
    }
    // Lines need not come one by one, nor whole, nor with the end that Unix gives them.
    bob.send(b"a\r\n\n  b  \n\xe2\x98");
    for client in [&mut ann, &mut bob] {
        client.hears("bob: a");
        client.hears("bob: b");
    }
    bob.send(b"\x83\n");
    ann.hears("bob: \u{2603}");
    // Nothing that a terminal would obey.
    ann.send(b"\x1b[2Jboo\rann: no\n");
    bob.hears("bob: \u{2603}");
    bob.hears("ann: [2Jboo ann: no");
}

#[test]
fn who_has_no_name_hears_all_the_same() {
    let server = Server::start(&[]);
    let mut shy = Client::connect(&server);
    let ann = Client::join(&server, "ann");
    ann.say("hello");
    shy.hears("* ann joined, 1 here");
    shy.hears("ann: hello");
}

#[test]
fn names_are_checked() {
    let server = Server::start(&[]);
    let mut ann = Client::connect(&server);
    let refusal = "* a name has 1 to 20 letters, digits, `-` or `_`: another one, please";
    for name in ["", "  ", "ann smith", "*", "ann:", "abcdefghijklmnopqrstu"] {
        ann.say(name);
        ann.hears(refusal);
    }
    ann.send(b"\xff\n");
    ann.hears("* not sent: a line has to be UTF-8");
    ann.say("ann");
    ann.hears("* ann joined, 1 here");

    let mut other = Client::connect(&server);
    other.say("ann");
    other.hears("* ann is here already: another name, please");
    other.say("\u{00e9}va-2_abcdefghijklmn");
    for client in [&mut ann, &mut other] {
        client.hears("* \u{00e9}va-2_abcdefghijklmn joined, 2 here");
    }
    // Only the first line is a name.
    other.say("ann");
    ann.hears("\u{00e9}va-2_abcdefghijklmn: ann");
}

#[test]
fn a_name_is_free_when_its_owner_has_left() {
    let server = Server::start(&[]);
    let mut bob = Client::join(&server, "bob");
    for _ in 0..20 {
        drop(Client::join(&server, "ann"));
        bob.hears("* ann joined, 2 here");
        bob.hears("* ann left, 1 here");
    }
}

#[test]
fn lines_have_a_limit() {
    let server = Server::start(&[]);
    let mut ann = Client::join(&server, "ann");
    let longest = "x".repeat(1023);
    ann.say(&longest);
    ann.hears(&format!("ann: {longest}"));
    for length in [1024, 1025, 2047, 2048, 2049, 1 << 20] {
        ann.say(&"x".repeat(length));
        ann.hears("* not sent: a line has at most 1024 bytes");
    }
    ann.send(b"\xff\xfe\n");
    ann.hears("* not sent: a line has to be UTF-8");
    ann.say("and on");
    ann.hears("ann: and on");
}

/// However long a line is, what is kept of it is not.
#[test]
#[cfg(target_os = "linux")]
fn a_line_without_end_takes_no_memory() {
    let server = Server::start(&[]);
    let mut ann = Client::join(&server, "ann");
    let mebibyte = "x".repeat(1 << 20);
    for _ in 0..128 {
        ann.send(mebibyte.as_bytes());
    }
    ann.send(b"\n");
    ann.hears("* not sent: a line has at most 1024 bytes");
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let most = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.strip_suffix(" kB")).expect(&status);
    let most: u32 = most.trim().parse().unwrap();
    assert!(most < 64 << 10, "{most} KiB");
}

#[test]
fn who_says_no_more_hears_the_rest() {
    let server = Server::start(&PATIENT);
    let mut bob = Client::join(&server, "bob");
    let mut ann = Client::connect(&server);
    // As `printf` and a pipe would: all at once, the last line without its end.
    ann.send(b"ann\none\ntwo");
    ann.socket().shutdown(Shutdown::Write).unwrap();
    for line in ["* ann joined, 2 here", "ann: one", "ann: two", "* ann left, 1 here"] {
        ann.hears(line);
        bob.hears(line);
    }
    ann.hears("* goodbye");
    ann.hears_the_end();
}

#[test]
fn who_reads_slowly_is_told_exactly_what_it_missed() {
    // How much lies between two sockets is the system's to say: more, if it was too little for anything to be missed.
    for count in [MANY_LINES, 4 * MANY_LINES, 16 * MANY_LINES] {
        let server = Server::start(&["--capacity", "16"]);
        let loud = Client::join(&server, "loud");
        let mut slow = Client::connect(&server);
        let mut brisk = Client::connect(&server);
        let brisk = thread::spawn(move || count_numbers(&mut brisk, "loud", "done"));
        say_numbers(&loud, count);
        loud.say("done");
        let (got, missed) = brisk.join().unwrap();
        assert_eq!(got + missed, count);
        let (got, missed) = count_numbers(&mut slow, "loud", "done");
        assert_eq!(got + missed, count);
        if missed > 0 {
            return;
        }
    }
    panic!("nothing was ever missed");
}

/// Where the server is interrupted. ThreadSanitizer is not shown these: it keeps a signal back from a thread that sleeps by
/// a system call of its own, as one of a runtime does.
mod ending {
    use super::*;

    #[test]
    fn one_that_vanishes_while_it_is_written_to_is_gone() {
        let server = Server::start(&["--capacity", "16"]);
        let loud = Client::join(&server, "loud");
        let mut bob = Client::connect(&server);
        // Which half of its connection notices first is a matter of luck: several times.
        for _ in 0..8 {
            let gone = Client::join(&server, "gone");
            bob.hears("* gone joined, 2 here");
            say_numbers(&loud, MANY_LINES);
            loud.say("done");
            while bob.line() != "loud: done" {}
            // What is written to this one goes nowhere, so the server is in the middle of that.
            drop(gone);
            bob.hears("* gone left, 1 here");
        }
        server.interrupt();
        server.ends_well();
    }

    /// The end comes while it is written to, and nobody looks whether the server has noticed. All others are quick to close,
    /// and nobody is cut off: that the server ends shows that it does not wait for the one that is gone.
    #[test]
    fn one_that_vanishes_just_before_the_end_holds_up_nothing() {
        for _ in 0..10 {
            let server = Server::start(&["--grace", "600", "--capacity", "16"]);
            let loud = Client::join(&server, "loud");
            let gone = Client::join(&server, "gone");
            let bob = Client::connect(&server);
            let talker = loud.socket().try_clone().unwrap();
            let readers = [loud, bob].map(|mut client| {
                thread::spawn(move || {
                    while client.line() != "* the server ends" {}
                    client.hears_the_end();
                })
            });
            (&talker).write_all(format!("{}\n", filler()).repeat(4000).as_bytes()).unwrap();
            drop(talker);
            drop(gone);
            server.interrupt();
            for reader in readers {
                reader.join().unwrap();
            }
            server.ends_well();
        }
    }

    #[test]
    fn everybody_hears_the_end() {
        let server = Server::start(&PATIENT);
        let idle = Client::join(&server, "idle");
        let shy = Client::connect(&server);
        let half = Client::connect(&server);
        half.send(b"half a na");
        // One goes on talking. What it is told must not be lost for that.
        let mut loud = Client::join(&server, "loud");
        let socket = loud.socket().try_clone().unwrap();
        let talker = thread::spawn(move || {
            let lines = b"and on\n".repeat(100);
            (0..10_000).all(|_| (&socket).write_all(&lines).is_ok())
        });
        while loud.line() != "loud: and on" {}
        server.interrupt();
        for mut client in [loud, idle, shy, half] {
            while client.line() != "* the server ends" {}
            client.hears_the_end();
            client.socket().shutdown(Shutdown::Both).unwrap();
        }
        talker.join().unwrap();
        server.ends_well();
    }

    #[test]
    fn one_that_does_not_read_does_not_hold_up_the_end() {
        let server = Server::start(&[]);
        let deaf = Client::join(&server, "deaf");
        let mut bob = Client::connect(&server);
        say_numbers(&deaf, MANY_LINES);
        deaf.say("done");
        while bob.line() != "deaf: done" {}
        server.interrupt();
        server.ends_well();
        // Until then it was connected.
        drop(deaf);
    }

    #[test]
    fn an_empty_server_ends() {
        let server = Server::start(&[]);
        server.interrupt();
        server.ends_well();
    }
}

#[test]
fn where_it_cannot_listen_it_says_so() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let output = run(&["--port", &port]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with(&format!("chat: cannot listen on 127.0.0.1:{port}: Address already in use")), "{said}");

    // No machine has an address that is set aside for documentation.
    let output = run(&["--host", "192.0.2.1"]);
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.starts_with("chat: cannot listen on 192.0.2.1:7171: "), "{said}");
}

#[test]
fn what_it_cannot_mean_it_says() {
    for (arguments, complaint) in [
        (["--port", "65536"], "65536 is not in 0..=65535"),
        (["--host", "nowhere"], "invalid IP address syntax"),
        (["--capacity", "0"], "0 is not in 1..=1000000"),
    ] {
        let output = run(&arguments);
        assert_eq!(output.status.code(), Some(2), "{output:?}");
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains(complaint), "{said}");
    }
}
