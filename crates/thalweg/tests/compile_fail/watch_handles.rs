//! Handles and futures of a watched value cross threads only if the value may be both sent and shared: receivers on
//! several threads look at it at once. A value on loan stays on its thread.

use std::cell::Cell;
use std::rc::Rc;

use thalweg::watch;

fn send<T: Send>(_: &T) {}
fn sync<T: Sync>(_: &T) {}

fn main() {
    let (sender, mut receiver) = watch::channel(Rc::new(1));
    send(&sender); //~ E0277
    sync(&sender); //~ E0277
    send(&receiver); //~ E0277
    sync(&receiver); //~ E0277
    send(&sender.closed()); //~ E0277
    send(&receiver.changed()); //~ E0277
    send(&receiver.wait_for(|_| true)); //~ E0277
    send(&receiver.into_stream()); //~ E0277

    let (sender, receiver) = watch::channel(Cell::new(1));
    send(&sender); //~ E0277
    sync(&sender); //~ E0277
    send(&receiver); //~ E0277
    sync(&receiver); //~ E0277
    sync(&receiver.borrow()); //~ E0277

    let (_sender, receiver) = watch::channel(1);
    send(&receiver.borrow()); //~ E0277
}
