//! The ladder: lanes with their waits and depths, and the rows on them.

use thalweg_recording::What;

use crate::arrows::{Pen, around};
use crate::plan::{GUTTER, PIPE, Plan};
use crate::rows::{Row, RowKind, Rows};
use crate::say;
use crate::sheet::{Label, SMALL, Sheet, Tie};
use crate::story::{Story, Wait};

/// Half the width of a bar.
const BAR: f64 = 5.0;

pub(crate) fn draw(sheet: &mut Sheet, story: &Story<'_>, rows: &Rows, plan: &Plan, most: u64) {
    for lane in 0..plan.lanes.len() {
        if story.cast.lanes[lane].channel.is_some() {
            pipe(sheet, story, plan, lane, most);
        } else {
            life(sheet, story, plan, lane);
        }
    }
    bars(sheet, story, rows, plan);
    for (number, row) in rows.rows.iter().enumerate() {
        draw_row(sheet, story, plan, row, number, rows);
    }
}

/// A line for as long as a lane's handles live.
fn life(sheet: &mut Sheet, story: &Story<'_>, plan: &Plan, lane: usize) {
    let handles = story.cast.lanes[lane].handles;
    let of_lane = |what: fn(What) -> bool| {
        let here = move |event: &&thalweg_recording::Event| what(event.what);
        let events = story.events().iter().enumerate().filter(move |(_, event)| here(event));
        events.filter(|(_, event)| story.cast.handle(event.handle) == Some(lane)).map(|(number, _)| number)
    };
    let born: Vec<usize> = of_lane(|what| matches!(what, What::Created | What::Cloned)).collect();
    let gone: Vec<usize> = of_lane(|what| what == What::Dropped).collect();
    let x = plan.lanes[lane];
    let from = if born.len() < handles { plan.top() } else { plan.height(born[0]) };
    let to = match gone.last() {
        Some(last) if gone.len() >= handles => plan.height(*last),
        _ => plan.bottom(),
    };
    if from > plan.top() + 1.0 {
        sheet.line("life later", [x, plan.top()], [x, from]);
    }
    sheet.line("life", [x, from.min(to)], [x, to]);
}

/// A channel: as wide as its capacity, filled as far as it is.
fn pipe(sheet: &mut Sheet, story: &Story<'_>, plan: &Plan, lane: usize, most: u64) {
    let (x, top, bottom) = (plan.lanes[lane], plan.top(), plan.bottom());
    sheet.rect("pipe", around(x, PIPE, top, bottom), 0.0);
    let capacity = story.cast.lanes[lane].channel.as_ref().and_then(|pipe| pipe.capacity);
    let single = story.cast.lanes[lane].members == 1;
    let full = capacity.filter(|_| single).unwrap_or(most).max(1) as f64;
    if let Some(depths) = story.depths.get(&lane) {
        let left = x - PIPE;
        let mut outline = vec![[left, top]];
        for [y, depth] in heights_of(story, plan, depths) {
            let reach = left + (depth / full).min(1.0) * PIPE * 2.0;
            let last = outline[outline.len() - 1][0];
            outline.push([last, y]);
            outline.push([reach, y]);
        }
        let last = outline[outline.len() - 1][0];
        outline.extend([[last, bottom], [left, bottom]]);
        outline.dedup();
        sheet.path("depth", &outline, true);
    }
    sheet.line("rim", [x - PIPE, top], [x - PIPE, bottom]);
    let limited = capacity.is_some() && single;
    sheet.line(if limited { "rim" } else { "rim dash" }, [x + PIPE, top], [x + PIPE, bottom]);
}

