//! One row of the ladder: what an event looks like, and what stands beside it.

use thalweg_recording::{Event, LAST_RECEIVER_WENT, LAST_SENDER_WENT, What};

use crate::plan::{PIPE, Plan};
use crate::rows::Sheaf;
use crate::say;
use crate::sheet::{Frame, Label, SMALL, Sheet, Tie, fit, width};
use crate::story::Story;

/// As much room as there is beside a channel, and between two lanes.
const LABEL: f64 = 133.0;
const BESIDE_LANE: f64 = 103.0;

/// What it takes to draw a row.
pub(crate) struct Pen<'p, 's> {
    pub(crate) sheet: &'p mut Sheet,
    pub(crate) plan: &'p Plan,
    pub(crate) story: &'p Story<'s>,
}

/// The way an arrow goes, at a height.
#[derive(Clone, Copy)]
struct Way {
    lane: f64,
    /// The edge of the channel that is nearer to the lane.
    edge: f64,
    y: f64,
    sends: bool,
}

impl Way {
    fn ends(&self) -> (f64, f64) {
        if self.sends { (self.lane, self.edge) } else { (self.edge, self.lane) }
    }

    /// From the lane to the channel.
    fn towards(&self) -> f64 {
        (self.edge - self.lane).signum()
    }
}

impl Pen<'_, '_> {
    /// An event at its row's line.
    pub(crate) fn event(&mut self, number: usize, y: f64) {
        let event = self.story.events()[number];
        let tip = tip(self.story, number);
        self.sheet.open(&tip);
        match event.what {
            What::Sent | What::SentByPermit | What::Received => self.message(number, y),
            What::Reserved => self.aside(number, y, &format!("reserves {}", event.aux), "f"),
            What::PermitReturned => self.aside(number, y, &format!("gives back {}", event.aux), "f"),
            What::SendRefused => self.aside(number, y, "refused", "e"),
            What::ReceiveEnded => self.aside(number, y, "closed", "e"),
            What::Lagged => self.aside(number, y, &format!("missed {}", say::count(u64::from(event.aux))), "e"),
            What::Cancelled => self.given_up(number, y, "cancelled"),
            What::TimedOut => self.given_up(number, y, "timed out"),
            What::Closed => self.closed(&event, y),
            What::Discarded => self.discarded(&event, y),
            What::Woken => self.dot("head", &event, y, 2.0),
            What::Cloned | What::Created => {}
            What::Dropped => self.gone(&event, y),
            _ => {}
        }
        self.sheet.close();
    }

    /// Many messages at once.
    pub(crate) fn sheaf(&mut self, sheaf: &Sheaf, whole: u64, y: f64) {
        let way = self.way(sheaf.lane, sheaf.channel, sheaf.sends, y);
        let title = &self.story.cast.lanes[sheaf.lane].title;
        let does = if sheaf.sends { "sent" } else { "received" };
        let mut tip = format!("{title} {does} {}", say::things(sheaf.count, "message"));
        if sheaf.waited > 0 {
            tip.push_str(&format!(", waiting {} for it", say::time(sheaf.waited)));
        }
        self.sheet.open(&tip);
        let class = match sheaf.count * 4 / whole.max(1) {
            0 => "arrow",
            1 => "arrow thick",
            _ => "arrow thicker",
        };
        self.arrow(way, class, "head");
        let text = format!("×{}", say::count(sheaf.count));
        self.beside_channel(way, &text, "t", ("", ""));
        self.sheet.close();
    }

    /// One message, in or out.
    fn message(&mut self, number: usize, y: f64) {
        let event = self.story.events()[number];
        let Some(way) = self.way_of(&event, y) else {
            return;
        };
        self.arrow(way, "arrow", "head");
        if way.sends && self.story.is_unreceived(&event) {
            let inside = way.edge + way.towards() * 7.0;
            self.sheet.circle("open", [inside, y], 3.6);
        }
        let text = self.message_label(&event);
        self.with_wait(number, way, &text, "t");
    }

    /// An arrow that carries no message.
    fn aside(&mut self, number: usize, y: f64, text: &str, class: &str) {
        let event = self.story.events()[number];
        let Some(way) = self.way_of(&event, y) else {
            return;
        };
        let way = Way { sends: matches!(event.what, What::Reserved | What::PermitReturned | What::SendRefused), ..way };
        let bad = class == "e";
        let head = match event.what {
            What::SendRefused => "",
            _ if bad => "e",
            _ => "head",
        };
        self.arrow(way, if bad { "end dash" } else { "arrow dash" }, head);
        if event.what == What::SendRefused {
            self.cross([way.edge - way.towards() * 5.0, y]);
        }
        self.with_wait(number, way, text, class);
    }

