//! One message, once.

use thalweg::oneshot;

fn main() {
    let (sender, _receiver) = oneshot::channel();
    let _ = sender.send(1);
    let _ = sender.send(2); //~ E0382
}
