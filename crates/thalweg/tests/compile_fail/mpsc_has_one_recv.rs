//! There is one place to wait, and so one `recv` at a time, which does not outlive the receiver.

use thalweg::mpsc;

fn main() {
    let (_sender, mut receiver) = mpsc::channel::<u32>(1);
    let first = receiver.recv();
    let second = receiver.recv(); //~ E0499
    drop((first, second));
    let third = receiver.recv();
    drop(receiver); //~ E0505
    drop(third);
}
