//! A future that waits is known by its address: it must not be moved between polls.

use thalweg::mpmc;

fn unpin<T: Unpin>(_: T) {}

fn main() {
    let (sender, receiver) = mpmc::bounded::<u32>(1);
    unpin(sender.send(1)); //~ E0277
    unpin(receiver.recv()); //~ E0277
    unpin(sender.reserve()); //~ E0277
    unpin(sender.closed()); //~ E0277
}
