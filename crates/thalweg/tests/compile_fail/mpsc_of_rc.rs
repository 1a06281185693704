//! The ends of a channel of messages that are not `Send` are neither `Send` nor `Sync`, nor is what comes from them.

use std::rc::Rc;

use thalweg::mpsc;

fn send<T: Send>(_: &T) {}
fn sync<T: Sync>(_: &T) {}

fn main() {
    let (sender, mut receiver) = mpsc::channel::<Rc<u32>>(1);
    send(&sender); //~ E0277
    sync(&sender); //~ E0277
    send(&sender.downgrade()); //~ E0277
    send(&sender.try_reserve().unwrap()); //~ E0277
    send(&sender.send(Rc::new(1))); //~ E0277
    send(&receiver); //~ E0277
    sync(&receiver); //~ E0277
    send(&receiver.recv()); //~ E0277
    let (sender, receiver) = mpsc::unbounded_channel::<Rc<u32>>();
    send(&sender); //~ E0277
    send(&receiver); //~ E0277
}
