//! The model of queues, on histories written by hand.

use super::model::{Op, Queue};
use crate::checker::tests::{bad, good, got, quiet};
use crate::history::{History, Ret, Stop};

const UNBOUNDED: usize = usize::MAX;

/// A channel with two senders and two receivers.
fn history(capacity: usize, calls: &[(Op, Ret, u64, u64)]) -> History<Queue> {
    crate::checker::tests::history(Queue::new(capacity, 2, 2), calls)
}

/// One call after the other.
fn in_turn(capacity: usize, calls: &[(Op, Ret)]) -> History<Queue> {
    crate::checker::tests::in_turn(Queue::new(capacity, 2, 2), calls)
}

#[test]
fn one_after_the_other() {
    use Op::{Len, TryRecv, TrySend};
    let sends = [(TrySend(1), Ret::Done), (TrySend(2), Ret::Done), (TrySend(3), Ret::Full), (Len, Ret::Number(2))];
    let receives = [(TryRecv, got(1)), (TryRecv, got(2)), (TryRecv, Ret::Empty)];
    good(in_turn(2, &[&sends[..], &receives[..]].concat()));
    bad(in_turn(3, &sends));
    bad(in_turn(1, &sends));
}

#[test]
fn order_loss_and_doubles_are_seen() {
    use Op::{TryRecv, TrySend};
    let sends = [(TrySend(1), Ret::Done), (TrySend(2), Ret::Done)];
    let with = |receives: &[(Op, Ret)]| in_turn(UNBOUNDED, &[&sends[..], receives].concat());
    good(with(&[(TryRecv, got(1)), (TryRecv, got(2))]));
    bad(with(&[(TryRecv, got(2)), (TryRecv, got(1))]));
    bad(with(&[(TryRecv, got(1)), (TryRecv, got(1))]));
    bad(with(&[(TryRecv, got(1)), (TryRecv, Ret::Empty)]));
    bad(with(&[(TryRecv, got(3))]));
}

#[test]
fn overlapping_calls_may_take_either_order() {
    let sends = |second: (u64, u64)| vec![(Op::Send(1), Ret::Done, 0, 5), (Op::Send(2), Ret::Done, second.0, second.1)];
    let receives = [(Op::TryRecv, got(2), 20, 21), (Op::TryRecv, got(1), 22, 23)];
    good(history(2, &[&sends((1, 4))[..], &receives[..]].concat()));
    bad(history(2, &[&sends((6, 7))[..], &receives[..]].concat()));
}

#[test]
fn a_cancelled_send_sent_nothing() {
    let cancelled = (Op::Send(1), Ret::Cancelled, 0, 9);
    good(history(1, &[cancelled.clone(), (Op::TryRecv, Ret::Empty, 10, 11)]));
    bad(history(1, &[cancelled.clone(), (Op::TryRecv, got(1), 10, 11)]));
    bad(history(1, &[cancelled, (Op::TryRecv, got(1), 3, 4)]));
    let batch = |sent| (Op::SendMany(vec![1, 2, 3]), Ret::Sent { sent, why: Stop::Cancelled }, 0, 9);
    let taken = |ids: &[u16]| (Op::TryRecvMany(8), Ret::Got(ids.to_vec()), 10, 11);
    good(history(UNBOUNDED, &[batch(2), taken(&[1, 2])]));
    bad(history(UNBOUNDED, &[batch(1), taken(&[1, 2])]));
    bad(history(UNBOUNDED, &[batch(3), taken(&[1, 2])]));
}

#[test]
fn a_cancelled_receive_took_nothing() {
    let before = [(Op::TrySend(1), Ret::Done, 0, 1), (Op::Recv, Ret::Cancelled, 2, 3)];
    good(history(1, &[&before[..], &[(Op::TryRecv, got(1), 4, 5)]].concat()));
    bad(history(1, &[&before[..], &[(Op::TryRecv, Ret::Empty, 4, 5)]].concat()));
}

