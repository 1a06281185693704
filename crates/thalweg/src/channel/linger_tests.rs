use super::super::operation::{Operation, Put, Take, Work};
use super::super::{Channel, Handle, Receiving, Sending, Strong, Via, pair};
use crate::raw::{Pace, Waiter};
use crate::record::{Kind, Log};
use core::pin::{Pin, pin};

use core::task::{Context, Waker};
use std::sync::Arc;
use std::task::Wake;

fn channel(capacity: usize) -> (Strong<u8, Sending>, Strong<u8, Receiving>) {
    pair(capacity, Log::new(Kind::Mpmc, capacity))
}

fn is_ready<W: Work<u8>>(channel: Via<'_, u8>, work: W) -> bool {
    pin!(Operation::new(channel, work)).poll(&mut Context::from_waker(Waker::noop())).is_ready()
}

/// How many receives are ready before one yields.
fn receives_until_one_yields(channel: Via<'_, u8>) -> usize {
    (0..).take_while(|_| channel.try_send(0).is_ok() && is_ready(channel, Take)).count()
}

fn sends_until_one_yields(channel: Via<'_, u8>) -> usize {
    let sends = (0..).take_while(|_| is_ready(channel, Put(Some(0))) && channel.try_recv().is_ok()).count();
    channel.try_recv().unwrap_err();
    sends
}

#[test]
fn what_came_while_one_lingered_counts_only_after_many_times() {
    for long in [false, true] {
        let (sender, _receiver) = channel(1);
        let channel = sender.via();
        (0..100).for_each(|_| assert!(channel.try_send(0).is_ok() && is_ready(channel, Take)));
        if long {
            let pace = channel.buffer.recv_pace();
            pace.woken(true);
            (0..10_000).for_each(|_| assert!(pace.is_long() || !pace.tries() || pace.linger(1, &|| 1)));
            assert!(pace.is_long());
        }
        assert!(!is_ready(channel, Take), "there is nothing, and nothing comes");
        assert_eq!(receives_until_one_yields(channel), if long { 28 } else { 128 });
    }
}

#[test]
fn room_that_came_while_one_lingered_counts_only_after_many_times() {
    for long in [false, true] {
        let (sender, _receiver) = channel(1);
        let channel = sender.via();
        (0..100).for_each(|_| assert!(is_ready(channel, Put(Some(0))) && channel.try_recv().is_ok()));
        channel.try_send(0).unwrap();
        if long {
            let pace = channel.buffer.send_pace();
            pace.woken(true);
            (0..10_000).for_each(|_| assert!(pace.is_long() || !pace.tries() || pace.linger(1, &|| 1)));
            assert!(pace.is_long());
        }
        assert!(!is_ready(channel, Put(Some(0))), "there is no room, and none comes");
        channel.try_recv().unwrap();
        assert_eq!(sends_until_one_yields(channel), if long { 28 } else { 128 });
    }
}

#[test]
fn who_yields_begins_to_count_again() {
    let (sender, _receiver) = channel(usize::MAX);
    let channel = sender.via();
    let pace = channel.buffer.recv_pace();
    pace.woken(true);
    (0..10_000).for_each(|_| assert!(!pace.tries() || pace.linger(1, &|| 1)));
    assert!(pace.is_long());
    receives_until_one_yields(channel);
    assert!(!pace.is_long());
}

