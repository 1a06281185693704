//! A permit is for one message.

use thalweg::mpmc;

fn main() {
    let (sender, _receiver) = mpmc::bounded::<u32>(2);
    let permit = sender.try_reserve().unwrap();
    permit.send(1).unwrap();
    permit.send(2).unwrap(); //~ E0382
}
