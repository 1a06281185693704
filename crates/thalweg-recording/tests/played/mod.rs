//! A channel played through by hand, whose events come out in order.

use std::collections::{HashMap, VecDeque};

use proptest::collection::vec;
use proptest::prelude::*;
use thalweg_recording::{Channel, Event, Handle, Kind, Role, What};

pub(crate) struct Played {
    pub(crate) channels: Vec<Channel>,
    pub(crate) handles: Vec<Handle>,
    pub(crate) events: Vec<Event>,
}

/// A step: the time before it, what, and by which handle.
pub(crate) type Play = (u64, u8, prop::sample::Index);

pub(crate) fn plays() -> impl Strategy<Value = Vec<Play>> {
    vec((1..300_u64, 0..40_u8, any::<prop::sample::Index>()), 0..400)
}

/// Two channels with five handles each. The first holds three messages, the other any number.
pub(crate) fn run(plays: &[Play]) -> Played {
    let channel = |id, capacity| Channel { id, kind: Kind::Mpmc, capacity, name: None, place: None };
    let roles = [Role::Sender, Role::Sender, Role::Receiver, Role::Receiver, Role::Sender];
    let handles = (1..=10_u32).map(|id| {
        let (channel, role) = (1 + (id - 1) / 5, roles[(id as usize - 1) % 5]);
        Handle { id, channel, role, name: None, ordinal: 1 }
    });
    let handles: Vec<Handle> = handles.collect();
    let channels = vec![channel(1, Some(3)), channel(2, None)];
    let mut queues = [VecDeque::new(), VecDeque::new()];
    let mut next = [0; 2];
    // The number of its wait, 0 when it does not wait; none when it has gone.
    let mut waits: HashMap<u32, u32> = handles.iter().map(|handle| (handle.id, 0)).collect();
    let (mut at, mut number, mut events) = (0, 0, Vec::new());
    for (step, what, handle) in plays {
        let handle = handle.get(&handles);
        let Some(wait) = waits.get_mut(&handle.id) else { continue };
        let line = handle.channel as usize - 1;
        at += step;
        let mut tell = |what, message, aux| {
            events.push(Event { at, channel: handle.channel, handle: handle.id, what, message, aux });
        };
        match (what, handle.role) {
            // Not the last one: the channel would go.
            (0, _) if handle.id % 5 > 2 => {
                tell(What::Dropped, None, 0);
                waits.remove(&handle.id);
            }
            (1..4, _) if *wait > 0 => tell(What::Cancelled, None, std::mem::take(wait)),
            (_, Role::Sender) if channels[line].capacity.is_none_or(|most| queues[line].len() < most as usize) => {
                queues[line].push_back(next[line]);
                tell(What::Sent, Some(next[line]), std::mem::take(wait));
                next[line] += 1;
            }
            (_, Role::Receiver) if !queues[line].is_empty() => {
                tell(What::Received, queues[line].pop_front(), std::mem::take(wait));
            }
            (_, role) if *wait == 0 => {
                number += 1;
                *wait = number;
                tell(if role == Role::Sender { What::SendWaits } else { What::ReceiveWaits }, None, number);
            }
            _ => tell(What::Woken, None, *wait),
        }
    }
    Played { channels, handles, events }
}
