//! A picture in the making: shapes, and labels of which none lies on another.

use std::fmt::Write as _;

/// Letters of this size are as wide as `width` says at the most, in the fonts that readers have.
pub(crate) const SMALL: f64 = 10.5;
pub(crate) const MIDDLE: f64 = 12.0;
pub(crate) const LARGE: f64 = 15.0;

/// So many arrows are looked at whether they go through a label: more are not near.
const ARROWS_NEAR: usize = 64;

/// An SVG in the making. Coordinates are pixels from the upper left corner.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    body: String,
    /// The labels come last, over all shapes.
    text: String,
    labels: Vec<Frame>,
    /// Arrows, through which no label is written.
    arrows: Vec<Frame>,
    /// Labels of arrows and marks for which there was no room.
    pub(crate) dropped: usize,
    /// Whether bars show parts of a time, and not one wait each.
    pub(crate) has_shares: bool,
}

/// A rectangle.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

/// Where a text is tied to its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tie {
    Start,
    Middle,
    End,
}

/// A text at a place.
#[derive(Clone, Debug)]
pub(crate) struct Label<'a> {
    pub(crate) at: [f64; 2],
    pub(crate) tie: Tie,
    pub(crate) size: f64,
    pub(crate) class: &'a str,
    pub(crate) text: &'a str,
    /// More text behind it, of another class.
    pub(crate) tail: (&'a str, &'a str),
}

impl Frame {
    fn meets(&self, other: &Frame) -> bool {
        self.left < other.right && other.left < self.right && self.top < other.bottom && other.top < self.bottom
    }
}

impl Sheet {
    /// Begins a group with a tooltip.
    pub(crate) fn open(&mut self, tip: &str) {
        let _ = write!(self.body, "<g><title>{}</title>", escaped(tip));
    }

    pub(crate) fn close(&mut self) {
        self.body.push_str("</g>\n");
    }

