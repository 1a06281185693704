//! The picture for a terminal: 80 columns, one colour.

use thalweg_recording::{Recording, What};

use crate::options::Options;
use crate::rows::{Row, RowKind};
use crate::say;
use crate::story::Story;
use crate::svg::Scene;
use crate::window::takes_a_row;

const WIDTH: usize = 80;
/// The columns of the times.
const TIMES: usize = 10;
/// More lanes cannot be told apart.
const MOST_LANES: usize = 8;
/// Half the columns of a channel.
const PIPE: usize = 3;

/// A recording as text of 80 columns.
///
/// A waiting lane is `▒` while it waits for a place and `░` while it waits for a message; `█` is how full a channel is.
pub fn text(recording: &Recording, options: &Options) -> String {
    let mut scene = Scene::new(recording, options);
    for fold in [3, 1] {
        if scene.story.cast.lanes.len() > MOST_LANES {
            scene = Scene::new(recording, &Options { fold, ..options.clone() });
        }
    }
    let mut page = Page::new(&scene);
    page.heads();
    for (number, row) in scene.rows.rows.iter().enumerate() {
        page.row(row, number);
    }
    page.foot();
    page.text
}

struct Page<'p, 's> {
    scene: &'p Scene<'s>,
    /// The column of each lane.
    lanes: Vec<usize>,
    step: usize,
    text: String,
}

impl<'p, 's> Page<'p, 's> {
    fn new(scene: &'p Scene<'s>) -> Self {
        let count = scene.story.cast.lanes.len().clamp(1, (WIDTH - TIMES) / 4);
        let step = ((WIDTH - TIMES) / count).min(24);
        let lanes = (0..scene.story.cast.lanes.len()).map(|lane| TIMES + lane * step + step / 2).collect();
        Self { scene, lanes, step, text: String::new() }
    }

    fn story(&self) -> &'p Story<'s> {
        &self.scene.story
    }

    fn line(&mut self, line: &[char]) {
        let line: String = line.iter().take(WIDTH).collect();
        self.text.push_str(line.trim_end());
        self.text.push('\n');
    }

