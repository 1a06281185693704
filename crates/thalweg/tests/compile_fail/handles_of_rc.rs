//! Handles, futures and permits of messages that are not `Send` are neither `Send` nor `Sync`.

use std::rc::Rc;

use thalweg::mpmc;

fn send<T: Send>(_: &T) {}
fn sync<T: Sync>(_: &T) {}

fn main() {
    let (sender, receiver) = mpmc::unbounded::<Rc<u32>>();
    send(&sender); //~ E0277
    sync(&sender); //~ E0277
    send(&receiver); //~ E0277
    sync(&receiver); //~ E0277
    send(&sender.downgrade()); //~ E0277
    send(&receiver.downgrade()); //~ E0277
    send(&sender.send(Rc::new(1))); //~ E0277
    send(&sender.send_owned(Rc::new(1))); //~ E0277
    send(&receiver.recv()); //~ E0277
    send(&receiver.recv_owned()); //~ E0277
    send(&receiver.drain()); //~ E0277
    send(&sender.reserve()); //~ E0277
    send(&sender.try_reserve().unwrap()); //~ E0277
    send(&sender.clone().try_reserve_owned().unwrap()); //~ E0277
}