    pub(crate) fn line(&mut self, class: &str, [x1, y1]: [f64; 2], [x2, y2]: [f64; 2]) {
        let (x1, y1, x2, y2) = (short(x1), short(y1), short(x2), short(y2));
        let _ = writeln!(self.body, r#"<path class="{class}" d="M{x1} {y1}L{x2} {y2}"/>"#);
    }

    pub(crate) fn path(&mut self, class: &str, points: &[[f64; 2]], closed: bool) {
        let mut d = String::new();
        for (number, [x, y]) in points.iter().enumerate() {
            let _ = write!(d, "{}{} {}", if number == 0 { "M" } else { "L" }, short(*x), short(*y));
        }
        let end = if closed { "Z" } else { "" };
        let _ = writeln!(self.body, r#"<path class="{class}" d="{d}{end}"/>"#);
    }

    pub(crate) fn rect(&mut self, class: &str, frame: Frame, round: f64) {
        let (x, y) = (short(frame.left), short(frame.top));
        let (width, height) = (short(frame.right - frame.left), short(frame.bottom - frame.top));
        let round = if round > 0.0 { format!(r#" rx="{}""#, short(round)) } else { String::new() };
        let _ =
            writeln!(self.body, r#"<rect class="{class}" x="{x}" y="{y}" width="{width}" height="{height}"{round}/>"#);
    }

    pub(crate) fn circle(&mut self, class: &str, [x, y]: [f64; 2], radius: f64) {
        let (x, y, radius) = (short(x), short(y), short(radius));
        let _ = writeln!(self.body, r#"<circle class="{class}" cx="{x}" cy="{y}" r="{radius}"/>"#);
    }

    /// Puts a text unless another one is there. Whether it did.
    pub(crate) fn label(&mut self, label: &Label<'_>) -> bool {
        let frame = label.frame();
        // Those near in height were put last, mostly; all labels are looked at, as there are few.
        let arrows = self.arrows.iter().rev().take(ARROWS_NEAR);
        if label.text.is_empty() || self.labels.iter().rev().chain(arrows).any(|other| other.meets(&frame)) {
            return false;
        }
        self.labels.push(frame);
        let anchor = match label.tie {
            Tie::Start => "",
            Tie::Middle => r#" text-anchor="middle""#,
            Tie::End => r#" text-anchor="end""#,
        };
        let ([x, y], class, size) = (label.at.map(short), label.class, short(label.size));
        let mut text = escaped(label.text);
        if !label.tail.1.is_empty() {
            let _ = write!(text, r#"<tspan class="{}" dx="4">{}</tspan>"#, label.tail.0, escaped(label.tail.1));
        }
        let _ =
            writeln!(self.text, r#"<text class="{class}" x="{x}" y="{y}" font-size="{size}"{anchor}>{text}</text>"#);
        true
    }

    /// No label is written here from now on.
    pub(crate) fn keep_clear(&mut self, [from, to]: [f64; 2], y: f64) {
        self.arrows.push(Frame { left: from.min(to), right: from.max(to), top: y - 0.5, bottom: y + 0.5 });
    }

    pub(crate) fn finish(self, [width, height]: [f64; 2], head: &str, title: &str) -> String {
        let (width, height) = (width.ceil(), height.ceil());
        let Self { body, text, .. } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
             height=\"{height}\" role=\"img\">\n<title>{}</title>\n{head}\
             <rect class=\"paper\" width=\"{width}\" height=\"{height}\" rx=\"6\"/>\n{body}{text}</svg>\n",
            escaped(title)
        )
    }
}

impl Label<'_> {
    /// What it takes at the most.
    fn frame(&self) -> Frame {
        let tail = if self.tail.1.is_empty() { 0.0 } else { width(self.tail.1, self.size) + 4.0 };
        let ([x, y], width) = (self.at, width(self.text, self.size) + tail);
        let left = match self.tie {
            Tie::Start => x,
            Tie::Middle => x - width / 2.0,
            Tie::End => x - width,
        };
        Frame { left, top: y - self.size * 0.95, right: left + width, bottom: y + self.size * 0.25 }
    }
}

/// How wide a text is at the most.
pub(crate) fn width(text: &str, size: f64) -> f64 {
    let wide = |letter: char| match letter {
        'i' | 'j' | 'l' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '(' | ')' | '/' => 0.37,
        'f' | 'r' | 't' => 0.45,
        'm' | 'w' | 'M' | 'W' | '%' | '…' | '—' => 1.0,
        'A'..='Z' | '×' | '#' | '<' | '>' | '+' | '=' | '⋯' => 0.84,
        letter if letter.is_ascii() || (letter as u32) < 0x250 => 0.64,
        // Others may be as wide as they are high.
        _ => 1.05,
    };
    text.chars().map(wide).sum::<f64>() * size
}

/// The beginning of a text that fits.
pub(crate) fn fit(text: &str, size: f64, most: f64) -> String {
    let mut letters = text.chars().count();
    let mut cut = crate::say::cut(text, letters);
    while letters > 1 && width(&cut, size) > most {
        letters -= 1;
        cut = crate::say::cut(text, letters);
    }
    cut
}

fn short(value: f64) -> String {
    let text = format!("{value:.1}");
    text.strip_suffix(".0").map(str::to_owned).unwrap_or(text)
}

/// A text as it may stand in XML, without what no XML may hold.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' => escaped.push('\n'),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => escaped.push('\u{fffd}'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_label_lies_on_another() {
        let mut sheet = Sheet::default();
        let label = |x, y| Label { at: [x, y], tie: Tie::Start, size: 10.0, class: "t", text: "abc", tail: ("", "") };
        assert!(sheet.label(&label(0.0, 10.0)));
        assert!(!sheet.label(&label(5.0, 12.0)));
        assert!(sheet.label(&label(30.0, 12.0)));
        assert!(sheet.label(&label(0.0, 24.0)));
        sheet.keep_clear([20.0, 0.0], 40.0);
        assert!(!sheet.label(&label(0.0, 42.0)) && sheet.label(&label(0.0, 36.0)));
    }

    #[test]
    fn text_cannot_break_out() {
        assert_eq!(escaped("<a b=\"&\">\u{0}"), "&lt;a b=&quot;&amp;&quot;&gt;\u{fffd}");
        assert_eq!(short(-0.04), "-0");
    }
}
