//! The ends of a one-shot channel of messages that are not `Send` are neither `Send` nor `Sync`, nor is what borrows them.

use std::rc::Rc;

use thalweg::oneshot;

fn send<T: Send>(_: &T) {}
fn sync<T: Sync>(_: &T) {}

fn main() {
    let (mut sender, receiver) = oneshot::channel::<Rc<u32>>();
    send(&sender); //~ E0277
    sync(&sender); //~ E0277
    send(&receiver); //~ E0277
    sync(&receiver); //~ E0277
    send(&sender.closed()); //~ E0277
    sync(&sender.closed()); //~ E0277
}
