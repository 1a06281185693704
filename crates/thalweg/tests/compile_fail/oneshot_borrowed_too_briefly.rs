//! An answer may not borrow what does not live as long as whoever receives it may.

use thalweg::oneshot;

fn answer<'a>(sender: oneshot::Sender<&'static str>, text: &'a str) {
    let shorter: oneshot::Sender<&'a str> = sender; //~ error
    let _ = shorter.send(text);
}

fn main() {
    let (sender, mut receiver) = oneshot::channel();
    answer(sender, &String::from("gone"));
    println!("{:?}", receiver.try_recv());
}
