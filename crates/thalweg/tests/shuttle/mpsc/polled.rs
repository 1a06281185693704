//! The steps of an actor by handles that are polled themselves: a `PollSender` has a place of its own in the line, the
//! receiver one for all polls and futures.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use futures_core::stream::{FusedStream, Stream};
use futures_sink::Sink;
use thalweg::mpsc::PollSender;
use thalweg::mpsc::error::{PollSendError, TrySendError};

use super::actor::{Actor, begin, received};
use super::ends::Rx;
use crate::board::Driven;
use crate::hand::{failed, ids};
use crate::history::Ret;
use crate::mpmc::model::Op;
use crate::scenario::Finish;
use crate::token::Token;

/// A `PollSender` that asks for room, and what for.
pub(super) struct Asking {
    sender: PollSender<Token>,
    finish: Finish,
    as_sink: bool,
}

type Room = Result<(), PollSendError<Token>>;

impl Asking {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Room> {
        if self.as_sink { Pin::new(&mut self.sender).poll_ready(cx) } else { self.sender.poll_reserve(cx) }
    }
}

impl Actor {
    /// With the call that asks for room.
    fn asking(&mut self, finish: Finish, as_sink: bool) -> Option<(Asking, usize)> {
        let sender = PollSender::new(self.another()?);
        Some((Asking { sender, finish, as_sink }, self.hand.begin(Op::Reserve(1))))
    }

    pub(super) fn poll_send(&mut self, finish: Finish, as_sink: bool, polls: Option<usize>) {
        let Some((mut asking, call)) = self.asking(finish, as_sink) else { return };
        let driven = self.hand.drive(call, pin!(poll_fn(|cx| asking.poll(cx))), polls);
        self.finish_poll_send(asking, call, driven);
    }

    /// The same, but neglected after the first poll; or another poll of that which there is.
    pub(super) fn hold_poll_send(&mut self, finish: Finish, as_sink: bool) {
        let Some((mut asking, call)) = self.poll_sender.take().or_else(|| self.asking(finish, as_sink)) else { return };
        match self.hand.glance(|cx| asking.poll(cx)) {
            Poll::Ready(room) => self.finish_poll_send(asking, call, Driven::Ready(room)),
            Poll::Pending => self.poll_sender = Some((asking, call)),
        }
    }

    pub(super) fn drop_poll_sender(&mut self) {
        if let Some((asking, call)) = self.poll_sender.take() {
            self.finish_poll_send(asking, call, Driven::Pending);
        }
    }

    fn finish_poll_send(&mut self, asking: Asking, call: usize, driven: Driven<Room>) {
        let Asking { mut sender, finish, .. } = asking;
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
                    Finish::Close => {
                        sender.close();
                        assert!(sender.is_closed() && sender.get_ref().is_none());
                    }
                    Finish::Abort => {
                        sender.abort_send();
                        assert!(!sender.abort_send(), "it has nothing to give back, and waits no more");
                        drop(sender);
                    }
                    Finish::Send | Finish::SinkSend | Finish::Into | Finish::Drop => drop(sender),
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
            // A clone begins without room.
            Finish::Into => {
                let mut clone = self.hand.just(Op::CloneSender, || sender.clone());
                assert!(!clone.abort_send());
                self.hand.just(Op::DropSender, || drop(clone));
                self.send_item(&mut sender, Finish::Send);
            }
            // The room stays its own for one last message, after which it has no sender any more.
            Finish::Close => {
                sender.close();
                let gone = self.hand.begin(Op::DropSender);
                self.send_item(&mut sender, Finish::Send);
                return self.hand.end(gone, Ret::Done);
            }
            Finish::Drop => {
                let room = self.hand.begin(Op::PermitDrop);
                let gone = self.hand.begin_with(room, Op::DropSender);
                drop(sender);
                self.hand.end(room, Ret::Done);
                return self.hand.end(gone, Ret::Done);
            }
        }
        self.hand.just(Op::DropSender, || drop(sender));
    }

    fn send_item(&mut self, sender: &mut PollSender<Token>, finish: Finish) {
        let token = self.hand.token();
        let id = token.id;
        let send = || {
            if finish == Finish::SinkSend { Pin::new(sender).start_send(token) } else { sender.send_item(token) }
        };
        let answer = |result: Room| match result {
            Ok(()) => Ret::Done,
            Err(error) => failed(TrySendError::Closed(error.into_inner().expect("the message comes back")), id),
        };
        self.hand.log(Op::PermitSend(id), send, answer);
    }

    // --- receiving

    pub(super) fn poll_recv(&mut self) {
        let Some(receiver) = &mut self.receiver else { return };
        let call = begin(&mut self.polled, &self.hand, Op::Recv);
        match self.hand.glance(|cx| receiver.poll_recv(cx)) {
            Poll::Ready(token) => self.hand.end(call, received(token)),
            Poll::Pending => self.polled = Some(call),
        }
    }

    pub(super) fn poll_recv_many(&mut self, limit: usize) {
        let Some(receiver) = &mut self.receiver else { return };
        let mut tokens = Vec::new();
        let call = begin(&mut self.polled, &self.hand, Op::RecvMany(limit));
        match self.hand.glance(|cx| receiver.poll_recv_many(cx, &mut tokens, limit)) {
            Poll::Ready(n) => {
                assert_eq!(n, tokens.len());
                self.hand.end(call, if n == 0 { Ret::Closed } else { ids(&tokens) });
            }
            Poll::Pending => self.polled = Some(call),
        }
    }

    /// The next of the stream. What it began the next poll goes on with.
    pub(super) fn next(&mut self, polls: Option<usize>) {
        let Some(receiver) = &mut self.receiver else { return };
        let call = begin(&mut self.polled, &self.hand, Op::Recv);
        match self.hand.drive(call, pin!(poll_fn(|cx| poll_next(receiver, cx))), polls) {
            Driven::Ready(token) => self.hand.end(call, received(token)),
            Driven::Pending => self.polled = Some(call),
        }
    }
}

fn poll_next(receiver: &mut Rx, cx: &mut Context<'_>) -> Poll<Option<Token>> {
    let next = match receiver {
        Rx::Bounded(receiver) => Pin::new(receiver).poll_next(cx),
        Rx::Unbounded(receiver) => Pin::new(receiver).poll_next(cx),
    };
    let ended = match receiver {
        Rx::Bounded(receiver) => receiver.is_terminated(),
        Rx::Unbounded(receiver) => receiver.is_terminated(),
    };
    assert_eq!(ended, matches!(next, Poll::Ready(None)));
    next
}
