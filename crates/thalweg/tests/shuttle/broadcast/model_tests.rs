//! The model of a list that all receivers read, on histories written by hand.

use super::model::{Log, Op};
use crate::checker::tests::{bad, good, got, history, in_turn, quiet};
use crate::history::{History, Ret};

/// Receivers 0 and 1, two senders, and one call after the other.
fn with(capacity: usize, lossless: bool, calls: &[(Op, Ret)]) -> History<Log> {
    in_turn(Log::new(capacity, lossless, 2, &[0, 1]), calls)
}

fn sent(ids: std::ops::Range<u16>) -> Vec<(Op, Ret)> {
    ids.map(|id| (Op::Send(id), Ret::Number(2))).collect()
}

#[test]
fn a_receiver_has_a_slice_with_gaps_as_large_as_told() {
    let lossy = |rest: &[(Op, Ret)]| with(2, false, &[&sent(1..5), rest].concat());
    good(lossy(&[(Op::TryRecv(0), Ret::Lagged(2)), (Op::TryRecv(0), got(3)), (Op::TryRecv(0), got(4))]));
    good(lossy(&[(Op::Missed(0), Ret::Number(2)), (Op::Unread(0), Ret::Number(4)), (Op::Len, Ret::Number(2))]));
    bad(lossy(&[(Op::TryRecv(0), Ret::Lagged(1))]));
    bad(lossy(&[(Op::TryRecv(0), Ret::Lagged(3))]));
    bad(lossy(&[(Op::TryRecv(0), got(3))]));
    bad(lossy(&[(Op::TryRecv(0), Ret::Lagged(2)), (Op::TryRecv(0), got(4))]));
    bad(lossy(&[(Op::TryRecv(0), Ret::Lagged(2)), (Op::TryRecv(0), got(3)), (Op::TryRecv(0), got(3))]));
    bad(lossy(&[(Op::TryRecv(0), Ret::Empty)]));
    bad(lossy(&[(Op::Recv(0), Ret::Closed)]));
}

#[test]
fn all_receivers_see_one_order() {
    let sends = [(Op::Send(1), Ret::Number(2), 0, 5), (Op::Send(2), Ret::Number(2), 1, 6)];
    let read = |name, first, second, at| {
        [(Op::Recv(name), got(first), at, at + 1), (Op::Recv(name), got(second), at + 2, at + 3)]
    };
    let both = |a: [u16; 2], b: [u16; 2]| {
        let reads = [read(0, a[0], a[1], 10), read(1, b[0], b[1], 20)].concat();
        history(Log::new(2, false, 2, &[0, 1]), &[&sends[..], &reads].concat())
    };
    good(both([1, 2], [1, 2]));
    good(both([2, 1], [2, 1]));
    bad(both([1, 2], [2, 1]));
}

#[test]
fn a_receiver_begins_where_it_subscribed() {
    let begun = |at, first| {
        let calls = [
            (Op::Send(1), Ret::Number(2), 0, 1),
            (Op::Subscribe(2), Ret::Done, at, 11),
            (Op::Send(2), Ret::Number(2), 4, 5),
            (Op::Send(3), Ret::Number(3), 20, 21),
            (Op::TryRecv(2), got(first), 30, 31),
        ];
        history(Log::new(3, false, 2, &[0, 1]), &calls)
    };
    good(begun(6, 3));
    bad(begun(6, 2));
    bad(begun(6, 1));
    // It was there for the second, says who sent it.
    bad(begun(2, 2));
    let calls = |receivers, first| {
        let calls = [
            (Op::Subscribe(2), Ret::Done, 0, 11),
            (Op::Send(1), Ret::Number(receivers), 4, 5),
            (Op::TryRecv(2), first, 30, 31),
        ];
        history(Log::new(3, false, 2, &[0, 1]), &calls)
    };
    good(calls(3, got(1)));
    good(calls(2, Ret::Empty));
    bad(calls(3, Ret::Empty));
    bad(calls(2, got(1)));
}

#[test]
fn nothing_is_missed_without_loss() {
    let lossless = |rest: &[(Op, Ret)]| with(2, true, &[&sent(1..3), rest].concat());
    good(lossless(&[(Op::TrySend(9), Ret::Full), (Op::TryRecv(0), got(1)), (Op::TrySend(9), Ret::Full)]));
    good(lossless(&[(Op::TryRecv(0), got(1)), (Op::TryRecv(1), got(1)), (Op::TrySend(9), Ret::Number(2))]));
    good(lossless(&[(Op::TryRecv(0), got(1)), (Op::Leave(1), Ret::Done), (Op::TrySend(9), Ret::Number(1))]));
    bad(lossless(&[(Op::TrySend(9), Ret::Number(2))]));
    bad(lossless(&[(Op::TryRecv(0), got(1)), (Op::TrySend(9), Ret::Number(2))]));
    bad(lossless(&[(Op::Send(9), Ret::Cancelled), (Op::TryRecv(0), got(1)), (Op::TryRecv(0), got(9))]));
    bad(lossless(&[(Op::TryRecv(0), Ret::Lagged(1))]));
}

