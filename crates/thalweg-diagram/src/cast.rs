//! Who is in the picture: the lanes, from left to right.

use std::collections::{BTreeMap, HashMap, HashSet};

use thalweg_recording::{Channel, Handle, Kind, Recording, Role, What};

use crate::options::Options;
use crate::say;

/// Channels made at one place in a greater number are one lane.
const CHANNELS_OF_ONE_PLACE: usize = 3;
/// More lanes of channels than these make no picture.
const MOST_CHANNELS: usize = 4;

/// The lanes, and which handle and channel belongs to which.
#[derive(Debug)]
pub(crate) struct Cast {
    pub(crate) lanes: Vec<Lane>,
    of_handle: HashMap<u32, usize>,
    of_channel: HashMap<u32, usize>,
    /// Handles that did nothing and have no lane.
    pub(crate) idle: usize,
    /// Channels for which there is no room.
    pub(crate) channels_left_out: usize,
}

/// A line from top to bottom.
#[derive(Debug)]
pub(crate) struct Lane {
    pub(crate) title: String,
    /// How many parties or channels it stands for.
    pub(crate) members: usize,
    /// How many handles those have.
    pub(crate) handles: usize,
    pub(crate) channel: Option<Pipe>,
}

/// What is particular of a channel's lane.
#[derive(Debug)]
pub(crate) struct Pipe {
    pub(crate) kind: Kind,
    /// Of one of them.
    pub(crate) capacity: Option<u64>,
}

/// Who shares a lane.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Party {
    Named(String),
    Handle(u32),
    /// The unnamed handles of channels that share a lane.
    Side(usize, Role),
}

impl Cast {
    pub(crate) fn new(recording: &Recording, options: &Options) -> Cast {
        let mut cast = Cast {
            lanes: Vec::new(),
            of_handle: HashMap::new(),
            of_channel: HashMap::new(),
            idle: 0,
            channels_left_out: 0,
        };
        let groups = cast.choose(recording, options);
        let used = used_handles(recording);
        let mut placed: HashMap<Party, usize> = HashMap::new();
        for (number, group) in groups.iter().enumerate() {
            let ids: HashSet<u32> = group.iter().map(|channel| channel.id).collect();
            for role in [Role::Sender, Role::Receiver] {
                if role == Role::Receiver {
                    cast.add_channels(group);
                }
                let all: Vec<&Handle> =
                    recording.handles.iter().filter(|h| h.role == role && ids.contains(&h.channel)).collect();
                let shown: Vec<&Handle> =
                    all.iter().filter(|h| h.name.is_some() || used.contains(&h.id)).copied().collect();
                // A side with nobody at all would look as if there were none.
                let shown = if shown.is_empty() { all.iter().take(1).copied().collect() } else { shown };
                cast.idle += all.len() - shown.len();
                cast.add_side(shown, (group.len() > 1).then_some(number), &mut placed, options);
            }
        }
        cast
    }

    /// The lane of an event's handle.
    pub(crate) fn handle(&self, id: u32) -> Option<usize> {
        self.of_handle.get(&id).copied()
    }

    pub(crate) fn channel(&self, id: u32) -> Option<usize> {
        self.of_channel.get(&id).copied()
    }

