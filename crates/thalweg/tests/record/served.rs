//! Numbers at a socket.

use std::io::Read;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use thalweg::mpmc;
use thalweg::record::{Options, Snapshot};
use thalweg_recording::What;

use crate::turn;

fn asked(address: &Path) -> Snapshot {
    let mut text = String::new();
    match address.to_str().unwrap().parse::<SocketAddr>() {
        Ok(address) => TcpStream::connect(address).unwrap().read_to_string(&mut text).unwrap(),
        Err(_) => UnixStream::connect(address).unwrap().read_to_string(&mut text).unwrap(),
    };
    thalweg_diagram::read_snapshot(&text).unwrap()
}

#[test]
fn numbers_are_served_to_whoever_asks() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.sock");
    for address in [Path::new("127.0.0.1:0"), &path] {
        let recorder = Options::new().serve(address).start().unwrap();
        let address = recorder.address().unwrap().to_owned();
        assert!(asked(&address).channels.is_empty());
        let (tx, _rx) = mpmc::bounded(2);
        tx.try_send(1).unwrap();
        assert_eq!(asked(&address).channels[0].depth, 1);
        tx.try_send(2).unwrap();
        assert_eq!(asked(&address).channels[0].depth, 2);
        recorder.finish().unwrap();
        assert!(!path.exists(), "the socket's file is left behind");
    }
}

/// More of them than are answered at a time, and more text than a socket takes at once.
#[test]
fn who_asks_and_does_not_listen_holds_up_nobody() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.sock");
    let recorder = Options::new().serve(&path).start().unwrap();
    let channels: Vec<_> = (0..2_000).map(|_| mpmc::bounded::<()>(1)).collect();
    let deaf: Vec<UnixStream> = (0..20).map(|_| UnixStream::connect(&path).unwrap()).collect();
    assert_eq!(recorder.snapshot().channels.len(), 2_000);
    channels[0].0.try_send(()).unwrap();
    assert!(recorder.recording().events.iter().any(|event| event.what == What::Sent));
    assert_eq!(asked(&path).channels.len(), 2_000);
    drop(deaf);
    recorder.finish().unwrap();
}

#[test]
fn an_address_that_cannot_be_served_at_is_told() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let error = |address: &Path| Options::new().serve(address).start().unwrap_err().to_string();
    for (address, why) in [
        ("localhost:7007", "neither an address such as 127.0.0.1:7007 nor the path of a socket"),
        ("127.0.0.1", "neither an address such as 127.0.0.1:7007 nor the path of a socket"),
        ("::1", "neither an address such as 127.0.0.1:7007 nor the path of a socket"),
        ("0.0.0.0:0", "can be reached from other machines"),
        ("no/such/folder/numbers.sock", "No such file"),
    ] {
        let said = error(Path::new(address));
        assert!(said.starts_with(&format!("cannot serve at {address}: ")) && said.contains(why), "{said}");
    }
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let said = error(Path::new(&taken.local_addr().unwrap().to_string()));
    assert!(said.contains("in use"), "{said}");
    let path = folder.path().join("numbers.sock");
    let other = UnixListener::bind(&path).unwrap();
    let said = error(&path);
    assert!(said.contains("in use") && path.exists(), "{said}");
    // Its program ends without removing it.
    drop(other);
    Options::new().serve(&path).start().unwrap().finish().unwrap();
    std::fs::write(&path, "what somebody wrote").unwrap();
    let said = error(&path);
    assert!(said.contains("in use") && path.exists(), "{said}");
}

/// It was asked whether it is there by a connection, for which it had no room.
#[test]
fn a_socket_that_nobody_accepts_at_held_up_the_start() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.sock");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let other = runtime.block_on(async {
        let socket = tokio::net::UnixSocket::new_stream().unwrap();
        socket.bind(&path).unwrap();
        socket.listen(0).unwrap()
    });
    // Of a backlog of 0 the system makes one of 1.
    let waiting = UnixStream::connect(&path).unwrap();
    let (tell, told) = std::sync::mpsc::channel();
    let address = path.clone();
    std::thread::spawn(move || tell.send(Options::new().serve(&address).start().map(drop)));
    let outcome = told.recv_timeout(std::time::Duration::from_secs(20));
    drop((waiting, other));
    let said = outcome.expect("it goes on").unwrap_err().to_string();
    assert!(said.contains("in use"), "{said}");
}

#[test]
fn a_file_that_took_the_place_of_the_socket_was_removed() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("numbers.sock");
    let recorder = Options::new().serve(&path).start().unwrap();
    std::fs::remove_file(&path).unwrap();
    std::fs::write(&path, "what somebody wrote").unwrap();
    recorder.finish().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "what somebody wrote");
}

#[test]
fn the_socket_stayed_where_the_program_went_to_another_folder() {
    let _turn = turn();
    let folder = tempfile::tempdir().unwrap();
    let before = std::env::current_dir().unwrap();
    std::env::set_current_dir(folder.path()).unwrap();
    let recorder = Options::new().serve("numbers.sock").start();
    std::env::set_current_dir(before).unwrap();
    assert!(folder.path().join("numbers.sock").exists());
    recorder.unwrap().finish().unwrap();
    assert!(!folder.path().join("numbers.sock").exists());
}
