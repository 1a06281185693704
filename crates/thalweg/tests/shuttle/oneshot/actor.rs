//! One task of a scenario: it performs its steps at one end of a real channel and logs what they answered.

use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use thalweg::oneshot::error::{RecvTimeoutError, TryRecvError};
use thalweg::oneshot::{Receiver, Sender, channel};

use super::model::{Once, Op};
use crate::board::Driven;
use crate::hand::{Hand, done, ids};
use crate::history::Ret;
use crate::scenario::{Dice, Kind, LONG, Role, Until};
use crate::token::{Ledger, Token};

#[derive(Clone, Copy, Debug)]
pub(super) struct Oneshot;

/// What a task does next.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Send,
    IsClosed,
    Closed(Option<usize>),
    /// A poll that is not waited for.
    PollClosed,
    DropSender,
    Recv(Option<usize>),
    PollRecv,
    RecvBlocking(Until),
    TryRecv,
    IsEmpty,
    Close,
    DropReceiver,
}

impl Kind for Oneshot {
    type Model = Once;
    type Step = Step;
    type Handles = (Option<Sender<Token>>, Option<Receiver<Token>>);

    fn roles(self, _dice: &mut Dice) -> Vec<Role> {
        vec![Role { sender: true, receiver: false }, Role { sender: false, receiver: true }]
    }

    fn draw(self, dice: &mut Dice, role: Role) -> Step {
        match dice.below(10) {
            0 | 1 if role.sender => Step::Send,
            2 | 3 if role.sender => Step::IsClosed,
            4..7 if role.sender => Step::Closed(dice.polls()),
            7 | 8 if role.sender => Step::PollClosed,
            _ if role.sender => Step::DropSender,
            0..3 => Step::Recv(dice.polls()),
            3 => Step::PollRecv,
            4 | 5 => Step::RecvBlocking(Until::draw(dice)),
            6 => Step::TryRecv,
            7 => Step::IsEmpty,
            8 => Step::Close,
            _ => Step::DropReceiver,
        }
    }

    fn open(self, _roles: &[Role], _ledger: &Arc<Ledger>) -> (Once, Vec<Self::Handles>) {
        let (sender, receiver) = channel();
        (Once::new(), vec![(Some(sender), None), (None, Some(receiver))])
    }

    fn perform(hand: Hand<Once>, (sender, receiver): Self::Handles, steps: &[Step]) {
        let mut actor = Actor { hand, sender, receiver };
        steps.iter().for_each(|step| actor.step(step));
        actor.step(&Step::DropSender);
        actor.step(&Step::DropReceiver);
        actor.hand.ended();
    }
}

struct Actor {
    hand: Hand<Once>,
    sender: Option<Sender<Token>>,
    receiver: Option<Receiver<Token>>,
}

fn received<E>(driven: Driven<Result<Token, E>>) -> Ret {
    match driven {
        Driven::Ready(Ok(token)) => ids(&[token]),
        Driven::Ready(Err(_)) => Ret::Closed,
        Driven::Pending => Ret::Cancelled,
    }
}

/// A poll that is not waited for.
fn once<R>(poll: Poll<R>) -> Driven<R> {
    if let Poll::Ready(output) = poll { Driven::Ready(output) } else { Driven::Pending }
}

impl Actor {
    fn step(&mut self, step: &Step) {
        let Actor { hand, sender, receiver } = self;
        match (step, sender, receiver) {
            (Step::Send, sender @ Some(_), _) => {
                let token = hand.token();
                let id = token.id;
                let answer = |result: Result<(), Token>| match result {
                    Ok(()) => Ret::Done,
                    Err(back) => {
                        assert_eq!(back.id, id, "a failed send gave back another message");
                        Ret::Closed
                    }
                };
                hand.log(Op::Send(id), || sender.take().unwrap().send(token), answer);
            }
            (Step::IsClosed, Some(sender), _) => hand.log(Op::IsClosed, || sender.is_closed(), Ret::Flag),
            (Step::Closed(polls), Some(sender), _) => hand.wait(Op::Closed, sender.closed(), *polls),
            (Step::PollClosed, Some(sender), _) => {
                hand.log(Op::Closed, || once(hand.glance(|cx| sender.poll_closed(cx))), done);
            }
            (Step::DropSender, sender @ Some(_), _) => hand.just(Op::DropSender, || drop(sender.take())),
            (Step::Recv(polls), _, Some(receiver)) if !receiver.is_terminated() => {
                let call = hand.begin(Op::Recv);
                let ret = received(hand.drive(call, Pin::new(&mut *receiver), *polls));
                assert_eq!(receiver.is_terminated(), ret != Ret::Cancelled);
                hand.end(call, ret);
            }
            (Step::PollRecv, _, Some(receiver)) if !receiver.is_terminated() => {
                hand.log(Op::Recv, || once(hand.glance(|cx| Pin::new(receiver).poll(cx))), received);
            }
            (Step::RecvBlocking(until), _, receiver @ Some(_)) => recv_blocking(hand, receiver, *until),
            (Step::TryRecv, _, Some(receiver)) => {
                let answer = |result| match result {
                    Ok(token) => ids(&[token]),
                    Err(TryRecvError::Empty) => Ret::Empty,
                    Err(TryRecvError::Closed) => Ret::Closed,
                };
                hand.log(Op::TryRecv, || receiver.try_recv(), answer);
            }
            (Step::IsEmpty, _, Some(receiver)) => hand.log(Op::IsEmpty, || receiver.is_empty(), Ret::Flag),
            (Step::Close, _, Some(receiver)) => hand.just(Op::Close, || receiver.close()),
            (Step::DropReceiver, _, receiver @ Some(_)) => hand.just(Op::DropReceiver, || drop(receiver.take())),
            _ => {}
        }
    }
}

/// The sender's task never waits for this one, so this one may wait for it.
fn recv_blocking(hand: &Hand<Once>, place: &mut Option<Receiver<Token>>, until: Until) {
    let Some(receiver) = place.as_mut().filter(|receiver| !receiver.is_terminated()) else { return };
    let call = hand.begin(Op::Recv);
    let timely = |result: Result<Token, RecvTimeoutError>| match result {
        Ok(token) => ids(&[token]),
        Err(RecvTimeoutError::Closed) => Ret::Closed,
        Err(RecvTimeoutError::Timeout) => {
            assert!(until == Until::AtOnce, "before the time was up");
            Ret::Cancelled
        }
    };
    let ret = match until {
        Until::AtOnce => timely(hand.block(call, || receiver.blocking_recv_timeout(Duration::ZERO))),
        Until::Late => timely(hand.block(call, || receiver.blocking_recv_deadline(Instant::now() + LONG))),
        // The receiver goes into it, and is gone afterwards.
        Until::Done => {
            let receiver = place.take().expect("it was there");
            let received = hand.block(call, || receiver.blocking_recv());
            let gone = hand.begin_with(call, Op::DropReceiver);
            hand.end(call, received.map_or(Ret::Closed, |token| ids(&[token])));
            return hand.end(gone, Ret::Done);
        }
    };
    hand.end(call, ret);
}