/// Depths by height, the largest of each half pixel.
fn heights_of(story: &Story<'_>, plan: &Plan, depths: &[(usize, u32)]) -> Vec<[f64; 2]> {
    let mut heights: Vec<[f64; 2]> = Vec::new();
    for (event, depth) in depths {
        // By time, since how long it was full is what counts, and not how many events that took.
        let (y, depth) = (plan.height_in_time(story, *event), f64::from(*depth));
        match heights.last_mut() {
            // What is before the picture only leaves its last depth.
            Some(last) if y <= plan.top() => *last = [y, depth],
            Some(last) if y - last[0] < 0.5 && y > plan.top() && is_dense(plan, y) => last[1] = last[1].max(depth),
            Some(last) if y == last[0] => last[1] = depth,
            _ => heights.push([y, depth]),
        }
    }
    heights
}

/// Whether many events share this height.
fn is_dense(plan: &Plan, y: f64) -> bool {
    let row = plan.tops.partition_point(|top| *top <= y).saturating_sub(1);
    plan.is_long.get(row).copied().unwrap_or(false)
}

/// All waits: each as a bar where there is room for it, and their share of the time where many events share a row.
fn bars(sheet: &mut Sheet, story: &Story<'_>, rows: &Rows, plan: &Plan) {
    let longest = story.waits.iter().map(|wait| story.duration(wait)).max().unwrap_or(0).max(1);
    let long: Vec<usize> = (0..rows.rows.len()).filter(|row| rows.rows[*row].kind_has_extent()).collect();
    let mut shares = vec![[0_u64; 4]; long.len() * plan.lanes.len()];
    for wait in &story.waits {
        if story.cast.lanes[wait.lane].members == 1 {
            bar(sheet, story, plan, wait, longest);
        }
        let (from, to) = (story.at(wait.from), story.at(wait.to));
        let woken = wait.woken.map_or(to, |woken| story.at(woken)).clamp(from, to.max(from));
        let first = long.partition_point(|row| story.at(rows.rows[*row].events.end) <= from);
        for (index, row) in long.iter().enumerate().skip(first) {
            let events = &rows.rows[*row].events;
            let (begins, ends) = (story.at(events.start), story.at(events.end));
            if begins >= to {
                break;
            }
            let of_lane = &mut shares[index * plan.lanes.len() + wait.lane];
            for (part, [from, to]) in [[from, woken], [woken, to]].into_iter().enumerate() {
                let share = &mut of_lane[2 * usize::from(!wait.sends) + part];
                *share = share.saturating_add(to.min(ends).saturating_sub(from.max(begins)));
            }
        }
    }
    for (index, row) in long.iter().enumerate() {
        let events = &rows.rows[*row].events;
        let time = story.at(events.end).saturating_sub(story.at(events.start)).max(1);
        for (lane, x) in plan.lanes.iter().enumerate() {
            let whole = time as f64 * story.cast.lanes[lane].members as f64;
            let of_lane = shares[index * plan.lanes.len() + lane].map(|share| (share as f64 / whole).min(1.0));
            share(sheet, *x, [plan.tops[*row], plan.bottoms[*row]], of_lane);
        }
    }
    crowds(sheet, story, plan);
}

/// The shares of a row's time that a lane waited for places, was woken then and did not run, and the same for messages, as parts of
/// a bar.
fn share(sheet: &mut Sheet, x: f64, [top, bottom]: [f64; 2], parts: [f64; 4]) {
    let all: f64 = parts.iter().sum();
    if all < 0.005 {
        return;
    }
    let [place, late, message, later] = parts;
    let [place, message, late] = [place, message, late + later].map(|share| say::share((share * 1e4) as u64, 10_000));
    sheet.open(&format!("waited {place} of this time for places, {message} for messages; woken and not run {late}"));
    let scale = 2.0 * BAR / all.max(1.0);
    let mut left = x - BAR;
    let looks = [("s o3", "ps"), ("sw paper", ""), ("r o3", "pr"), ("rw paper", "")];
    for (share, (class, hatch)) in parts.into_iter().zip(looks) {
        let right = left + share * scale;
        if right - left > 0.2 {
            let frame = crate::sheet::Frame { left, right, top: top + 2.0, bottom: bottom - 2.0 };
            sheet.rect(class, frame, 0.0);
            if !hatch.is_empty() {
                sheet.rect(hatch, frame, 0.0);
            }
        }
        left = right;
    }
    // The whole of this time, in no colour of a wait.
    sheet.rect("life later", around(x, BAR, top + 2.0, bottom - 2.0), 1.0);
    sheet.close();
    sheet.has_shares = true;
}

