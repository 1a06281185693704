//! The picture as SVG: title, strip, heads, ladder, and what was left out.

use thalweg_recording::{Kind, Recording, What};

use crate::arrows::around;
use crate::cast::Cast;
use crate::ladder;
use crate::options::Options;
use crate::plan::{CARD, GUTTER, Plan, WIDE_CARD};
use crate::rows::{RowKind, Rows};
use crate::say;
use crate::sheet::{Frame, LARGE, Label, MIDDLE, SMALL, Sheet, Tie, fit, width};
use crate::story::Story;
use crate::strip;
use crate::style;
use crate::window::Window;

const HEAD: f64 = 56.0;
/// The key of a note that is said below every picture, such as what was wrong with the file.
pub const PROBLEM: &str = "problem";

/// What all writers draw.
#[derive(Debug)]
pub(crate) struct Scene<'a> {
    pub(crate) story: Story<'a>,
    pub(crate) window: Window,
    pub(crate) rows: Rows,
    pub(crate) title: String,
    /// For each lane.
    pub(crate) totals: Vec<Totals>,
}

/// What a lane did over the whole run.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    pub(crate) sent: u64,
    pub(crate) received: u64,
    pub(crate) waited: u64,
}

impl<'a> Scene<'a> {
    pub(crate) fn new(recording: &'a Recording, options: &Options) -> Self {
        let story = Story::new(recording, Cast::new(recording, options));
        let window = Window::new(&story, options);
        let rows = Rows::new(&story, &window, options);
        let noted = |key: &str| recording.notes.iter().find(|(known, _)| known == key).map(|(_, value)| value.clone());
        let title = options.title.clone().or(noted("program")).unwrap_or_else(|| "A recorded run".to_owned());
        let totals = totals(&story);
        Self { story, window, rows, title, totals }
    }

    /// What the picture does not show, a sentence each.
    pub(crate) fn left_out(&self) -> Vec<String> {
        let Self { story, rows, .. } = self;
        let mut said = Vec::new();
        let mut say = |count: u64, what: String| {
            if count > 0 {
                said.push(what);
            }
        };
        let all = story.events().len() as u64;
        let events = say::things(rows.outside, "event");
        let are = say::are(rows.outside);
        say(rows.outside, format!("{events} of {} before or after this part {are} not drawn.", say::count(all)));
        let elsewhere = format!("{} of handles without a lane.", say::things(rows.elsewhere, "event"));
        say(rows.elsewhere, elsewhere);
        let idle = story.cast.idle as u64;
        say(idle, format!("Without a lane: {} that did nothing.", say::things(idle, "handle")));
        let channels = story.cast.channels_left_out as u64;
        let are = say::are(channels);
        say(
            channels,
            format!(
                "{} {are} not drawn: there is room for the four busiest.",
                say::things(channels, "further channel")
            ),
        );
        let lost = story.recording.lost;
        let were = if lost == 1 { "was" } else { "were" };
        say(lost, format!("{} {were} lost while recording; what was said is missing.", say::things(lost, "event")));
        said.extend(story.recording.notes.iter().filter(|(key, _)| key == PROBLEM).map(|(_, value)| value.clone()));
        let left = story.left_in_channels();
        if left > 0 {
            said.push(format!("{} still in a channel at the end.", say::things(left, "message")));
        }
        said
    }

    /// Whether rows stand for more than one event, or some are not drawn at all.
    fn is_part(&self) -> bool {
        self.rows.outside > 0 || self.rows.rows.iter().any(|row| row.kind_has_extent())
    }

