//! What remains of channels that have gone: their sums, those of one name or place together.

use std::collections::HashMap;

use crate::model::{Channel, Kind};
use crate::snapshot::GoneChannels;

use super::numbers::Numbers;

/// So many names and places are told apart; the others are one.
const MOST_GROUPS: usize = 1_024;

#[derive(Clone, Debug, Default)]
pub(super) struct Gone {
    pub(super) groups: Vec<GoneChannels>,
    /// Where those of one description are.
    places: HashMap<(Kind, Option<u64>, Option<String>), usize>,
}

impl Gone {
    pub(super) fn add(&mut self, numbers: &Numbers) {
        let mut channel = numbers.channel.clone();
        let described = |channel: &Channel| {
            let called = channel.name.as_ref().or(channel.place.as_ref());
            (channel.kind, channel.capacity, called.cloned())
        };
        let mut key = described(&channel);
        if self.groups.len() >= MOST_GROUPS && !self.places.contains_key(&key) {
            channel = Channel { capacity: None, name: Some("others".to_owned()), place: None, ..channel };
            key = described(&channel);
        }
        let at = *self.places.entry(key).or_insert(self.groups.len());
        if at == self.groups.len() {
            self.groups.push(GoneChannels { channel, channels: 0, counts: Default::default() });
        }
        self.groups[at].channels += 1;
        self.groups[at].counts.merge(&numbers.counts);
    }
}
