//! Operations that are neglected: started, and polled again only on a whim.

use std::future::Future;
use std::pin::Pin;
use std::task::Poll;

use thalweg::mpmc::{OwnedRecv, OwnedSend, PollSender, Receiver, TrySendError};

use super::actor::Actor;
use super::model::Op;
use super::polled::{poll_message, poll_room};
use crate::board::Driven;
use crate::hand::{failed, ids};
use crate::history::{Id, Ret};
use crate::scenario::Finish;
use crate::token::Token;

pub(super) enum Held {
    Send(Pin<Box<OwnedSend<Token>>>, Id, usize),
    Recv(Pin<Box<OwnedRecv<Token>>>, usize),
    PollSend { sender: PollSender<Token>, call: usize, finish: Finish, as_sink: bool },
    PollRecv { receiver: Receiver<Token>, call: usize, as_stream: bool },
}

impl Actor {
    pub(super) fn hold_send(&mut self) {
        let token = self.hand.token();
        let id = token.id;
        // The future holds a handle of its own.
        let handle = self.hand.begin(Op::CloneSender);
        let call = self.hand.begin_with(handle, Op::Send(id));
        let future = Box::pin(self.senders[0].send_owned(token));
        self.hand.end(handle, Ret::Done);
        self.held.push(Held::Send(future, id, call));
        self.poll_held();
    }

    pub(super) fn hold_recv(&mut self) {
        let handle = self.hand.begin(Op::CloneReceiver);
        let call = self.hand.begin_with(handle, Op::Recv);
        let future = Box::pin(self.receivers[0].recv_owned());
        self.hand.end(handle, Ret::Done);
        self.held.push(Held::Recv(future, call));
        self.poll_held();
    }

    /// Polls the last of them once.
    pub(super) fn poll_held(&mut self) {
        let Some(held) = self.held.pop() else { return };
        if let Some(pending) = self.poll_one(held) {
            self.held.push(pending);
        }
    }

    /// Gives it back if it is still pending.
    fn poll_one(&mut self, held: Held) -> Option<Held> {
        match held {
            Held::Send(mut future, id, call) => match self.hand.glance(|cx| future.as_mut().poll(cx)) {
                Poll::Ready(Ok(())) => self.over(call, Ret::Done, Op::DropSender, future),
                Poll::Ready(Err(error)) => {
                    self.over(call, failed(TrySendError::Closed(error.0), id), Op::DropSender, future);
                }
                Poll::Pending => return Some(Held::Send(future, id, call)),
            },
            Held::Recv(mut future, call) => match self.hand.glance(|cx| future.as_mut().poll(cx)) {
                Poll::Ready(Ok(token)) => self.over(call, ids(&[token]), Op::DropReceiver, future),
                Poll::Ready(Err(_)) => self.over(call, Ret::Closed, Op::DropReceiver, future),
                Poll::Pending => return Some(Held::Recv(future, call)),
            },
            Held::PollSend { mut sender, call, finish, as_sink } => {
                match self.hand.glance(|cx| poll_room(&mut sender, as_sink, cx)) {
                    Poll::Ready(room) => self.finish_poll_send(sender, call, Driven::Ready(room), finish),
                    Poll::Pending => return Some(Held::PollSend { sender, call, finish, as_sink }),
                }
            }
            Held::PollRecv { mut receiver, call, as_stream } => {
                match self.hand.glance(|cx| poll_message(&mut receiver, as_stream, cx)) {
                    Poll::Ready(message) => self.finish_poll_recv(receiver, call, Driven::Ready(message)),
                    Poll::Pending => return Some(Held::PollRecv { receiver, call, as_stream }),
                }
            }
        }
        None
    }

    /// Drops a future that is over, and with it its handle.
    fn over(&self, call: usize, ret: Ret, handle: Op, future: impl Sized) {
        self.hand.end(call, ret);
        self.hand.just(handle, || drop(future));
    }

    pub(super) fn drop_held(&mut self) {
        let Some(held) = self.held.pop() else { return };
        let (call, handle) = match held {
            Held::PollSend { sender, call, finish, .. } => {
                return self.finish_poll_send(sender, call, Driven::Pending, finish);
            }
            Held::Send(_, _, call) => (call, Op::DropSender),
            Held::Recv(_, call) | Held::PollRecv { call, .. } => (call, Op::DropReceiver),
        };
        self.hand.just(handle, || drop(held));
        self.hand.end(call, Ret::Cancelled);
    }
}