    /// The channels that are drawn, those of a lane together.
    fn choose<'r>(&mut self, recording: &'r Recording, options: &Options) -> Vec<Vec<&'r Channel>> {
        let mut alike: BTreeMap<_, Vec<&Channel>> = BTreeMap::new();
        for channel in &recording.channels {
            let called = (channel.name.as_ref(), channel.place.as_ref().filter(|_| channel.name.is_none()));
            alike.entry((channel.kind, channel.capacity, called)).or_default().push(channel);
        }
        let mut groups: Vec<Vec<&Channel>> = Vec::new();
        for (_, channels) in alike {
            let unfolded = options.unfold.contains(&channels[0].label());
            if channels.len() > CHANNELS_OF_ONE_PLACE && !unfolded {
                groups.push(channels);
            } else {
                groups.extend(channels.into_iter().map(|channel| vec![channel]));
            }
        }
        if groups.len() > MOST_CHANNELS {
            let mut events: HashMap<u32, usize> = HashMap::new();
            recording.events.iter().for_each(|event| *events.entry(event.channel).or_default() += 1);
            let busy =
                |group: &Vec<&Channel>| group.iter().filter_map(|channel| events.get(&channel.id)).sum::<usize>();
            groups.sort_by_key(|group| std::cmp::Reverse(busy(group)));
            self.channels_left_out = groups.drain(MOST_CHANNELS..).map(|group| group.len()).sum();
        }
        groups.sort_by_key(|group| group.iter().map(|channel| channel.id).min());
        groups
    }

    fn add_channels(&mut self, group: &[&Channel]) {
        let lane = self.lanes.len();
        let first = group[0];
        let called = first.label();
        let title = if group.len() > 1 { format!("{called} ×{}", say::count(group.len() as u64)) } else { called };
        let pipe = Pipe { kind: first.kind, capacity: first.capacity };
        self.lanes.push(Lane { title, members: group.len(), handles: 0, channel: Some(pipe) });
        self.of_channel.extend(group.iter().map(|channel| (channel.id, lane)));
    }

    /// The handles of one role of one lane of channels, but for parties that have a lane already.
    fn add_side(
        &mut self,
        handles: Vec<&Handle>,
        folded: Option<usize>,
        placed: &mut HashMap<Party, usize>,
        options: &Options,
    ) {
        let mut parties: Vec<(Party, String, Vec<u32>)> = Vec::new();
        let alone = handles.len() == 1;
        let mut known: HashMap<Party, usize> = HashMap::new();
        for handle in handles {
            let role = handle.role.name();
            let (party, title) = match (&handle.name, folded) {
                (Some(name), _) => (Party::Named(name.clone()), name.clone()),
                (None, Some(group)) => (Party::Side(group, handle.role), format!("{role}s")),
                (None, None) if alone => (Party::Handle(handle.id), role.to_owned()),
                (None, None) => (Party::Handle(handle.id), format!("{role} {}", handle.ordinal)),
            };
            if let Some(lane) = placed.get(&party) {
                self.of_handle.insert(handle.id, *lane);
                self.lanes[*lane].handles += 1;
                continue;
            }
            let at = *known.entry(party.clone()).or_insert(parties.len());
            if at == parties.len() {
                parties.push((party, title, Vec::new()));
            }
            parties[at].2.push(handle.id);
        }
        for group in fold(parties, options) {
            let lane = self.lanes.len();
            let handles = group.parties.iter().map(|(_, handles)| handles.len()).sum();
            let one_of_many = matches!(group.parties[..], [(Party::Side(..), _)]);
            let members = if one_of_many { handles } else { group.parties.len() };
            for (party, handles) in group.parties {
                self.of_handle.extend(handles.iter().map(|id| (*id, lane)));
                placed.insert(party, lane);
            }
            self.lanes.push(Lane { title: group.title, members, handles, channel: None });
        }
    }
}

/// Parties that share a lane.
struct Group {
    title: String,
    parties: Vec<(Party, Vec<u32>)>,
}

/// Makes one of those whose names begin alike, the most numerous first, until they fit.
fn fold(parties: Vec<(Party, String, Vec<u32>)>, options: &Options) -> Vec<Group> {
    let mut stems: BTreeMap<String, usize> = BTreeMap::new();
    for (_, title, _) in &parties {
        if !options.unfold.contains(title) {
            *stems.entry(stem(title)).or_default() += 1;
        }
    }
    let mut by_size: Vec<(usize, String)> = stems.into_iter().map(|(stem, size)| (size, stem)).collect();
    by_size.sort();
    let mut lanes = parties.len();
    let mut folded = HashSet::new();
    while lanes > options.fold {
        match by_size.pop() {
            Some((size, stem)) if size > 1 => {
                lanes -= size - 1;
                folded.insert(stem);
            }
            _ => break,
        }
    }
    let mut groups: Vec<Group> = Vec::new();
    let mut where_is: HashMap<String, usize> = HashMap::new();
    for (party, title, handles) in parties {
        let stem = stem(&title);
        if options.unfold.contains(&title) || !folded.contains(&stem) {
            groups.push(Group { title, parties: vec![(party, handles)] });
            continue;
        }
        let at = *where_is.entry(stem.clone()).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Group { title: stem, parties: Vec::new() });
        }
        groups[at].parties.push((party, handles));
    }
    for group in &mut groups {
        if group.parties.len() > 1 {
            group.title = format!("{} ×{}", group.title, say::count(group.parties.len() as u64));
        }
    }
    groups
}

/// A name without the number at its end.
fn stem(name: &str) -> String {
    let stem = name.trim_end_matches(|letter: char| letter.is_ascii_digit() || matches!(letter, ' ' | '-' | '_' | '#'));
    if stem.is_empty() { name.to_owned() } else { stem.to_owned() }
}

/// The handles that did more than come and go.
fn used_handles(recording: &Recording) -> HashSet<u32> {
    let idle = |what| matches!(what, What::Created | What::Cloned | What::Dropped);
    recording.events.iter().filter(|event| !idle(event.what)).map(|event| event.handle).collect()
}