#[test]
fn closing_is_one_way_and_gentle() {
    use Op::{Close, Recv, TryRecv, TrySend};
    let closed = [(TrySend(1), Ret::Done), (Close, Ret::Flag(true)), (Close, Ret::Flag(false))];
    let with = |rest: &[(Op, Ret)]| in_turn(2, &[&closed[..], rest].concat());
    good(with(&[(TrySend(2), Ret::Closed), (Recv, got(1)), (Recv, Ret::Closed)]));
    bad(with(&[(TrySend(2), Ret::Done)]));
    bad(with(&[(Recv, Ret::Closed)]));
    bad(with(&[(TryRecv, got(1)), (TryRecv, Ret::Empty)]));
    bad(with(&[(Close, Ret::Flag(true))]));
}

#[test]
fn the_last_handle_closes() {
    let gone = [(Op::DropSender, Ret::Done), (Op::DropSender, Ret::Done)];
    let with = |rest: &[(Op, Ret)]| in_turn(2, &[&gone[..], rest].concat());
    good(with(&[(Op::Recv, Ret::Closed)]));
    good(in_turn(2, &[(Op::DropSender, Ret::Done), (Op::TryRecv, Ret::Empty)]));
    bad(with(&[(Op::TryRecv, Ret::Empty)]));
    bad(with(&[(Op::UpgradeSender, Ret::Flag(true))]));
    let left = [(Op::TrySend(1), Ret::Done), (Op::DropReceiver, Ret::Done), (Op::DropReceiver, Ret::Done)];
    good(in_turn(2, &[&left[..], &[(Op::TrySend(2), Ret::Closed), (Op::Len, Ret::Number(0))]].concat()));
    bad(in_turn(2, &[&left[..], &[(Op::Len, Ret::Number(1))]].concat()));
}

#[test]
fn weak_handles_need_an_open_channel_and_somebody_there() {
    use Op::{Close, DropReceiver, Receivers, UpgradeReceiver, UpgradeSender};
    for (upgrade, drop, count) in
        [(UpgradeReceiver, DropReceiver, Receivers), (UpgradeSender, Op::DropSender, Op::Senders)]
    {
        let did = |is_there| (upgrade.clone(), Ret::Flag(is_there));
        let number = |number| (count.clone(), Ret::Number(number));
        good(in_turn(1, &[number(2), did(true), number(3)]));
        bad(in_turn(1, &[did(true), number(2)]));
        bad(in_turn(1, &[did(false)]));
        good(in_turn(1, &[(Close, Ret::Flag(true)), did(false), number(2)]));
        bad(in_turn(1, &[(Close, Ret::Flag(true)), did(true)]));
        let gone = [(drop.clone(), Ret::Done), (drop, Ret::Done), number(0)];
        good(in_turn(1, &[&gone[..], &[did(false)]].concat()));
        bad(in_turn(1, &[&gone[..], &[did(true)]].concat()));
        // It saw an open channel, and counts when that was closed.
        let slow = (upgrade.clone(), Ret::Flag(true), 0, 9);
        let meanwhile = |seen| [(Close, Ret::Flag(true), 2, 3), (count.clone(), Ret::Number(seen), 4, 5)];
        good(history(1, &[&[slow.clone()][..], &meanwhile(2)].concat()));
        good(history(1, &[&[slow][..], &meanwhile(3)].concat()));
    }
}

