//! A value on loan is given back before its receiver waits again, and a wait ends before its receiver goes.

use thalweg::watch;

fn main() {
    let (_sender, mut receiver) = watch::channel(1);
    let loan = receiver.borrow_and_update();
    let changed = receiver.changed(); //~ E0499
    drop(loan);
    drop(changed);
    let changed = receiver.changed();
    drop(receiver); //~ E0505
    drop(changed);
}
