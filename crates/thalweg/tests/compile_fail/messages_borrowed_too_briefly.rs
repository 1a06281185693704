//! What a message borrows lives as long as the channel.

use thalweg::mpmc;

fn main() {
    let (sender, receiver) = mpmc::unbounded::<&String>();
    {
        let short = String::from("gone soon");
        sender.try_send(&short).unwrap(); //~ E0597
    }
    drop(receiver.try_recv());
}