    fn said(&mut self, said: &str) {
        let mut line = String::new();
        for word in said.split(' ') {
            if !line.is_empty() && line.chars().count() + word.chars().count() >= WIDTH {
                self.line(&line.chars().collect::<Vec<_>>());
                line.clear();
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        self.line(&line.chars().collect::<Vec<_>>());
    }

    fn heads(&mut self) {
        self.said(&say::cut(&self.scene.title, 400));
        if !self.scene.window.about.is_empty() {
            self.said(&say::cut(&self.scene.window.about, 400));
        }
        self.text.push('\n');
        let room = self.step.saturating_sub(1);
        let heads: Vec<Vec<String>> = (0..self.lanes.len()).map(|lane| head(self.scene, lane, room)).collect();
        for part in 0..heads.iter().map(Vec::len).max().unwrap_or(0) {
            let mut line = vec![' '; WIDTH];
            for (head, x) in heads.iter().zip(&self.lanes) {
                let text = head.get(part).map_or("", String::as_str);
                put(&mut line, x.saturating_sub(text.chars().count() / 2), text);
            }
            self.line(&line);
        }
    }

    fn row(&mut self, row: &Row, number: usize) {
        // A pause is what was there since the event before it.
        let is_pause = matches!(row.kind, RowKind::Pause(_));
        let mut line = self.lanes_at(row.events.start.saturating_sub(usize::from(is_pause)));
        match &row.kind {
            RowKind::One => {
                let event = row.events.start;
                if takes_a_row(self.story().events()[event].what) {
                    self.event(&mut line, event);
                    put(&mut line, 0, &format!("{:>8}", say::time(self.story().at(event))));
                    self.line(&line);
                }
            }
            RowKind::Bundle(sheaves) => {
                for (number, sheaf) in sheaves.iter().enumerate() {
                    let mut line = line.clone();
                    if number == 0 {
                        put(&mut line, 0, &format!("{:>8}", say::time(self.story().at(row.events.start))));
                    }
                    let label = format!("×{}", say::brief(sheaf.count));
                    self.arrow(&mut line, sheaf.lane, sheaf.channel, sheaf.sends, ('─', &label));
                    self.line(&line);
                }
            }
            RowKind::Again { rows, times, median } => {
                let events = self.scene.rows.rows[number - rows..number].iter();
                let seen = events.filter(|row| takes_a_row(self.story().events()[row.events.start].what)).count();
                let rows = say::things(seen as u64, "row");
                let said = format!(
                    " the last {rows}, {} times more, {} each (median) ",
                    say::count(*times),
                    say::time(*median)
                );
                self.across(line, '═', &said);
            }
            RowKind::Cut => {
                let (from, to) = (self.story().at(row.events.start), self.story().at(row.events.end));
                let time = say::time(to.saturating_sub(from));
                self.across(line, '~', &format!(" {} in {time} left out ", say::things(row.count, "event")));
            }
            RowKind::Pause(time) => self.across(line, '~', &format!(" {} without an event ", say::time(*time))),
            RowKind::Open(wait) => {
                let wait = self.story().waits[*wait];
                let said = format!("waits {}", say::time(self.story().duration(&wait)));
                self.beside(&mut line, wait.lane, &said);
                self.line(&line);
            }
        }
    }

    /// The lanes as they are after an event.
    fn lanes_at(&self, event: usize) -> Vec<char> {
        let mut line = vec![' '; WIDTH];
        for (lane, x) in self.lanes.iter().enumerate() {
            let facts = &self.scene.story.cast.lanes[lane];
            if let Some(pipe) = &facts.channel {
                let depth = self.depth(lane, event);
                let most =
                    self.story().depths.get(&lane).into_iter().flatten().map(|(_, depth)| u64::from(*depth)).max();
                let full = pipe.capacity.filter(|_| facts.members == 1).or(most).unwrap_or(1).max(1);
                let filled = (depth * (2 * PIPE as u64 - 1)).div_ceil(full).min(2 * PIPE as u64 - 1) as usize;
                let inside: String = (0..2 * PIPE - 1).map(|at| if at < filled { '█' } else { ' ' }).collect();
                put(&mut line, x.saturating_sub(PIPE), &format!("│{inside}│"));
            } else {
                let waits = |sends| {
                    let now = |wait: &&crate::story::Wait| {
                        wait.lane == lane && wait.from <= event && (event < wait.to || self.story().is_open(wait))
                    };
                    self.story().waits.iter().filter(now).any(|wait| wait.sends == sends)
                };
                let mark = if waits(true) {
                    "▒"
                } else if waits(false) {
                    "░"
                } else {
                    "│"
                };
                put(&mut line, *x, mark);
            }
        }
        line
    }

    fn depth(&self, lane: usize, event: usize) -> u64 {
        let Some(depths) = self.story().depths.get(&lane) else {
            return 0;
        };
        let after = depths.partition_point(|(number, _)| *number <= event);
        after.checked_sub(1).map_or(0, |at| u64::from(depths[at].1))
    }

    fn event(&self, line: &mut [char], number: usize) {
        let event = self.story().events()[number];
        let Some(channel) = self.story().cast.channel(event.channel) else {
            return;
        };
        let mut label = match event.what {
            What::Sent | What::SentByPermit | What::Received => {
                let text = event.message.and_then(|m| self.story().recording.texts.get(&(event.channel, m)));
                text.cloned().unwrap_or_else(|| event.message.map_or(String::new(), |m| format!("#{m}")))
            }
            What::Lagged => format!("missed {}", event.aux),
            // As the arrows of an SVG say it: there is little room.
            What::ReceiveEnded => "closed".to_owned(),
            What::SendRefused => "refused".to_owned(),
            what => what.name().replace('_', " "),
        };
        if let Some(wait) = self.story().wait_ended_by(number) {
            let tail = format!(" after {}", say::time(self.story().duration(wait)));
            if label.chars().count() + tail.chars().count() <= self.room() {
                label.push_str(&tail);
            }
        }
        let lane = self.story().cast.handle(event.handle);
        match (event.what, lane) {
            (What::Closed | What::Discarded, _) | (_, None) => self.beside(line, channel, &label),
            (What::Cancelled | What::TimedOut, Some(lane)) => self.beside(line, lane, &format!("✕ {label}")),
            (what, Some(lane)) => {
                let message = matches!(what, What::Sent | What::SentByPermit | What::Received);
                let receives = matches!(what, What::Received | What::ReceiveEnded | What::Lagged);
                self.arrow(line, lane, channel, !receives, (if message { '─' } else { '╌' }, &label));
            }
        }
    }

    fn arrow(&self, line: &mut [char], lane: usize, channel: usize, sends: bool, (stroke, label): (char, &str)) {
        let (lane_x, channel_x) = (self.lanes[lane], self.lanes[channel]);
        let rightwards = lane_x < channel_x;
        let edge = if rightwards { channel_x - PIPE } else { channel_x + PIPE };
        let (left, right) = if rightwards { (lane_x + 1, edge) } else { (edge + 1, lane_x) };
        for cell in &mut line[left.min(WIDTH)..right.min(WIDTH)] {
            *cell = match *cell {
                ' ' | '█' => stroke,
                '│' => '┼',
                other => other,
            };
        }
        let head = match (rightwards == sends, right > left) {
            (_, false) => return,
            (true, _) => (right - 1, "▶"),
            (false, _) => (left, "◀"),
        };
        put(line, head.0, head.1);
        // Beside the channel, in the space up to the next lane.
        let label = say::cut(label, self.room());
        let length = label.chars().count();
        let at = if rightwards { right.saturating_sub(length + 2) } else { left + 2 };
        if length > 0 && right - left > length + 2 {
            put(line, at, &label);
        }
    }

    /// For a label, between a channel and the next lane.
    fn room(&self) -> usize {
        self.step.saturating_sub(PIPE + 5)
    }

    fn beside(&self, line: &mut [char], lane: usize, said: &str) {
        let from = self.lanes[lane] + if self.scene.story.cast.lanes[lane].channel.is_some() { PIPE + 2 } else { 2 };
        // At the right edge it stands before the lane.
        let length = said.chars().count();
        let from = if from + length > WIDTH { self.lanes[lane].saturating_sub(length + PIPE + 1) } else { from };
        put(line, from, said);
    }

    fn across(&mut self, mut line: Vec<char>, stroke: char, said: &str) {
        line[TIMES..].iter_mut().filter(|cell| **cell == ' ').for_each(|cell| *cell = stroke);
        put(&mut line, TIMES + 4, said);
        self.line(&line);
    }

    fn foot(&mut self) {
        self.text.push('\n');
        if !self.story().waits.is_empty() {
            self.said("▒ waits for a place   ░ waits for a message   █ what is in the channel");
        }
        for said in self.scene.left_out() {
            self.said(&say::cut(&said, 1_000));
        }
    }
}

/// What stands above a lane, in pieces that fit: what is too long is broken at a comma, or loses its last words.
fn head(scene: &Scene<'_>, lane: usize, room: usize) -> Vec<String> {
    let mut lines = vec![say::cut(&scene.story.cast.lanes[lane].title, room)];
    for fact in scene.facts(lane).iter().filter(|fact| !fact.is_empty()) {
        let fits = fact.chars().count() <= room;
        let pieces = if fits { vec![&**fact] } else { fact.split(", ").collect() };
        lines.extend(pieces.into_iter().map(|piece| {
            let short = piece.strip_suffix(" in it").filter(|_| piece.chars().count() > room);
            say::cut(short.unwrap_or(piece), room)
        }));
    }
    lines
}

/// Puts a text into a line, as far as the line goes.
fn put(line: &mut [char], at: usize, text: &str) {
    for (cell, letter) in line.iter_mut().skip(at).zip(text.chars()) {
        *cell = if letter.is_control() { ' ' } else { letter };
    }
}
