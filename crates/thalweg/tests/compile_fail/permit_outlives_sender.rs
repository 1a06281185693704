//! A borrowed permit does not outlive the sender it came from.

use thalweg::mpmc;

fn main() {
    let (sender, _receiver) = mpmc::bounded::<u32>(1);
    let permit = sender.try_reserve().unwrap();
    drop(sender); //~ E0505
    permit.send(1).unwrap();
}
