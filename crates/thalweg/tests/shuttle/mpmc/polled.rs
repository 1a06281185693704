//! The steps of an actor by handles that are polled themselves, each of which has a place of its own in the line.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};
use futures_sink::Sink;
use thalweg::mpmc::{PollSender, Receiver, RecvError, SendError, TrySendError};

use super::actor::Actor;
use super::held::Held;
use super::model::Op;
use crate::board::Driven;
use crate::hand::{failed, ids};
use crate::history::Ret;
use crate::scenario::Finish;
use crate::token::Token;

/// Asks for room, by the method or by the trait.
pub(super) fn poll_room(
    sender: &mut PollSender<Token>,
    as_sink: bool,
    cx: &mut Context<'_>,
) -> Poll<Result<(), SendError<()>>> {
    if as_sink { Pin::new(sender).poll_ready(cx) } else { sender.poll_reserve(cx) }
}

/// Asks for a message, by the method or by the trait.
pub(super) fn poll_message(
    receiver: &mut Receiver<Token>,
    as_stream: bool,
    cx: &mut Context<'_>,
) -> Poll<Result<Token, RecvError>> {
    if !as_stream {
        return receiver.poll_recv(cx);
    }
    let next = Pin::new(&mut *receiver).poll_next(cx);
    assert_eq!(receiver.is_terminated(), matches!(next, Poll::Ready(None)));
    next.map(|message| message.ok_or(RecvError))
}

impl Actor {
    pub(super) fn poll_send(&mut self, finish: Finish, as_sink: bool, polls: Option<usize>) {
        self.clone_sender();
        let mut sender = self.senders.pop().unwrap().into_poll_sender();
        let call = self.hand.begin(Op::Reserve(1));
        let driven = self.hand.drive(call, pin!(poll_fn(|cx| poll_room(&mut sender, as_sink, cx))), polls);
        self.finish_poll_send(sender, call, driven, finish);
    }

    /// The same, but neglected after the first poll.
    pub(super) fn hold_poll_send(&mut self, finish: Finish, as_sink: bool) {
        self.clone_sender();
        let sender = self.senders.pop().unwrap().into_poll_sender();
        let call = self.hand.begin(Op::Reserve(1));
        self.held.push(Held::PollSend { sender, call, finish, as_sink });
        self.poll_held();
    }

    pub(super) fn finish_poll_send(
        &mut self,
        mut sender: PollSender<Token>,
        call: usize,
        driven: Driven<Result<(), SendError<()>>>,
        finish: Finish,
    ) {
        match driven {
            Driven::Ready(Ok(())) => {
                self.hand.end(call, Ret::Done);
                self.use_room(sender, finish);
            }
            Driven::Ready(Err(_)) => {
                self.hand.end(call, Ret::Closed);
                self.hand.just(Op::DropSender, || drop(sender));
            }
            Driven::Pending => {
                self.hand.just(Op::DropSender, || match finish {
                    Finish::Close => sender.close(),
                    Finish::Into => drop(sender.into_sender()),
                    Finish::Send | Finish::SinkSend | Finish::Drop => drop(sender),
                    Finish::Abort => {
                        sender.abort_send();
                        assert!(!sender.abort_send(), "it has nothing to give back, and waits no more");
                    }
                });
                self.hand.end(call, Ret::Cancelled);
            }
        }
    }

    fn use_room(&mut self, mut sender: PollSender<Token>, finish: Finish) {
        match finish {
            Finish::Send | Finish::SinkSend => self.send_item(&mut sender, finish),
            Finish::Abort => {
                assert!(self.hand.just(Op::PermitDrop, || sender.abort_send()), "there was room to give back");
            }
            Finish::Into => {
                let sender = self.hand.just(Op::PermitDrop, || sender.into_sender());
                return self.hand.just(Op::DropSender, || drop(sender));
            }
            Finish::Close | Finish::Drop => {
                let room = self.hand.begin(Op::PermitDrop);
                let gone = self.hand.begin_with(room, Op::DropSender);
                if finish == Finish::Close {
                    sender.close()
                } else {
                    drop(sender)
                }
                self.hand.end(room, Ret::Done);
                return self.hand.end(gone, Ret::Done);
            }
        }
        self.hand.just(Op::DropSender, || drop(sender));
    }

    fn send_item(&mut self, sender: &mut PollSender<Token>, finish: Finish) {
        let token = self.hand.token();
        let id = token.id;
        if finish == Finish::SinkSend {
            // A sink keeps what it could not send.
            let answer = |result| if let Err(SendError(())) = result { Ret::Closed } else { Ret::Done };
            self.hand.log(Op::PermitSend(id), || Pin::new(sender).start_send(token), answer);
        } else {
            let answer = |result| match result {
                Ok(()) => Ret::Done,
                Err(SendError(token)) => failed(TrySendError::Closed(token), id),
            };
            self.hand.log(Op::PermitSend(id), || sender.send_item(token), answer);
        }
    }

    pub(super) fn poll_recv(&mut self, as_stream: bool, polls: Option<usize>) {
        self.clone_receiver();
        let mut receiver = self.receivers.pop().unwrap();
        let call = self.hand.begin(Op::Recv);
        let driven = self.hand.drive(call, pin!(poll_fn(|cx| poll_message(&mut receiver, as_stream, cx))), polls);
        self.finish_poll_recv(receiver, call, driven);
    }

    /// The same, but neglected after the first poll.
    pub(super) fn hold_poll_recv(&mut self, as_stream: bool) {
        self.clone_receiver();
        let receiver = self.receivers.pop().unwrap();
        let call = self.hand.begin(Op::Recv);
        self.held.push(Held::PollRecv { receiver, call, as_stream });
        self.poll_held();
    }

    pub(super) fn finish_poll_recv(
        &mut self,
        receiver: Receiver<Token>,
        call: usize,
        driven: Driven<Result<Token, RecvError>>,
    ) {
        let ret = match driven {
            Driven::Ready(Ok(token)) => ids(&[token]),
            Driven::Ready(Err(_)) => Ret::Closed,
            // It leaves the line when it goes.
            Driven::Pending => {
                self.hand.just(Op::DropReceiver, || drop(receiver));
                return self.hand.end(call, Ret::Cancelled);
            }
        };
        self.hand.end(call, ret);
        self.hand.just(Op::DropReceiver, || drop(receiver));
    }
}
