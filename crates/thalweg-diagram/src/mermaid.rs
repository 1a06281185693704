//! The picture as Mermaid's text, which forges draw.

use thalweg_recording::{Event, Recording, What};

use crate::options::Options;
use crate::rows::{Row, RowKind};
use crate::say;
use crate::svg::Scene;
use crate::window::takes_a_row;

/// Longer texts Mermaid refuses to draw.
const MOST_BYTES: usize = 50_000;

/// A recording as a Mermaid sequence diagram, with few enough rows that Mermaid draws it.
pub fn mermaid(recording: &Recording, options: &Options) -> String {
    let mut options = options.clone();
    loop {
        let text = write(&Scene::new(recording, &options));
        if text.len() <= MOST_BYTES || options.rows <= 4 {
            return text;
        }
        options.rows /= 2;
    }
}

fn write(scene: &Scene<'_>) -> String {
    let title = serde_json::Value::from(scene.title.as_str());
    let mut lines = vec![format!("---\ntitle: {title}\n---\nsequenceDiagram")];
    for (lane, facts) in scene.story.cast.lanes.iter().enumerate() {
        let [second, _] = scene.facts(lane);
        let more = if facts.channel.is_some() { format!("<br/>{}", clean(&second)) } else { String::new() };
        lines.push(format!("    participant L{lane} as {}{more}", clean(&facts.title)));
    }
    // Where the lines of each row begin, for loops around them.
    let mut starts = Vec::new();
    for (number, row) in scene.rows.rows.iter().enumerate() {
        starts.push(lines.len());
        if let RowKind::Again { rows, times, median } = &row.kind {
            let start = starts[number - rows];
            let said = format!("    loop {} times, {} each (median)", say::count(*times + 1), say::time(*median));
            // A loop around nothing is none.
            if start < lines.len() {
                lines.insert(start, said);
                lines.push("    end".to_owned());
            }
        } else {
            lines.extend(of_row(scene, row).into_iter().map(|line| format!("    {line}")));
        }
    }
    let last = scene.story.cast.lanes.len().saturating_sub(1);
    if !scene.story.cast.lanes.is_empty() {
        let about = Some(scene.window.about.clone()).filter(|about| !about.is_empty());
        for said in about.into_iter().chain(scene.left_out()) {
            lines.push(format!("    Note over L0,L{last}: {}", plain(&say::cut(&said, 400))));
        }
    }
    lines.push(String::new());
    lines.join("\n")
}

fn of_row(scene: &Scene<'_>, row: &Row) -> Vec<String> {
    let story = &scene.story;
    let last = story.cast.lanes.len().saturating_sub(1);
    let across = |said: String| vec![format!("Note over L0,L{last}: {}", clean(&said))];
    match &row.kind {
        RowKind::One => of_event(scene, row.events.start).into_iter().collect(),
        RowKind::Again { .. } => Vec::new(),
        RowKind::Bundle(sheaves) => sheaves
            .iter()
            .map(|sheaf| {
                let waited =
                    if sheaf.waited > 0 { format!(", waited {}", say::time(sheaf.waited)) } else { String::new() };
                let (from, to) = if sheaf.sends { (sheaf.lane, sheaf.channel) } else { (sheaf.channel, sheaf.lane) };
                format!("L{from}->>L{to}: ×{}{waited}", say::count(sheaf.count))
            })
            .collect(),
        RowKind::Cut => {
            let time = say::time(story.at(row.events.end).saturating_sub(story.at(row.events.start)));
            across(format!("{} in {time} left out", say::things(row.count, "event")))
        }
        RowKind::Pause(time) => across(format!("{} without an event", say::time(*time))),
        RowKind::Open(wait) => {
            let wait = story.waits[*wait];
            let what = if wait.sends { "place" } else { "message" };
            vec![format!("Note over L{}: still waits for a {what}, {}", wait.lane, say::time(story.duration(&wait)))]
        }
    }
}

fn of_event(scene: &Scene<'_>, number: usize) -> Option<String> {
    let story = &scene.story;
    let event = story.events()[number];
    if !takes_a_row(event.what) {
        return None;
    }
    let channel = story.cast.channel(event.channel)?;
    let waited =
        story.wait_ended_by(number).map_or(String::new(), |wait| format!(" after {}", say::time(story.duration(wait))));
    let lane = story.cast.handle(event.handle);
    let label = clean(&format!("{}{waited}", label(scene, &event)));
    let Some(lane) = lane.filter(|_| !matches!(event.what, What::Closed | What::Discarded)) else {
        return Some(format!("Note over L{channel}: {label}"));
    };
    Some(match event.what {
        What::Sent | What::SentByPermit => format!("L{lane}->>L{channel}: {label}"),
        What::Received => format!("L{channel}->>L{lane}: {label}"),
        What::SendRefused => format!("L{lane}-xL{channel}: {label}"),
        What::ReceiveEnded | What::Lagged => format!("L{channel}--xL{lane}: {label}"),
        What::Reserved | What::PermitReturned => format!("L{lane}-->>L{channel}: {label}"),
        _ => format!("Note over L{lane}: {label}"),
    })
}

fn label(scene: &Scene<'_>, event: &Event) -> String {
    let text = event.message.and_then(|message| scene.story.recording.texts.get(&(event.channel, message)));
    match (event.what, text, event.message) {
        (What::Sent | What::SentByPermit | What::Received, Some(text), _) => text.clone(),
        (What::Sent | What::SentByPermit | What::Received, None, Some(message)) => format!("#{message}"),
        (What::Lagged, ..) => format!("missed {}", say::count(u64::from(event.aux))),
        (What::Discarded, ..) => format!("{} never received", say::count(u64::from(event.aux))),
        (What::Reserved, ..) => format!("reserves {}", event.aux),
        (What::PermitReturned, ..) => format!("gives back {}", event.aux),
        (What::SendRefused, ..) => "refused".to_owned(),
        (What::ReceiveEnded, ..) => "closed".to_owned(),
        (what, ..) => what.name().replace('_', " "),
    }
}

/// The beginning of a text, as one that means nothing to Mermaid.
fn clean(text: &str) -> String {
    plain(&say::cut(text, 60))
}

fn plain(text: &str) -> String {
    let mut clean = String::new();
    for letter in text.chars() {
        match letter {
            '#' => clean.push_str("#35;"),
            ';' => clean.push_str("#59;"),
            '<' => clean.push_str("#lt;"),
            '>' => clean.push_str("#gt;"),
            '%' => clean.push_str("#37;"),
            ':' => clean.push_str("#58;"),
            '{' => clean.push_str("#123;"),
            '}' => clean.push_str("#125;"),
            '@' => clean.push_str("#64;"),
            letter => clean.push(letter),
        }
    }
    // An empty text ends a statement too early.
    if clean.trim().is_empty() { "-".to_owned() } else { clean }
}
