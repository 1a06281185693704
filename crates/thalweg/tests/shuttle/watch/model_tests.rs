//! The model of a value that changes, on histories written by hand.

use super::model::{Op, Value};
use crate::checker::tests::{bad, good, history, in_turn, quiet};
use crate::history::{History, Ret, Stop};

/// A channel with value 9 and the receivers 0 and 1, and one call after the other.
fn with(calls: &[(Op, Ret)]) -> History<Value> {
    in_turn(Value::new(9, 2, &[0, 1]), calls)
}

fn sent(id: u16) -> (Op, Ret) {
    (Op::Send(id), Ret::Done)
}

#[test]
fn a_receiver_sees_newer_values_only() {
    let then = |rest: &[(Op, Ret)]| with(&[&[sent(1), sent(2)], rest].concat());
    good(then(&[(Op::Changed(0), Ret::Done), (Op::BorrowUpdate(0), Ret::Seen(2, false))]));
    good(then(&[(Op::BorrowUpdate(0), Ret::Seen(2, true)), (Op::HasChanged(0), Ret::Flag(false))]));
    good(then(&[(Op::Borrow(0), Ret::Seen(2, true)), (Op::HasChanged(0), Ret::Flag(true))]));
    bad(then(&[(Op::BorrowUpdate(0), Ret::Seen(1, true))]));
    bad(then(&[(Op::BorrowUpdate(0), Ret::Seen(2, true)), (Op::Changed(0), Ret::Done)]));
    bad(then(&[(Op::HasChanged(0), Ret::Flag(false))]));
    bad(with(&[(Op::Changed(0), Ret::Done)]));
    let sends = [(Op::Send(1), Ret::Done, 0, 5), (Op::Send(2), Ret::Done, 1, 6)];
    let both = |first, second| {
        let read = |id, at| (Op::BorrowUpdate(0), Ret::Seen(id, true), at, at + 1);
        history(Value::new(9, 2, &[0]), &[&sends[..], &[read(first, 2), read(second, 10)]].concat())
    };
    good(both(1, 2));
    good(both(2, 1));
    bad(both(2, 2));
}

#[test]
fn the_last_value_comes_before_the_end() {
    let gone = [(Op::DropSender, Ret::Done), (Op::DropSender, Ret::Done)];
    let end = |rest: &[(Op, Ret)]| with(&[&[sent(1)], &gone[..], rest].concat());
    good(end(&[(Op::Changed(0), Ret::Done), (Op::Changed(0), Ret::Closed), (Op::IsOver, Ret::Flag(true))]));
    good(end(&[(Op::HasChanged(0), Ret::Closed), (Op::Borrow(0), Ret::Seen(1, true))]));
    bad(end(&[(Op::Changed(0), Ret::Closed)]));
    bad(end(&[(Op::BorrowUpdate(0), Ret::Seen(9, false))]));
    bad(with(&[gone[0].clone(), (Op::Changed(0), Ret::Closed)]));
}

#[test]
fn a_stream_has_newer_values_and_ends() {
    let next = |id| (Op::Next(0), Ret::Got(vec![id]));
    let gone = [(Op::DropSender, Ret::Done), (Op::DropSender, Ret::Done)];
    good(with(&[sent(1), next(1), sent(2), sent(3), next(3)]));
    good(with(&[&[sent(1)], &gone[..], &[next(1), (Op::Next(0), Ret::Closed)]].concat()));
    bad(with(&[next(9)]));
    bad(with(&[sent(1), next(1), next(1)]));
    bad(with(&[&[sent(1)], &gone[..], &[(Op::Next(0), Ret::Closed)]].concat()));
    let waiting = (Op::Next(0), Ret::Cancelled, 0, 20);
    let start = || Value::new(9, 2, &[0, 1]);
    good(quiet(history(start(), std::slice::from_ref(&waiting)), 10, &[0]));
    bad(quiet(history(start(), &[waiting, (Op::Send(1), Ret::Done, 2, 3)]), 10, &[0]));
}

#[test]
fn a_change_may_be_kept_quiet() {
    let kept = (Op::Change(1), Ret::Flag(false));
    good(with(&[kept.clone(), (Op::Borrow(0), Ret::Seen(1, false)), (Op::HasChanged(0), Ret::Flag(false))]));
    bad(with(&[kept.clone(), (Op::HasChanged(0), Ret::Flag(true))]));
    bad(with(&[kept, (Op::Look, Ret::Seen(9, false))]));
    bad(with(&[(Op::Change(1), Ret::Flag(true)), (Op::HasChanged(0), Ret::Flag(false))]));
}

