//! There is one receiver.

use thalweg::mpsc;

fn main() {
    let (_sender, receiver) = mpsc::channel::<u32>(1);
    let _second = receiver.clone(); //~ E0599
    let (_sender, receiver) = mpsc::unbounded_channel::<u32>();
    let _second = receiver.clone(); //~ E0599
}