    /// A label beside the channel that says how long its handle had waited, too.
    fn with_wait(&mut self, number: usize, way: Way, text: &str, class: &str) {
        let wait = self.story.wait_ended_by(number);
        let waited = wait.map(|wait| (if wait.sends { "ws" } else { "wr" }, self.story.duration(wait)));
        match waited.filter(|(_, time)| *time > 0) {
            Some((tail_class, time)) => {
                let mut tail = format!("after {}", say::time(time));
                let room_beside = |tail: &str| LABEL - width(tail, SMALL) - 4.0;
                if width(text, SMALL) > room_beside(&tail) {
                    // Its colour says what it is; what tells messages apart is often the end of their texts.
                    tail = say::time(time);
                }
                let room = room_beside(&tail);
                self.beside_channel(way, &fit(text, SMALL, room), class, (tail_class, &tail));
            }
            None => self.beside_channel(way, &fit(text, SMALL, LABEL), class, ("", "")),
        }
    }

    fn given_up(&mut self, number: usize, y: f64, how: &str) {
        let event = self.story.events()[number];
        let Some(way) = self.way_of(&event, y) else {
            return;
        };
        self.cross([way.lane, y]);
        let waited = self.story.wait_ended_by(number).map(|wait| self.story.duration(wait));
        let text = waited.map_or_else(|| how.to_owned(), |time| format!("{how} {}", say::time(time)));
        self.beside_lane(way, &text, "e");
    }

    /// A wait that is not over.
    pub(crate) fn open_wait(&mut self, number: usize, y: f64) {
        let wait = self.story.waits[number];
        let Some(channel) = self.story.cast.channel(wait.channel) else {
            return;
        };
        let way = self.way(wait.lane, channel, true, y);
        let others = self.story.waits.iter().filter(|other| other.lane == wait.lane && self.story.is_open(other));
        let count = others.filter(|other| other.sends == wait.sends).count();
        let whose = if count > 1 { format!("{} wait", say::count(count as u64)) } else { "waits".to_owned() };
        let text = format!("{whose} {}", say::time(self.story.duration(&wait)));
        self.beside_lane(way, &text, if wait.sends { "ws b" } else { "wr b" });
    }

    fn closed(&mut self, event: &Event, y: f64) {
        let Some(lane) = self.story.cast.channel(event.channel) else {
            return;
        };
        let x = self.plan.lanes[lane];
        for step in [-1.5, 1.5] {
            self.sheet.line("end", [x - PIPE - 4.0, y + step], [x + PIPE + 4.0, y + step]);
        }
        let text = match event.aux {
            LAST_SENDER_WENT => "closed: no sender",
            LAST_RECEIVER_WENT => "closed: no receiver",
            _ => "closed",
        };
        self.right_of_channel([x + PIPE + 8.0, y + 3.5], text);
    }

    fn discarded(&mut self, event: &Event, y: f64) {
        let Some(lane) = self.story.cast.channel(event.channel) else {
            return;
        };
        let x = self.plan.lanes[lane];
        self.cross([x, y]);
        let text = format!("{} never received", say::count(u64::from(event.aux)));
        self.right_of_channel([x + PIPE + 8.0, y + 3.5], &text);
    }

    fn right_of_channel(&mut self, at: [f64; 2], text: &str) {
        let text = fit(text, SMALL, LABEL);
        self.label(&Label { at, tie: Tie::Start, size: SMALL, class: "e", text: &text, tail: ("", "") });
    }

    fn dot(&mut self, class: &str, event: &Event, y: f64, radius: f64) {
        let lane = self.story.cast.handle(event.handle);
        if let Some(lane) = lane.filter(|lane| self.story.cast.lanes[*lane].members == 1) {
            self.sheet.circle(class, [self.plan.lanes[lane], y], radius);
        }
    }

    fn gone(&mut self, event: &Event, y: f64) {
        if let Some(lane) = self.story.cast.handle(event.handle) {
            let x = self.plan.lanes[lane];
            self.sheet.line("rim", [x - 5.0, y], [x + 5.0, y]);
        }
    }