#[test]
fn marks_and_copies_count() {
    let marked = (Op::MarkChanged(0), Ret::Done);
    good(with(&[marked.clone(), (Op::Changed(0), Ret::Done), (Op::HasChanged(0), Ret::Flag(false))]));
    good(with(&[sent(1), (Op::MarkUnchanged(0), Ret::Done), (Op::HasChanged(0), Ret::Flag(false))]));
    let cloned = (Op::CloneReceiver(0, 2), Ret::Done);
    good(with(&[sent(1), cloned.clone(), (Op::HasChanged(2), Ret::Flag(true)), (Op::Receivers, Ret::Number(3))]));
    bad(with(&[sent(1), cloned, (Op::HasChanged(2), Ret::Flag(false))]));
    let subscribed = (Op::Subscribe(2), Ret::Done);
    good(with(&[sent(1), subscribed.clone(), (Op::HasChanged(2), Ret::Flag(false))]));
    bad(with(&[subscribed, sent(1), (Op::HasChanged(2), Ret::Flag(false))]));
}

#[test]
fn a_condition_is_asked_about_each_value_it_sees() {
    let looked = |at: &[u16], why| (Op::WaitFor(0), Ret::Looked { at: at.to_vec(), why });
    good(with(&[sent(1), looked(&[1], None), (Op::HasChanged(0), Ret::Flag(false))]));
    good(with(&[looked(&[9], None)]));
    bad(with(&[sent(1), looked(&[9, 1], None)]));
    bad(with(&[sent(1), looked(&[1, 1], None)]));
    bad(with(&[looked(&[], None)]));
    bad(with(&[looked(&[9], Some(Stop::Closed))]));
    good(with(&[looked(&[9], Some(Stop::Cancelled)), (Op::Changed(0), Ret::Cancelled)]));
    bad(with(&[sent(1), looked(&[1], Some(Stop::Cancelled)), (Op::HasChanged(0), Ret::Flag(true))]));
    let waits = (Op::WaitFor(0), Ret::Looked { at: vec![9, 1], why: None }, 0, 20);
    good(history(Value::new(9, 2, &[0]), &[waits, (Op::Send(1), Ret::Done, 4, 5)]));
}

#[test]
fn sending_needs_a_receiver() {
    let left = [(Op::Leave(0), Ret::Done), (Op::Leave(1), Ret::Done)];
    let then = |rest: &[(Op, Ret)]| with(&[&left[..], rest].concat());
    good(then(&[(Op::Send(1), Ret::Closed), (Op::Closed, Ret::Done), (Op::Look, Ret::Seen(9, false))]));
    good(then(&[(Op::Change(1), Ret::Flag(true)), (Op::Look, Ret::Seen(1, false))]));
    good(then(&[(Op::Subscribe(2), Ret::Done), sent(1), (Op::Changed(2), Ret::Done)]));
    bad(then(&[sent(1)]));
    bad(with(&[(Op::Send(1), Ret::Closed)]));
    bad(with(&[(Op::Closed, Ret::Done)]));
}

#[test]
fn who_sleeps_needs_a_reason() {
    let asleep = |calls: &[_], blocked: &[usize]| quiet(history(Value::new(9, 1, &[0]), calls), 10, blocked);
    let changed = (Op::Changed(0), Ret::Cancelled, 0, 20);
    let waits = (Op::WaitFor(0), Ret::Looked { at: vec![9], why: Some(Stop::Cancelled) }, 0, 20);
    let closed = (Op::Closed, Ret::Cancelled, 0, 20);
    let sent = (Op::Send(1), Ret::Done, 4, 5);
    let kept = (Op::Change(1), Ret::Flag(false), 4, 5);
    let gone = (Op::DropSender, Ret::Done, 4, 5);
    for call in [changed, waits] {
        good(asleep(&[call.clone(), kept.clone()], &[0]));
        bad(asleep(&[call.clone(), sent.clone()], &[0]));
        bad(asleep(&[call, gone.clone()], &[0]));
    }
    good(asleep(std::slice::from_ref(&closed), &[0]));
    bad(asleep(&[closed, (Op::Leave(0), Ret::Done, 4, 5)], &[0]));
}