    /// The second line of a lane's head, and the third.
    pub(crate) fn facts(&self, lane: usize) -> [String; 2] {
        let Lane { kind, capacity, members, most } = Lane::of(self, lane);
        let Some(kind) = kind else {
            let Totals { sent, received, waited } = self.totals[lane];
            let did = match (sent, received) {
                (0, 0) => "no message".to_owned(),
                (sent, 0) => format!("{} sent", say::brief(sent)),
                (0, received) => format!("{} received", say::brief(received)),
                // Beside each other these do not fit.
                (10_000.., _) | (_, 10_000..) => format!("{}/{} in/out", say::brief(received), say::brief(sent)),
                _ => format!("{} in, {} out", say::brief(received), say::brief(sent)),
            };
            let whole = self.story.recording.ended.saturating_mul(members as u64);
            let waits =
                if waited == 0 { String::new() } else { format!("waited {}", say::share(waited.min(whole), whole)) };
            return [did, waits];
        };
        let holds = match (kind, capacity) {
            (Kind::Oneshot | Kind::Watch, _) => kind.name().to_owned(),
            (_, Some(0)) => format!("{}, rendezvous", kind.name()),
            (_, Some(places)) => format!("{}, {}", kind.name(), say::things(places, "place")),
            (_, None) => format!("{}, no limit", kind.name()),
        };
        let full = most.filter(|_| capacity != Some(0) && !matches!(kind, Kind::Oneshot | Kind::Watch));
        [holds, full.map_or(String::new(), |most| format!("at most {} in it", say::count(most)))]
    }
}

struct Lane {
    kind: Option<Kind>,
    capacity: Option<u64>,
    members: usize,
    most: Option<u64>,
}

impl Lane {
    fn of(scene: &Scene<'_>, lane: usize) -> Lane {
        let facts = &scene.story.cast.lanes[lane];
        let pipe = facts.channel.as_ref();
        let depths = scene.story.depths.get(&lane);
        Lane {
            kind: pipe.map(|pipe| pipe.kind),
            capacity: pipe.and_then(|pipe| pipe.capacity),
            members: facts.members,
            most: depths.and_then(|depths| depths.iter().map(|(_, depth)| u64::from(*depth)).max()),
        }
    }
}

fn totals(story: &Story<'_>) -> Vec<Totals> {
    let mut totals = vec![Totals::default(); story.cast.lanes.len()];
    for event in story.events() {
        if let Some(lane) = story.cast.handle(event.handle) {
            totals[lane].sent += u64::from(matches!(event.what, What::Sent | What::SentByPermit));
            totals[lane].received += u64::from(event.what == What::Received);
        }
    }
    for wait in &story.waits {
        let waited = &mut totals[wait.lane].waited;
        *waited = waited.saturating_add(story.duration(wait));
    }
    totals
}

/// A recording as a picture.
///
/// It has no scripts and needs no fonts or files of others, so it can stand in a README. Opened by itself it explains
/// what the pointer rests on. With [`Theme::Auto`](crate::Theme) it follows the reader's light or dark setting.
pub fn svg(recording: &Recording, options: &Options) -> String {
    let scene = Scene::new(recording, options);
    let mut sheet = Sheet::default();
    let strip = if scene.is_part() { strip::height(&scene.story) } else { 0.0 };
    let above = if scene.window.about.is_empty() { 40.0 } else { 58.0 };
    let top = above + strip + HEAD + if strip > 0.0 { 26.0 } else { 6.0 };
    let plan = Plan::new(&scene.story, &scene.rows, options, top + 8.0);
    headline(&mut sheet, &scene, &plan);
    if strip > 0.0 {
        strip::draw(&mut sheet, &scene.story, &scene.window, &plan, above);
    }
    let depths = scene.story.depths.values().flatten();
    let most = depths.map(|(_, depth)| u64::from(*depth)).max().unwrap_or(0);
    ladder::draw(&mut sheet, &scene.story, &scene.rows, &plan, most);
    heads(&mut sheet, &scene, &plan, top - HEAD);
    let bottom = foot(&mut sheet, &scene, &plan, plan.bottom() + 26.0);
    sheet.finish([plan.width, bottom], &style::head(options.theme), &scene.title)
}

fn headline(sheet: &mut Sheet, scene: &Scene<'_>, plan: &Plan) {
    let room = plan.width - 40.0;
    let title = fit(&scene.title, LARGE, room);
    let label = Label { at: [20.0, 27.0], tie: Tie::Start, size: LARGE, class: "t b", text: &title, tail: ("", "") };
    sheet.label(&label);
    let about = fit(&scene.window.about, MIDDLE, room);
    sheet.label(&Label { at: [20.0, 46.0], size: MIDDLE, class: "f", text: &about, ..label });
}