#[test]
fn what_is_left_at_a_close_is_drained() {
    use Op::{CloseAndDrain, Drain, TryRecv, TrySend};
    let sent = [(TrySend(1), Ret::Done), (TrySend(2), Ret::Done)];
    let with = |rest: &[(Op, Ret)]| in_turn(2, &[&sent[..], rest].concat());
    let drained = |ids: &[u16]| (CloseAndDrain, Ret::Got(ids.to_vec()));
    good(with(&[drained(&[1, 2]), (TrySend(3), Ret::Closed), (TryRecv, Ret::Closed)]));
    bad(with(&[drained(&[1, 2]), (TrySend(3), Ret::Done)]));
    bad(with(&[drained(&[2, 1])]));
    bad(with(&[drained(&[1]), (TryRecv, got(2))]));
    good(with(&[(Drain, Ret::Got(vec![1, 2])), (TrySend(3), Ret::Done)]));
    let first = |ids: &[u16], of| (CloseAndDrain, Ret::Part { first: ids.to_vec(), of });
    good(with(&[first(&[1], 2), (TryRecv, Ret::Closed)]));
    bad(with(&[first(&[1], 2), (TryRecv, got(2))]));
    bad(with(&[first(&[2], 2)]));
    bad(with(&[first(&[1], 1)]));
    // In between others may take what is there, and permits may send.
    let slow = (CloseAndDrain, Ret::Got(vec![2]), 10, 19);
    let before = [(TrySend(1), Ret::Done, 0, 1), (Op::TryReserve(1), Ret::Done, 2, 3)];
    let between =
        [(TrySend(9), Ret::Closed, 11, 12), (TryRecv, got(1), 13, 14), (Op::PermitSend(2), Ret::Done, 15, 16)];
    good(history(2, &[&before[..], &[slow], &between].concat()));
}

#[test]
fn an_iterator_that_ends_found_nothing() {
    let sent = (Op::TrySend(1), Ret::Done);
    let none = (Op::TryNext, Ret::Empty);
    good(in_turn(1, &[sent.clone(), (Op::TryNext, got(1)), none.clone()]));
    good(in_turn(1, &[(Op::Close, Ret::Flag(true)), none.clone()]));
    bad(in_turn(1, &[sent, none]));
}

#[test]
fn weak_handles_are_counted() {
    let with = |calls: &[(Op, Ret)]| crate::checker::tests::in_turn(Queue::new(1, 2, 1).with_weak(1), calls);
    let (more, less) = ((Op::Downgrade, Ret::Done), (Op::DropWeak, Ret::Done));
    let number = |number| (Op::Weak, Ret::Number(number));
    good(with(&[number(1), more.clone(), number(2), less.clone(), number(1)]));
    bad(with(&[more, number(1)]));
    bad(with(&[less, number(1)]));
}

#[test]
fn places_and_permits_are_counted() {
    use Op::{Free, IsFull, PermitSend, Reserved, TryReserve, TrySend};
    let out = [(TrySend(1), Ret::Done), (TryReserve(1), Ret::Done)];
    let with = |rest: &[(Op, Ret)]| in_turn(3, &[&out[..], rest].concat());
    let sent = (PermitSend(2), Ret::Done);
    good(with(&[(Free, Ret::Number(1)), (Reserved, Ret::Number(1)), sent.clone(), (Reserved, Ret::Number(0))]));
    good(with(&[sent.clone(), (Free, Ret::Number(1))]));
    bad(with(&[(Free, Ret::Number(2))]));
    good(with(&[(IsFull, Ret::Flag(false)), (TrySend(3), Ret::Done), (IsFull, Ret::Flag(true))]));
    bad(with(&[(IsFull, Ret::Flag(true))]));
    bad(with(&[(TrySend(3), Ret::Done), (IsFull, Ret::Flag(false))]));
    good(in_turn(0, &[(IsFull, Ret::Flag(true))]));
    bad(with(&[(Reserved, Ret::Number(2))]));
    bad(with(&[sent, (Reserved, Ret::Number(1))]));
}