fn bar(sheet: &mut Sheet, story: &Story<'_>, plan: &Plan, wait: &Wait, longest: u64) {
    let (top, bottom) = (plan.height(wait.from), plan.height(wait.to));
    let time = story.duration(wait);
    let x = plan.lanes[wait.lane];
    let (fill, hatch, rim) = if wait.sends { ("s", "ps", "sw") } else { ("r", "pr", "rw") };
    // Powers of four below the longest.
    let shade = match longest / time.max(1) {
        0..4 => "o4",
        4..16 => "o3",
        16..64 => "o2",
        _ => "o1",
    };
    for [from, to] in plan.sparse(top, bottom) {
        if to - from < 1.0 {
            continue;
        }
        let what = if wait.sends { "place" } else { "message" };
        let over = if story.is_open(wait) { " and was not over at the end" } else { "" };
        sheet.open(&format!("waited {} for a {what}{over}", say::time(time)));
        let woken = wait.woken.map_or(bottom, |woken| plan.height(woken)).clamp(from, to);
        if to - woken > 1.0 {
            sheet.rect(&format!("{rim} paper"), around(x, BAR - 0.6, woken, to), 1.0);
        }
        if woken - from > 0.5 {
            let frame = around(x, BAR, from, woken);
            sheet.rect(&format!("{fill} {shade}"), frame, 1.5);
            sheet.rect(hatch, frame, 1.5);
        }
        sheet.close();
    }
}

/// How many of a lane of several wait, as a bar of changing width.
fn crowds(sheet: &mut Sheet, story: &Story<'_>, plan: &Plan) {
    for (lane, x) in plan.lanes.iter().enumerate() {
        let members = story.cast.lanes[lane].members;
        if members < 2 || story.cast.lanes[lane].channel.is_some() {
            continue;
        }
        for (sends, fill, hatch) in [(true, "s o3", "ps"), (false, "r o3", "pr")] {
            let of_kind = story.waits.iter().filter(|wait| wait.lane == lane && wait.sends == sends);
            let mut steps: Vec<(usize, i64)> = of_kind.flat_map(|wait| [(wait.from, 1), (wait.to, -1)]).collect();
            steps.sort_unstable();
            let mut waiting = 0;
            let mut from = plan.top();
            for (event, change) in steps {
                let to = plan.height(event);
                if waiting > 0 && to > from {
                    let half = 2.0 + (BAR + 3.0) * waiting as f64 / members as f64;
                    for [from, to] in plan.sparse(from, to) {
                        sheet.open(&format!("{waiting} of {members} wait"));
                        sheet.rect(fill, around(*x, half, from, to), 0.0);
                        sheet.rect(hatch, around(*x, half, from, to), 0.0);
                        sheet.close();
                    }
                }
                waiting += change;
                from = to;
            }
        }
    }
}