fn heads(sheet: &mut Sheet, scene: &Scene<'_>, plan: &Plan, top: f64) {
    for (lane, x) in plan.lanes.iter().enumerate() {
        let facts = &scene.story.cast.lanes[lane];
        let half = if facts.channel.is_some() { WIDE_CARD } else { CARD };
        let [second, third] = scene.facts(lane);
        sheet.open(&format!("{}\n{second}\n{third}", facts.title));
        sheet.rect("card", around(*x, half, top, top + HEAD), 6.0);
        sheet.close();
        let lines = [(facts.title.as_str(), MIDDLE, "t b"), (&second, SMALL, "f"), (&third, SMALL, "f")];
        for ((text, size, class), y) in lines.into_iter().zip([17.0, 33.0, 47.0]) {
            let text = fit(text, size, 2.0 * half - 8.0);
            sheet.label(&Label { at: [*x, top + y], tie: Tie::Middle, size, class, text: &text, tail: ("", "") });
        }
    }
}

/// The legend, and what was left out. Where it ends.
fn foot(sheet: &mut Sheet, scene: &Scene<'_>, plan: &Plan, top: f64) -> f64 {
    let mut entries: Vec<(&str, &str, &str)> = Vec::new();
    let waits = &scene.story.waits;
    if waits.iter().any(|wait| wait.sends) {
        entries.push(("s o4", "ps", "waits for a place"));
    }
    if waits.iter().any(|wait| !wait.sends) {
        entries.push(("r o4", "pr", "waits for a message"));
    }
    let one = |row: &crate::rows::Row| matches!(row.kind, RowKind::One);
    if waits.iter().any(|wait| wait.woken.is_some()) && (sheet.has_shares || scene.rows.rows.iter().any(one)) {
        entries.push(("rw paper", "", "woken, not yet run"));
    }
    if !scene.story.depths.is_empty() {
        entries.push(("depth", "", "what is in the channel"));
    }
    let (mut x, mut y) = (GUTTER, top);
    for (fill, hatch, text) in entries {
        let wide = 30.0 + width(text, SMALL);
        if x + wide > plan.width - 10.0 && x > GUTTER {
            (x, y) = (GUTTER, y + 17.0);
        }
        let frame = Frame { left: x, right: x + 14.0, top: y - 9.0, bottom: y + 1.0 };
        sheet.rect(fill, frame, 1.5);
        if !hatch.is_empty() {
            sheet.rect(hatch, frame, 1.5);
        }
        let at = [x + 19.0, y];
        sheet.label(&Label { at, tie: Tie::Start, size: SMALL, class: "f", text, tail: ("", "") });
        x += wide;
    }
    y += 8.0;
    let labels = say::things(sheet.dropped as u64, "label");
    let crowded =
        (sheet.dropped > 0).then(|| format!("{labels} had no room; the arrows say the same when pointed at."));
    let shares = sheet
        .has_shares
        .then(|| "In a dotted frame a bar is as wide as the part of that time that was waited.".to_owned());
    for said in shares.into_iter().chain(scene.left_out()).chain(crowded) {
        for line in lines(&said, plan.width - GUTTER - 20.0) {
            y += 15.0;
            let at = [GUTTER, y];
            sheet.label(&Label { at, tie: Tie::Start, size: SMALL, class: "f", text: &line, tail: ("", "") });
        }
    }
    y + 12.0
}

/// A sentence in lines of a width.
fn lines(text: &str, most: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.len() - 1;
        let longer = format!("{}{}{word}", lines[last], if lines[last].is_empty() { "" } else { " " });
        if width(&longer, SMALL) > most && !lines[last].is_empty() {
            lines.push(word.to_owned());
        } else {
            lines[last] = longer;
        }
    }
    lines
}