#[test]
fn permits_hold_their_place() {
    use Op::{Close, PermitDrop, PermitSend, Recv, TryRecv, TryReserve, TrySend};
    let out = [(TryReserve(1), Ret::Done)];
    let with = |rest: &[(Op, Ret)]| in_turn(1, &[&out[..], rest].concat());
    good(with(&[(TrySend(1), Ret::Full), (PermitSend(2), Ret::Done), (TryRecv, got(2))]));
    good(with(&[(PermitDrop, Ret::Done), (TrySend(1), Ret::Done)]));
    good(with(&[(Close, Ret::Flag(true)), (TryRecv, Ret::Empty), (PermitSend(2), Ret::Done), (Recv, got(2))]));
    bad(with(&[(TrySend(1), Ret::Done)]));
    bad(with(&[(Close, Ret::Flag(true)), (TryRecv, Ret::Closed)]));
    bad(with(&[(Close, Ret::Flag(true)), (PermitSend(2), Ret::Closed)]));
    let orphan = [(Op::DropReceiver, Ret::Done), (Op::DropReceiver, Ret::Done)];
    let orphan_at = |from, to| (Op::DropReceiver, Ret::Done, from, to);
    good(with(&[&orphan[..], &[(PermitSend(2), Ret::Closed)]].concat()));
    bad(with(&[&orphan[..], &[(PermitSend(2), Ret::Done)]].concat()));
    // The last receiver counts down first, and empties the queue last.
    let leaving = [(TryReserve(1), Ret::Done, 0, 1), orphan_at(2, 3), orphan_at(4, 19)];
    let seen = (Op::Receivers, Ret::Number(0), 6, 7);
    let sent = |ret, from| (PermitSend(2), ret, from, from + 1);
    good(history(1, &[&leaving[..], &[seen.clone(), sent(Ret::Done, 8)]].concat()));
    bad(history(1, &[&leaving[..], &[seen, sent(Ret::Done, 20)]].concat()));
}

#[test]
fn force_send_displaces_the_oldest() {
    let full = [(Op::TrySend(1), Ret::Done), (Op::TrySend(2), Ret::Done)];
    let with = |back| in_turn(2, &[&full[..], &[(Op::ForceSend(3), Ret::Displaced(back))]].concat());
    good(with(Some(1)));
    bad(with(Some(2)));
    bad(with(None));
}

#[test]
fn a_rendezvous_needs_both() {
    let send = |from, to| (Op::Send(1), Ret::Done, from, to);
    bad(history(0, &[send(0, 1), (Op::Recv, got(1), 2, 3)]));
    bad(history(0, &[send(0, 1)]));
    good(history(0, &[send(0, 5), (Op::Recv, got(1), 2, 7)]));
    good(history(0, &[send(3, 4), (Op::Recv, got(1), 2, 7)]));
    good(history(0, &[send(3, 4), (Op::Recv, Ret::Cancelled, 2, 7), (Op::TryRecv, got(1), 8, 9)]));
    bad(history(0, &[send(3, 4), (Op::Recv, Ret::Cancelled, 2, 7), (Op::TryRecv, Ret::Empty, 8, 9)]));
    let second = (Op::TrySend(2), Ret::Done, 5, 6);
    bad(history(0, &[send(3, 4), second, (Op::Recv, got(1), 2, 7)]));
}

