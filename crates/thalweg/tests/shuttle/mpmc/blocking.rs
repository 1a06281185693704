//! The steps of an actor that block its thread.
//!
//! One that waits may have to wait until all others have ended, so it must keep nobody waiting itself: who sends has no
//! receiver, who receives no sender, and neither has room or a place in the line. Another tries once.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use thalweg::mpmc::{RecvTimeoutError, SendTimeoutError};

use super::actor::Actor;
use super::model::Op;
use crate::hand::{ids, received_until, sent_until};
use crate::history::{Ret, Stop};
use crate::scenario::{LONG, Until};

impl Actor {
    fn holds_nothing(&self) -> bool {
        self.held.is_empty() && self.permit.is_none()
    }

    pub(super) fn send_blocking(&mut self, until: Until) {
        let until = if self.receivers.is_empty() && self.holds_nothing() { until } else { Until::AtOnce };
        let token = self.hand.token();
        let id = token.id;
        let call = self.hand.begin(Op::Send(id));
        let sender = &self.senders[0];
        let result = self.hand.block(call, || match until {
            Until::Done => sender.send_blocking(token).map_err(|error| SendTimeoutError::Closed(error.0)),
            Until::Late => sender.send_deadline(token, Instant::now() + LONG),
            Until::AtOnce => sender.send_timeout(token, Duration::ZERO),
        });
        self.hand.end(call, sent_until(until, result, id));
    }

    pub(super) fn send_many_blocking(&mut self, n: usize) {
        if !self.receivers.is_empty() || !self.holds_nothing() {
            return self.try_send_many(n);
        }
        let (ids, tokens) = self.hand.tokens(n);
        let mut tokens: VecDeque<_> = tokens;
        let call = self.hand.begin(Op::SendMany(ids));
        let result = self.hand.block(call, || self.senders[0].send_many_blocking(&mut tokens));
        let sent = n - tokens.len();
        self.hand.end(call, if result.is_ok() { Ret::Done } else { Ret::Sent { sent, why: Stop::Closed } });
    }

    pub(super) fn recv_blocking(&mut self, until: Until) {
        let until = if self.senders.is_empty() && self.holds_nothing() { until } else { Until::AtOnce };
        let call = self.hand.begin(Op::Recv);
        let receiver = &self.receivers[0];
        let result = self.hand.block(call, || match until {
            Until::Done => receiver.recv_blocking().map_err(RecvTimeoutError::from),
            Until::Late => receiver.recv_deadline(Instant::now() + LONG),
            Until::AtOnce => receiver.recv_timeout(Duration::ZERO),
        });
        let ret = received_until(until, result);
        self.hand.end(call, ret);
    }

    pub(super) fn recv_many_blocking(&mut self, limit: usize) {
        if !self.senders.is_empty() || !self.holds_nothing() {
            return self.try_recv_many(limit);
        }
        let mut tokens = Vec::new();
        let call = self.hand.begin(Op::RecvMany(limit));
        let result = self.hand.block(call, || self.receivers[0].recv_many_blocking(&mut tokens, limit));
        assert_eq!(result.unwrap_or(0), tokens.len());
        self.hand.end(call, if result.is_ok() { ids(&tokens) } else { Ret::Closed });
    }

    /// Takes up to so many out of the iterator that blocks.
    pub(super) fn iter_blocking(&mut self, most: usize) {
        if !self.senders.is_empty() || !self.holds_nothing() {
            return self.try_iter(most);
        }
        let mut messages = self.receivers[0].iter_blocking();
        for _ in 0..most {
            let call = self.hand.begin(Op::Recv);
            let next = self.hand.block(call, || messages.next());
            let ended = next.is_none();
            self.hand.end(call, next.map_or(Ret::Closed, |token| ids(&[token])));
            if ended {
                return;
            }
        }
    }
}
