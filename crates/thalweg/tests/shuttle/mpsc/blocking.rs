//! The steps of an actor that block its thread. As those of `mpmc`: who may wait long keeps nobody waiting itself.

use std::time::{Duration, Instant};

use thalweg::mpsc::error::{RecvTimeoutError, SendTimeoutError};

use super::actor::Actor;
use super::ends::Tx;
use crate::hand::{ids, received_until, sent_until};
use crate::history::Ret;
use crate::mpmc::model::Op;
use crate::scenario::{LONG, Until};

impl Actor {
    fn holds_nothing(&self) -> bool {
        self.held.is_none() && self.poll_sender.is_none() && self.permit.is_none()
    }

    pub(super) fn send_blocking(&mut self, until: Until) {
        let until = if self.receiver.is_none() && self.holds_nothing() { until } else { Until::AtOnce };
        let Some(sender) = self.senders.first().and_then(Tx::bounded) else { return };
        let token = self.hand.token();
        let id = token.id;
        let call = self.hand.begin(Op::Send(id));
        let result = self.hand.block(call, || match until {
            Until::Done => sender.blocking_send(token).map_err(|error| SendTimeoutError::Closed(error.0)),
            Until::Late => sender.blocking_send_deadline(token, Instant::now() + LONG),
            Until::AtOnce => sender.blocking_send_timeout(token, Duration::ZERO),
        });
        self.hand.end(call, sent_until(until, result, id));
    }

    pub(super) fn recv_blocking(&mut self, until: Until) {
        let until = if self.senders.is_empty() && self.holds_nothing() { until } else { Until::AtOnce };
        let Some(receiver) = &mut self.receiver else { return };
        let call = self.hand.begin(Op::Recv);
        let result = self.hand.block(call, || match until {
            Until::Done => receiver.blocking_recv().ok_or(RecvTimeoutError::Closed),
            Until::Late => receiver.blocking_recv_deadline(Instant::now() + LONG),
            Until::AtOnce => receiver.blocking_recv_timeout(Duration::ZERO),
        });
        let ret = received_until(until, result);
        self.end_polled();
        self.hand.end(call, ret);
    }

    /// A thread waits in a place of its own, and leaves that of the polls first: what they began has ended.
    fn end_polled(&mut self) {
        if let Some(polled) = self.polled.take() {
            self.hand.end(polled, Ret::Cancelled);
        }
    }

    pub(super) fn recv_many_blocking(&mut self, limit: usize) {
        if !self.senders.is_empty() || !self.holds_nothing() {
            return self.poll_recv_many(limit);
        }
        let Some(receiver) = &mut self.receiver else { return };
        let mut tokens = Vec::new();
        let call = self.hand.begin(Op::RecvMany(limit));
        let n = self.hand.block(call, || receiver.blocking_recv_many(&mut tokens, limit));
        assert_eq!(n, tokens.len());
        self.end_polled();
        self.hand.end(call, if n == 0 { Ret::Closed } else { ids(&tokens) });
    }
}
