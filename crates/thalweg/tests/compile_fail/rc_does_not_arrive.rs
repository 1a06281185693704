//! ... nor does it come out of one elsewhere.

use std::rc::Rc;

use thalweg::mpmc;

fn main() {
    let (_sender, receiver) = mpmc::bounded::<Rc<u32>>(1);
    std::thread::spawn(move || drop(receiver.try_recv())); //~ E0277
}