#[test]
fn who_sleeps_needs_a_reason() {
    let asleep = |capacity, calls: &[_], blocked: &[usize]| quiet(history(capacity, calls), 10, blocked);
    let sent = (Op::TrySend(1), Ret::Done, 4, 5);
    let recv = (Op::Recv, Ret::Cancelled, 0, 20);
    good(asleep(1, std::slice::from_ref(&recv), &[0]));
    bad(asleep(1, &[recv.clone(), sent.clone()], &[0]));
    // The message woke a receive that nobody polls: the other may sleep.
    good(asleep(2, &[recv.clone(), sent.clone(), recv.clone()], &[2]));
    let two = (Op::TrySend(2), Ret::Done, 6, 7);
    bad(asleep(2, &[recv.clone(), sent.clone(), recv.clone(), two], &[2]));
    let send = (Op::Send(9), Ret::Cancelled, 2, 20);
    good(asleep(1, &[sent.clone(), send.clone()], &[1]));
    bad(asleep(2, &[sent.clone(), send.clone()], &[1]));
    bad(asleep(0, &[recv.clone(), send.clone()], &[0, 1]));
    bad(asleep(1, &[recv.clone(), sent.clone(), recv.clone(), send], &[2, 3]));
    // A place is free, and the send that was woken for it neglected. Somebody who waits must look after the others.
    let reserved = |last: [(Op, Ret, u64, u64); 2]| {
        let out = (Op::TryReserve(1), Ret::Done, 0, 1);
        let pending = |id| (Op::Send(id), Ret::Cancelled, 2, 20);
        let [last, after] = last;
        let mut history = asleep(1, &[out, pending(8), pending(9), recv.clone(), last, after], &[2, 3]);
        // The task that sends the second of them.
        history.calls[5].task = 2;
        history
    };
    let given_back = |at| (Op::PermitDrop, Ret::Done, at, at + 1);
    let looked = (Op::IsEmpty, Ret::Flag(true), 6, 7);
    good(reserved([given_back(4), looked.clone()]));
    bad(reserved([looked, given_back(4)]));
    // The same, with a message that came by a permit, and the receive that was woken for it.
    let filled = |last: [(Op, Ret, u64, u64); 2]| {
        let out = (Op::TryReserve(1), Ret::Done, 0, 1);
        let pending = (Op::Send(9), Ret::Cancelled, 2, 20);
        let [last, after] = last;
        let mut history = asleep(1, &[out, recv.clone(), recv.clone(), pending, last, after], &[2, 3]);
        history.calls[5].task = 2;
        history
    };
    let sent = |at| (Op::PermitSend(1), Ret::Done, at, at + 1);
    let looked = (Op::IsClosed, Ret::Flag(false), 6, 7);
    good(filled([sent(4), looked.clone()]));
    bad(filled([looked, sent(4)]));
    let closed = (Op::Close, Ret::Flag(true), 6, 7);
    bad(asleep(1, &[recv, closed.clone()], &[0]));
    bad(asleep(1, &[(Op::Closed, Ret::Cancelled, 0, 20), closed], &[0]));
}

#[test]
fn many_go_one_by_one() {
    let some = (Op::SendMany(vec![1, 2, 3]), Ret::Done, 0, 20);
    let one = |id, from| (Op::TryRecv, got(id), from, from + 1);
    good(history(1, &[some.clone(), one(1, 2), one(2, 4), one(3, 6)]));
    bad(history(1, &[some.clone(), one(1, 2), one(3, 4), one(2, 6)]));
    bad(history(1, &[some.clone(), one(1, 2), one(2, 21)]));
    let full = |sent| (Op::TrySendMany(vec![1, 2, 3]), Ret::Sent { sent, why: Stop::Full });
    let rest = (Op::TryRecvMany(8), Ret::Got(vec![1, 2]));
    good(in_turn(2, &[full(2), rest.clone()]));
    bad(in_turn(2, &[full(1)]));
    bad(in_turn(2, &[full(2), (Op::TryRecvMany(8), got(1))]));
    good(in_turn(2, &[full(2), (Op::TryRecvMany(1), got(1))]));
    let between = (Op::TrySend(9), Ret::Done, 2, 3);
    let batch = |ids: &[u16]| (Op::TryRecvMany(8), Ret::Got(ids.to_vec()), 4, 9);
    let last = (Op::TryRecv, got(3), 21, 22);
    good(history(2, &[some.clone(), between.clone(), batch(&[1, 9, 2]), last]));
    // One and the two that were there then; not also what came while it took them.
    bad(history(2, &[some, between, batch(&[1, 9, 2, 3])]));
}

#[test]
fn a_permit_at_capacity_0_is_a_claim_on_who_waits() {
    let recv = (Op::Recv, got(2), 0, 20);
    let reserved = (Op::TryReserve(1), Ret::Done, 2, 3);
    let full = (Op::TrySend(1), Ret::Full, 4, 5);
    let sent = (Op::PermitSend(2), Ret::Done, 6, 7);
    good(history(0, &[recv.clone(), reserved.clone(), full, sent.clone()]));
    bad(history(0, &[reserved.clone(), sent.clone()]));
    let full_anyway = (Op::TrySend(1), Ret::Done, 4, 5);
    bad(history(0, &[recv, reserved.clone(), full_anyway, sent.clone()]));
    // Who waited has gone: the message stays for the next.
    let gone = (Op::Recv, Ret::Cancelled, 0, 4);
    good(history(0, &[gone, reserved, sent, (Op::TryRecv, got(2), 8, 9)]));
}