    fn cross(&mut self, [x, y]: [f64; 2]) {
        self.sheet.line("end", [x - 4.0, y - 4.0], [x + 4.0, y + 4.0]);
        self.sheet.line("end", [x - 4.0, y + 4.0], [x + 4.0, y - 4.0]);
    }

    fn way_of(&self, event: &Event, y: f64) -> Option<Way> {
        let (lane, channel) = (self.story.cast.handle(event.handle)?, self.story.cast.channel(event.channel)?);
        Some(self.way(lane, channel, matches!(event.what, What::Sent | What::SentByPermit), y))
    }

    fn way(&self, lane: usize, channel: usize, sends: bool, y: f64) -> Way {
        let (lane, channel) = (self.plan.lanes[lane], self.plan.lanes[channel]);
        let edge = if lane < channel { channel - PIPE } else { channel + PIPE };
        Way { lane, edge, y, sends }
    }

    fn arrow(&mut self, way: Way, class: &str, head: &str) {
        let (from, to) = way.ends();
        let forward = (to - from).signum();
        let (start, end) = ([from, way.y], [to - forward * 6.0, way.y]);
        self.sheet.line("halo", [from + forward * 8.0, way.y], [to - forward * 10.0, way.y]);
        self.sheet.line(class, start, end);
        self.sheet.keep_clear([from, to], way.y);
        if head.is_empty() {
            return;
        }
        let back = to - forward * 8.0;
        self.sheet.path(head, &[[to, way.y], [back, way.y - 3.8], [back, way.y + 3.8]], true);
    }

    fn beside_channel(&mut self, way: Way, text: &str, class: &str, tail: (&str, &str)) {
        let (tie, away) = if way.towards() > 0.0 { (Tie::End, -1.0) } else { (Tie::Start, 1.0) };
        let space = if way.sends { 11.0 } else { 6.0 };
        let at = [way.edge + away * space, way.y - 4.5];
        self.label(&Label { at, tie, size: SMALL, class, text, tail });
    }

    fn beside_lane(&mut self, way: Way, text: &str, class: &str) {
        let (tie, away) = if way.towards() > 0.0 { (Tie::Start, 1.0) } else { (Tie::End, -1.0) };
        let text = fit(text, SMALL, BESIDE_LANE);
        let at = [way.lane + away * 10.0, way.y + 3.5];
        self.label(&Label { at, tie, size: SMALL, class, text: &text, tail: ("", "") });
    }

    fn label(&mut self, label: &Label<'_>) {
        if !self.sheet.label(label) && !label.text.is_empty() {
            self.sheet.dropped += 1;
        }
    }

    fn message_label(&self, event: &Event) -> String {
        let Some(message) = event.message else {
            return String::new();
        };
        match self.story.recording.texts.get(&(event.channel, message)) {
            Some(text) => text.clone(),
            None => format!("#{message}"),
        }
    }
}

/// All that is known of an event.
pub(crate) fn tip(story: &Story<'_>, number: usize) -> String {
    let event = story.events()[number];
    let who = story.cast.handle(event.handle).map_or("", |lane| &story.cast.lanes[lane].title);
    let mut tip = format!("{} {}", say::time(event.at), event.what.name().replace('_', " "));
    if !who.is_empty() {
        tip.push_str(&format!(", {who} (handle {})", event.handle));
    }
    if let Some(message) = event.message.filter(|_| event.what != What::Reserved) {
        tip.push_str(&format!(", message {}", say::count(message)));
    }
    if let Some(text) = event.message.and_then(|message| story.recording.texts.get(&(event.channel, message))) {
        tip.push_str(&format!(" “{text}”"));
    }
    if let Some(queued) = story.queued(&event) {
        tip.push_str(&format!(", {} in the channel", say::time(queued)));
    }
    if let Some(wait) = story.wait_ended_by(number) {
        tip.push_str(&format!(", after a wait of {}", say::time(story.duration(wait))));
        if let Some(woken) = wait.woken {
            tip.push_str(&format!(", woken {} before", say::time(event.at.saturating_sub(story.at(woken)))));
        }
    }
    tip
}

/// A frame around a middle.
pub(crate) fn around(x: f64, half: f64, top: f64, bottom: f64) -> Frame {
    Frame { left: x - half, right: x + half, top, bottom }
}