#[test]
fn a_receiver_at_capacity_0_lingers_in_the_queue() {
    let (sender, receiver) = channel(0);
    let channel = receiver.via();
    let pace = channel.buffer.recv_pace();
    pace.woken(true);
    assert!(!channel.lingers_to_take() && pace.tries(), "what does not wait is not met, nor is that a miss");
    let mut receive = pin!(Operation::new(channel, Take));
    assert!(receive.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    assert!(!pace.tries(), "nobody came while it waited");
    sender.via().try_send(0).unwrap();
    assert!(receive.poll(&mut Context::from_waker(Waker::noop())).is_ready());
}

/// Sends, from a thread of its own, when the one whom it was to wake has another waker.
struct SendsWhenReplaced(Arc<Strong<u8, Sending>>);

impl Wake for SendsWhenReplaced {
    fn wake(self: Arc<Self>) {}
}

impl Drop for SendsWhenReplaced {
    fn drop(&mut self) {
        let sender = self.0.clone();
        std::thread::spawn(move || sender.via().try_send(0).unwrap()).join().unwrap();
    }
}

/// Who does not linger in the queue returns from that poll, though it was woken in it.
#[test]
fn one_that_is_met_while_it_lingers_receives_in_the_same_poll() {
    let (sender, receiver) = channel(0);
    let sender = Arc::new(sender);
    let channel = receiver.via();
    let pace = channel.buffer.recv_pace();
    let is_met = || {
        let mut receive = pin!(Operation::new(channel, Take));
        let waker = Waker::from(Arc::new(SendsWhenReplaced(sender.clone())));
        assert!(receive.as_mut().poll(&mut Context::from_waker(&waker)).is_pending());
        drop(waker);
        // It may have lingered there in vain, and be about to try less often.
        pace.woken(true);
        let mut poll = || receive.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready();
        let is_met = poll();
        assert!(is_met || poll(), "it was woken");
        is_met
    };
    assert!((0..1_000).any(|_| is_met()));
}

#[test]
fn who_is_woken_by_its_own_thread_does_not_linger() {
    let (sender, receiver) = channel(1);
    let channel = receiver.via();
    let pace = channel.buffer.recv_pace();
    let wait_and_send = |elsewhere: bool| {
        let mut receive = pin!(Operation::new(receiver.via(), Take));
        assert!(receive.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        let send = || sender.via().try_send(0).unwrap();
        std::thread::scope(|scope| if elsewhere { scope.spawn(send).join().unwrap() } else { send() });
        assert!(receive.poll(&mut Context::from_waker(Waker::noop())).is_ready());
    };
    wait_and_send(false);
    assert!(!pace.tries());
    wait_and_send(true);
    assert!(pace.tries());
    wait_and_send(false);
    assert!((0..10_000).all(|_| !pace.tries()));
}

/// Of so many waits in a row with a message there, those that find it by lingering.
fn lingers(channel: &Channel<u8>, waiter: Pin<&mut Waiter>) -> [bool; 9] {
    std::array::from_fn(|_| channel.poll_lingers_to_take(&waiter))
}

#[test]
fn with_others_beside_it_a_task_lingers_a_few_times_in_a_row() {
    const FEW: [bool; 9] = [true, true, true, false, true, true, true, false, true];
    let (mut task, mut thread) = (pin!(Waiter::new()), pin!(Waiter::for_thread()));
    let (sender, receiver) = channel(3);
    sender.via().try_send(0).unwrap();
    let channel = receiver.via();
    let pace = channel.buffer.recv_pace();
    pace.woken(true);
    assert_eq!(lingers(&channel, task.as_mut()), [true; 9], "nobody is beside it");
    pace.rest();
    let another = sender.clone();
    assert_eq!(lingers(&channel, task.as_mut()), FEW);
    assert_eq!(lingers(&channel, thread.as_mut()), [true; 9]);
    drop(another);
    pace.rest();
    let _another = receiver.clone();
    assert_eq!(lingers(&channel, task.as_mut()), FEW);
    assert_eq!(lingers(&channel, thread.as_mut()), [true; 9]);
}

/// At a small channel each time brings few messages, so there it is more often.
#[test]
fn with_others_beside_it_a_task_lingers_more_often_where_few_messages_come() {
    let task = pin!(Waiter::new());
    for (capacity, few) in [(1, 32), (2, 8), (3, 3), (4, 3), (1_000, 3), (usize::MAX, 3)] {
        let (sender, receiver) = channel(capacity);
        let _another = sender.clone();
        sender.via().try_send(0).unwrap();
        let channel = receiver.via();
        channel.buffer.recv_pace().woken(true);
        for _ in 0..3 {
            let row = (0..1_000).take_while(|_| channel.poll_lingers_to_take(&task)).count();
            assert_eq!(row, few, "capacity {capacity}");
        }
    }
}

/// At capacity 0 a sender looks for a receiver that waits. It did so as often as at capacity 1.
#[test]
fn with_others_beside_it_a_task_lingered_often_at_a_rendezvous() {
    let task = pin!(Waiter::new());
    let (sender, receiver) = channel(0);
    let _another = sender.clone();
    let mut receive = pin!(Operation::new(receiver.via(), Take));
    assert!(receive.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    let channel = sender.via();
    let seen = channel.buffer.head().position();
    channel.buffer.send_pace().woken(true);
    assert_eq!((0..1_000).take_while(|_| channel.poll_lingers_to_put(&task, seen)).count(), 3);
}

/// Each time that one lingered began the streak anew, so as many messages went by in a row as came between two such times, times 128.
#[test]
fn with_others_beside_it_a_row_was_of_any_number_of_messages() {
    for (hits, streak) in [(3, 128), (4, 28)] {
        let (sender, receiver) = channel(1);
        let (_sender, _receiver) = (sender.clone(), receiver.clone());
        let channel = sender.via();
        (0..100).for_each(|_| assert!(channel.try_send(0).is_ok() && is_ready(channel, Take)));
        let pace = channel.buffer.recv_pace();
        pace.woken(true);
        (0..hits).for_each(|_| assert!(pace.linger(1, &|| 1)));
        assert!(channel.try_recv().is_err());
        assert_eq!(receives_until_one_yields(channel), streak, "{hits} times");
    }
}

/// Who has waited, though it did not look again before, has not gone on in a row.
#[test]
fn who_waits_begins_to_count_again() {
    let (sender, receiver) = channel(1);
    let (sends, receives) = (sender.via(), receiver.via());
    let [recv_pace, send_pace] = [sends.buffer.recv_pace(), sends.buffer.send_pace()];
    let waits_after_hits = |pace: &Pace, wait: &dyn Fn() -> bool| {
        pace.woken(true);
        (0..4).for_each(|_| assert!(pace.linger(1, &|| 1)));
        pace.woken(false);
        assert!(pace.is_in_a_row() && wait() && !pace.is_in_a_row());
    };
    waits_after_hits(recv_pace, &|| !is_ready(receives, Take));
    sends.try_send(0).unwrap();
    waits_after_hits(send_pace, &|| !is_ready(sends, Put(Some(0))));
}

/// One that was woken in vain and goes back to its place, or is only polled there, began the row of those who are at work anew.
#[test]
fn who_waits_again_ended_the_row_of_others() {
    let (sender, receiver) = channel(1);
    let channel = receiver.via();
    let pace = channel.buffer.recv_pace();
    let mut waits = pin!(Operation::new(channel, Take));
    let mut poll = || waits.as_mut().poll(&mut Context::from_waker(Waker::noop()));
    assert!(poll().is_pending());
    let go_on = || {
        pace.woken(true);
        (0..4).for_each(|_| assert!(pace.linger(1, &|| 1)));
        pace.woken(false);
    };
    go_on();
    assert!(poll().is_pending() && pace.is_in_a_row(), "it is polled");
    sender.via().try_send(0).unwrap();
    assert!(channel.try_recv().is_ok(), "it is woken in vain");
    go_on();
    assert!((0..100).all(|_| poll().is_pending()) && pace.is_in_a_row());
}

/// The same for room.
#[test]
fn with_others_beside_it_a_task_lingers_to_put_a_few_times_in_a_row() {
    let task = pin!(Waiter::new());
    let (sender, receiver) = channel(3);
    let channel = sender.via();
    let pace = channel.buffer.send_pace();
    pace.woken(true);
    let seen = channel.buffer.head().position();
    channel.try_send(0).unwrap();
    channel.try_recv().unwrap();
    let lingers = || std::array::from_fn(|_| channel.poll_lingers_to_put(&task, seen));
    assert_eq!(lingers(), [true; 5], "nobody is beside it");
    pace.rest();
    let _another = receiver.clone();
    assert_eq!(lingers(), [true, true, true, false, true]);
}

/// It has been met, so that it would find it by lingering.
#[test]
fn with_others_beside_it_no_task_lingers_in_the_queue() {
    let mut task = pin!(Waiter::new());
    let (sender, receiver) = channel(0);
    let channel = receiver.via();
    channel.buffer.recv_pace().woken(true);
    let mut tail = channel.buffer.tail().take();
    drop(tail.link(task.as_mut(), Waker::noop().clone()));
    drop(tail.wake_first(true));
    drop(tail);
    assert!(channel.lingers_to_be_met(&task));
    let another = sender.clone();
    assert!(!channel.lingers_to_be_met(&task));
    drop(another);
    assert!(channel.lingers_to_be_met(&task));
    let _another = receiver.clone();
    assert!(!channel.lingers_to_be_met(&task));
}

/// A receiver waits at capacity 0, and a permit has it: who lingers for one finds one each time, and there is no room.
#[test]
fn a_sender_lingers_once_a_poll_though_what_comes_is_not_for_it() {
    let (done, is_done) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let (sender, receiver) = channel(0);
        let mut cx = Context::from_waker(Waker::noop());
        let mut receive = pin!(Operation::new(receiver.via(), Take));
        assert!(receive.as_mut().poll(&mut cx).is_pending());
        sender.via().try_reserve(1).unwrap();
        sender.via().buffer.send_pace().woken(true);
        assert!(pin!(Operation::new(sender.via(), Put(Some(0)))).poll(&mut cx).is_pending());
        sender.via().release(1);
        done.send(()).unwrap();
    });
    is_done.recv_timeout(std::time::Duration::from_secs(20)).expect("it is not ready with it");
}
