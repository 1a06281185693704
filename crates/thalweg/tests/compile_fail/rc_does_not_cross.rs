//! What must not leave its thread does not leave it through a channel.

use std::rc::Rc;

use thalweg::mpmc;

fn main() {
    let (sender, _receiver) = mpmc::bounded::<Rc<u32>>(1);
    std::thread::spawn(move || drop(sender.try_send(Rc::new(1)))); //~ E0277
}
