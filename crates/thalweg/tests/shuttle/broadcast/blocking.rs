//! The steps of an actor that block its thread, and those by a receiver that is polled itself.
//!
//! As those of `mpmc`: who may wait long keeps nobody waiting itself. Who sends has no receiver that might be behind, who
//! receives no sender and no other receiver.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use futures_core::stream::{FusedStream, Stream};
use thalweg::broadcast::Receiver;
use thalweg::broadcast::error::{Lagged, RecvError, RecvTimeoutError, SendTimeoutError, TrySendError};

use super::actor::{Actor, received, sent};
use super::ends::Tx;
use super::model::Op;
use crate::board::Driven;
use crate::history::Ret;
use crate::scenario::{LONG, Until};
use crate::token::Token;

impl Actor {
    pub(super) fn send_blocking(&mut self, until: Until) {
        let until = if self.receivers.is_empty() { until } else { Until::AtOnce };
        let Some(Tx::Lossless(sender)) = self.senders.first() else { return };
        let token = self.hand.token();
        let id = token.id;
        let call = self.hand.begin(Op::Send(id));
        let result = self.hand.block(call, || match until {
            Until::Done => sender.blocking_send(token).map_err(|error| SendTimeoutError::Closed(error.0)),
            Until::Late => sender.blocking_send_deadline(token, Instant::now() + LONG),
            Until::AtOnce => sender.blocking_send_timeout(token, Duration::ZERO),
        });
        let ret = match result {
            Ok(receivers) => Ret::Number(receivers),
            Err(SendTimeoutError::Closed(token)) => sent(Err(TrySendError::Closed(token)), id),
            Err(SendTimeoutError::Timeout(token)) => {
                assert!(until == Until::AtOnce && token.id == id, "another message, or before the time was up");
                Ret::Cancelled
            }
        };
        self.hand.end(call, ret);
    }

    pub(super) fn recv_blocking(&mut self, until: Until) {
        let until = if self.senders.is_empty() && self.receivers.len() == 1 { until } else { Until::AtOnce };
        let Some((name, receiver)) = self.receivers.last_mut() else { return };
        let call = self.hand.begin(Op::Recv(*name));
        let result = self.hand.block(call, || match until {
            Until::Done => receiver.blocking_recv().map_err(RecvTimeoutError::from),
            Until::Late => receiver.blocking_recv_deadline(Instant::now() + LONG),
            Until::AtOnce => receiver.blocking_recv_timeout(Duration::ZERO),
        });
        let ret = match result {
            Ok(token) => received(Ok(token)),
            Err(RecvTimeoutError::Lagged(missed)) => Ret::Lagged(missed),
            Err(RecvTimeoutError::Closed) => Ret::Closed,
            Err(RecvTimeoutError::Timeout) => {
                assert!(until == Until::AtOnce, "before the time was up");
                Ret::Cancelled
            }
        };
        self.hand.end(call, ret);
    }

    /// In the receiver's own place, which stays in the line if it is given up.
    pub(super) fn poll_recv(&mut self, as_stream: bool, polls: Option<usize>) {
        let Some((name, receiver)) = self.receivers.last_mut() else { return };
        let call = self.hand.begin(Op::Recv(*name));
        let ret = match self.hand.drive(call, pin!(poll_fn(|cx| poll_message(receiver, as_stream, cx))), polls) {
            Driven::Ready(result) => received(result.map_err(RecvError::into)),
            Driven::Pending => Ret::Cancelled,
        };
        self.hand.end(call, ret);
    }
}

/// Asks for a message, by the method or by the trait.
fn poll_message(
    receiver: &mut Receiver<Token>,
    as_stream: bool,
    cx: &mut Context<'_>,
) -> Poll<Result<Token, RecvError>> {
    if !as_stream {
        return receiver.poll_recv(cx);
    }
    let next = Pin::new(&mut *receiver).poll_next(cx);
    assert_eq!(receiver.is_terminated(), matches!(next, Poll::Ready(None)));
    next.map(|message| match message {
        Some(Ok(token)) => Ok(token),
        Some(Err(Lagged(missed))) => Err(RecvError::Lagged(missed)),
        None => Err(RecvError::Closed),
    })
}