#[test]
fn a_message_on_loan_is_not_there_for_others() {
    let calls = |recv: (u64, u64), rest: (Op, Ret)| {
        let calls =
            [(Op::Send(1), Ret::Number(2), 0, 1), (Op::TryRecv(0), got(1), recv.0, recv.1), (rest.0, rest.1, 10, 11)];
        history(Log::new(1, false, 2, &[0, 1]), &calls)
    };
    good(calls((5, 20), (Op::TryRecv(1), Ret::Empty)));
    bad(calls((5, 7), (Op::TryRecv(1), Ret::Empty)));
    bad(calls((12, 20), (Op::TryRecv(1), Ret::Empty)));
    good(calls((5, 20), (Op::Send(2), Ret::Number(2))));
    bad(calls((12, 20), (Op::Send(2), Ret::Number(2))));
}

#[test]
fn the_end_comes_after_the_last_message() {
    let gone = [(Op::DropSender, Ret::Done), (Op::DropSender, Ret::Done)];
    let end = |rest: &[(Op, Ret)]| with(2, false, &[&sent(1..2), &gone[..], rest].concat());
    good(end(&[(Op::Recv(0), got(1)), (Op::Recv(0), Ret::Closed), (Op::UpgradeSender, Ret::Flag(false))]));
    bad(end(&[(Op::Recv(0), Ret::Closed)]));
    bad(end(&[(Op::TryRecv(0), got(1)), (Op::TryRecv(0), Ret::Empty)]));
    let left = [(Op::Leave(0), Ret::Done), (Op::Deactivate(1), Ret::Done)];
    let rest = |rest: &[(Op, Ret)]| with(2, false, &[&left[..], rest].concat());
    good(rest(&[(Op::Send(1), Ret::Closed), (Op::Closed, Ret::Cancelled), (Op::DropInactive, Ret::Done)]));
    good(rest(&[(Op::DropInactive, Ret::Done), (Op::Closed, Ret::Done)]));
    good(rest(&[(Op::Activate(2), Ret::Done), (Op::Send(1), Ret::Number(1)), (Op::TryRecv(2), got(1))]));
    bad(rest(&[(Op::Closed, Ret::Done)]));
    bad(rest(&[(Op::Send(1), Ret::Number(1))]));
}

#[test]
fn who_sleeps_needs_a_reason() {
    let asleep = |lossless, calls: &[_], blocked: &[usize]| {
        quiet(history(Log::new(1, lossless, 2, &[0, 1]), calls), 10, blocked)
    };
    let recv = |name| (Op::Recv(name), Ret::Cancelled, 0, 20);
    let sent = (Op::Send(1), Ret::Number(2), 4, 5);
    good(asleep(false, &[recv(0), recv(1)], &[0, 1]));
    bad(asleep(false, &[recv(0), sent.clone()], &[0]));
    let gone = (Op::DropSender, Ret::Done, 6, 7);
    bad(asleep(false, &[recv(0), gone.clone(), gone], &[0]));
    let send = (Op::Send(2), Ret::Cancelled, 6, 20);
    let got = |name| (Op::TryRecv(name), got(1), 7, 8);
    good(asleep(true, &[sent.clone(), send.clone(), got(0)], &[1]));
    bad(asleep(true, &[sent.clone(), send.clone(), got(0), got(1)], &[1]));
    let left = |name| (Op::Leave(name), Ret::Done, 7, 8);
    bad(asleep(true, &[sent, send, left(0), left(1)], &[1]));
    bad(asleep(true, &[(Op::Closed, Ret::Cancelled, 0, 20), left(0), left(1)], &[0]));
}

#[test]
fn what_is_there_is_counted() {
    use Op::{CloneInactive, Closed, Downgrade, DropInactive, DropSender, DropWeak, IsOver, IsRead, Leave, Weak};
    let calls = |calls: &[(Op, Ret)]| in_turn(Log::new(1, false, 2, &[0, 1]).with_weak(2), calls);
    let did = |op| (op, Ret::Done);
    let says = |op, flag| (op, Ret::Flag(flag));
    let weak = |number| (Weak, Ret::Number(number));
    good(calls(&[weak(2), did(Downgrade), weak(3), did(DropWeak), weak(2)]));
    bad(calls(&[did(Downgrade), weak(2)]));
    bad(calls(&[did(DropWeak), weak(2)]));
    good(calls(&[says(IsRead(0), true), (Op::Send(1), Ret::Number(2)), says(IsRead(0), false)]));
    bad(calls(&[(Op::Send(1), Ret::Number(2)), says(IsRead(0), true)]));
    good(calls(&[did(DropSender), says(IsOver, false), did(DropSender), says(IsOver, true)]));
    bad(calls(&[did(DropSender), says(IsOver, true)]));
    // Of two that wait to receive again one is left.
    let inactive = [did(Op::Deactivate(0)), did(CloneInactive), did(Leave(1)), did(DropInactive)];
    good(calls(&[&inactive[..], &[did(DropInactive), did(Closed)]].concat()));
    bad(calls(&[&inactive[..], &[did(Closed)]].concat()));
}
