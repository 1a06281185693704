//! A borrowed future does not outlive the handle it came from.

use thalweg::mpmc;

fn main() {
    let (_sender, receiver) = mpmc::bounded::<u32>(1);
    let future = receiver.recv();
    drop(receiver); //~ E0505
    drop(future);
}