fn draw_row(sheet: &mut Sheet, story: &Story<'_>, plan: &Plan, row: &Row, number: usize, rows: &Rows) {
    let (top, y, bottom) = (plan.tops[number], plan.lines[number], plan.bottoms[number]);
    let mut pen = Pen { sheet, plan, story };
    match &row.kind {
        RowKind::One => {
            pen.event(row.events.start, y);
            if crate::window::takes_a_row(story.events()[row.events.start].what) {
                time_label(sheet, story, rows, number, y);
            }
        }
        RowKind::Open(wait) => pen.open_wait(*wait, y),
        RowKind::Bundle(sheaves) => {
            let whole = sheaves.iter().map(|sheaf| sheaf.count).max().unwrap_or(0);
            for (line, sheaf) in sheaves.iter().enumerate() {
                pen.sheaf(sheaf, whole, top + 17.0 + 17.0 * line as f64);
            }
            time_label(sheet, story, rows, number, top + 14.0);
            if number + 1 < rows.rows.len() {
                sheet.line("life later", [GUTTER, bottom], [plan.width - 20.0, bottom]);
            }
        }
        RowKind::Again { rows: length, times, median } => {
            let text = format!("×{} more, {} each (median)", say::count(*times), say::time(*median));
            let start = plan.tops[number - length];
            bracket(sheet, [start + 6.0, bottom - 6.0]);
            veil(sheet, plan, [top + 4.0, bottom - 4.0]);
            note(sheet, plan, y + 2.0, &text);
        }
        RowKind::Cut => {
            let until = say::time(story.at(row.events.end).saturating_sub(story.at(row.events.start)));
            let text = format!("{} in {until} left out", say::things(row.count, "event"));
            tear(sheet, plan, &[top + 5.0, bottom - 5.0]);
            note(sheet, plan, y + 4.0, &text);
        }
        RowKind::Pause(time) => {
            tear(sheet, plan, &[y]);
            note(sheet, plan, y + 4.0, &format!("{} without an event", say::time(*time)));
        }
    }
}

/// The time of a row, or how much later than the row before it is where the same would be said.
fn time_label(sheet: &mut Sheet, story: &Story<'_>, rows: &Rows, number: usize, y: f64) {
    let at = story.at(rows.rows[number].events.start);
    let is_labelled = |row: &&Row| match row.kind {
        RowKind::One => crate::window::takes_a_row(story.events()[row.events.start].what),
        RowKind::Bundle(_) => true,
        _ => false,
    };
    let before = rows.rows[..number].iter().rev().find(is_labelled).map(|row| story.at(row.events.start));
    let text = match before.filter(|before| say::time(*before) == say::time(at)) {
        Some(before) => format!("+{}", say::time(at.saturating_sub(before))),
        None => say::time(at),
    };
    let at = [GUTTER - 14.0, y + 3.5];
    sheet.label(&Label { at, tie: Tie::End, size: SMALL, class: "f", text: &text, tail: ("", "") });
}

/// At the left of the rows that are repeated.
fn bracket(sheet: &mut Sheet, [top, bottom]: [f64; 2]) {
    let x = GUTTER - 6.0;
    sheet.path("round", &[[x + 5.0, top], [x, top], [x, bottom], [x + 5.0, bottom]], false);
}

fn veil(sheet: &mut Sheet, plan: &Plan, [top, bottom]: [f64; 2]) {
    let frame = crate::sheet::Frame { left: GUTTER, right: plan.width - 20.0, top, bottom };
    sheet.rect("veil", frame, 4.0);
}

/// A place where something is left out: edges as of torn paper.
fn tear(sheet: &mut Sheet, plan: &Plan, heights: &[f64]) {
    let (left, right) = (GUTTER - 10.0, plan.width - 14.0);
    let steps = ((right - left) / 9.0) as usize;
    for y in heights {
        let edge: Vec<[f64; 2]> = (0..=steps)
            .map(|step| {
                [left + (right - left) * step as f64 / steps as f64, y + if step % 2 == 0 { 1.5 } else { -1.5 }]
            })
            .collect();
        sheet.path("halo", &edge, false);
        sheet.path("rim", &edge, false);
    }
}

/// A text in the gutter's direction, between the first lane and the channel, where nothing else is at this height.
fn note(sheet: &mut Sheet, plan: &Plan, y: f64, text: &str) {
    let at = [(GUTTER + plan.width) / 2.0, y];
    let width = crate::sheet::width(text, SMALL) / 2.0 + 6.0;
    sheet.rect("paper", around(at[0], width, y - 11.0, y + 4.0), 3.0);
    sheet.label(&Label { at, tie: Tie::Middle, size: SMALL, class: "f b", text, tail: ("", "") });
}
