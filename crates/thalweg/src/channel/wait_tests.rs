use super::super::operation::{Operation, Put, Take, Work};
use super::super::{Handle, Receiving, Sending, Strong, Via, pair};
use crate::record::{Kind, Log};
use core::pin::pin;
use core::task::{Context, Waker};

fn is_ready<W: Work<u8>>(channel: Via<'_, u8>, work: W) -> bool {
    pin!(Operation::new(channel, work)).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

/// What counts the operations in a row comes to its end, which is also what says that there is no budget.
#[test]
fn budget_that_is_off_has_no_end() {
    let log = Log::new(Kind::Mpmc, usize::MAX);
    let (sender, _receiver): (Strong<u8, Sending>, Strong<u8, Receiving>) = pair(usize::MAX, log);
    let channel = sender.via();
    channel.set_send_budget(None);
    channel.set_recv_budget(None);
    let mut tail = channel.buffer.tail().take();
    let all_but_two = tail.budget.left() - 2;
    tail.budget.charge(all_but_two);
    drop(tail);
    channel.buffer.head().take().budget.charge(all_but_two);
    assert!((0..5).all(|message| is_ready(channel, Put(Some(message)))));
    assert!((0..5).all(|_| is_ready(channel, Take)));
}
