//! What a broadcast channel asks of its messages, and of those who send.

use std::cell::Cell;
use std::rc::Rc;

use thalweg::broadcast::{channel, lossless};

fn send<T: Send>(_: &T) {}
fn sync<T: Sync>(_: &T) {}

struct Unique;

fn main() {
    let (sender, mut receiver) = channel::<Rc<u32>>(1);
    send(&sender); //~ E0277
    sync(&sender); //~ E0277
    send(&receiver); //~ E0277
    sync(&receiver); //~ E0277
    send(&sender.downgrade()); //~ E0277
    send(&sender.closed()); //~ E0277
    send(&receiver.recv()); //~ E0277
    send(&receiver.deactivate()); //~ E0277
    // Receivers of a lossless channel clone a message at the same time.
    drop(lossless::<Cell<u32>>(1)); //~ E0277
    drop(channel::<Cell<u32>>(1));
    // Each receiver gets one of its own.
    drop(channel::<Unique>(1)); //~ E0277
    // A lossy channel never says that it is full, a lossless one never writes over.
    let (sender, _receiver) = channel(1);
    drop(sender.try_send(1)); //~ E0599
    let (sender, _receiver) = lossless(1);
    drop(sender.send(1).unwrap()); //~ E0599
}
