//! The model of one message, on histories written by hand.

use super::model::{Once, Op};
use crate::checker::tests::{bad, good, got, history, in_turn, quiet};
use crate::history::Ret;

#[test]
fn what_was_sent_is_received_once() {
    let with = |rest: &[(Op, Ret)]| in_turn(Once::new(), &[&[(Op::Send(1), Ret::Done)], rest].concat());
    good(with(&[(Op::IsEmpty, Ret::Flag(false)), (Op::TryRecv, got(1)), (Op::TryRecv, Ret::Closed)]));
    good(with(&[(Op::Close, Ret::Done), (Op::Recv, got(1)), (Op::IsEmpty, Ret::Flag(true))]));
    bad(with(&[(Op::TryRecv, Ret::Empty)]));
    bad(with(&[(Op::TryRecv, Ret::Closed)]));
    bad(with(&[(Op::TryRecv, got(2))]));
    bad(with(&[(Op::Recv, Ret::Cancelled), (Op::TryRecv, Ret::Closed)]));
    bad(with(&[(Op::TryRecv, got(1)), (Op::TryRecv, got(1))]));
}

#[test]
fn an_end_is_seen_and_stays() {
    let gone = [(Op::DropSender, Ret::Done)];
    good(in_turn(Once::new(), &[&gone[..], &[(Op::Recv, Ret::Closed)]].concat()));
    bad(in_turn(Once::new(), &[&gone[..], &[(Op::TryRecv, Ret::Empty)]].concat()));
    for end in [Op::Close, Op::DropReceiver] {
        let with = |op, ret| in_turn(Once::new(), &[(end.clone(), Ret::Done), (op, ret)]);
        good(with(Op::Send(1), Ret::Closed));
        good(with(Op::IsClosed, Ret::Flag(true)));
        good(with(Op::Closed, Ret::Done));
        bad(with(Op::Send(1), Ret::Done));
        bad(with(Op::IsClosed, Ret::Flag(false)));
    }
    bad(in_turn(Once::new(), &[(Op::Closed, Ret::Done)]));
    bad(in_turn(Once::new(), &[(Op::Recv, Ret::Closed)]));
}

#[test]
fn who_sleeps_needs_a_reason() {
    let recv = (Op::Recv, Ret::Cancelled, 0, 20);
    let closed = (Op::Closed, Ret::Cancelled, 1, 21);
    let send = (Op::Send(1), Ret::Done, 4, 5);
    let close = (Op::Close, Ret::Done, 4, 5);
    good(quiet(history(Once::new(), &[recv.clone(), closed.clone()]), 10, &[0, 1]));
    bad(quiet(history(Once::new(), &[recv, send]), 10, &[0]));
    bad(quiet(history(Once::new(), &[closed, close]), 10, &[0]));
}
