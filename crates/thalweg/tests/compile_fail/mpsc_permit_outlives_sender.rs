//! A borrowed permit does not outlive the sender it came from, and sends once.

use thalweg::mpsc;

fn main() {
    let (sender, _receiver) = mpsc::channel::<u32>(1);
    let permit = sender.try_reserve().unwrap();
    drop(sender); //~ E0505
    permit.send(1);
    permit.send(2); //~ E0382
}
