//! Just enough SVG for tables of coloured boxes and for bars.

use std::fmt::Write as _;

/// A picture in the making. Coordinates are in pixels, from the upper left corner.
pub(super) struct Svg {
    body: String,
    width: f64,
    height: f64,
}

/// Where a text is tied to its point.
#[derive(Clone, Copy)]
pub(super) enum Tie {
    Start,
    Middle,
    End,
}

/// A colour, red, green and blue.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Colour(pub(super) u8, pub(super) u8, pub(super) u8);

pub(super) const INK: Colour = Colour(0x22, 0x26, 0x2b);
pub(super) const FAINT: Colour = Colour(0x77, 0x7d, 0x85);
pub(super) const PAPER: Colour = Colour(0xff, 0xff, 0xff);
pub(super) const EMPTY: Colour = Colour(0xf1, 0xf2, 0xf4);

impl Colour {
    fn hex(self) -> String {
        format!("#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }

    /// A colour on the way from one to the other.
    fn mix(self, other: Self, share: f64) -> Self {
        let part = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
        Self(part(self.0, other.0), part(self.1, other.1), part(self.2, other.2))
    }

    /// Black or white, whichever can be read on it.
    pub(super) fn contrast(self) -> Self {
        let light = 0.299 * f64::from(self.0) + 0.587 * f64::from(self.1) + 0.114 * f64::from(self.2);
        if light > 140.0 { INK } else { PAPER }
    }
}

/// The ratio to the best as a colour: teal at 1, pale at 2, red from 10 on.
pub(super) fn heat(ratio: f64) -> Colour {
    const STOPS: [(f64, Colour); 4] = [
        (0.0, Colour(0x12, 0x77, 0x6b)),
        (1.0, Colour(0xd8, 0xec, 0xd4)),
        (2.0, Colour(0xfb, 0xdd, 0x9d)),
        (3.32, Colour(0xc4, 0x3f, 0x2c)),
    ];
    let doublings = ratio.log2().clamp(0.0, 3.32);
    let above = STOPS.iter().position(|(at, _)| doublings <= *at).unwrap_or(STOPS.len() - 1).max(1);
    let ((from, low), (to, high)) = (STOPS[above - 1], STOPS[above]);
    low.mix(high, (doublings - from) / (to - from))
}

impl Svg {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { body: String::new(), width, height }
    }

    pub(super) fn rect(&mut self, [x, y]: [f64; 2], [width, height]: [f64; 2], fill: Colour) {
        let fill = fill.hex();
        let _ = writeln!(
            self.body,
            r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{fill}"/>"#
        );
    }

    pub(super) fn line(&mut self, [x, y]: [f64; 2], [to_x, to_y]: [f64; 2], colour: Colour) {
        let colour = colour.hex();
        let _ =
            writeln!(self.body, r#"<line x1="{x:.1}" y1="{y:.1}" x2="{to_x:.1}" y2="{to_y:.1}" stroke="{colour}"/>"#);
    }

    pub(super) fn text(&mut self, [x, y]: [f64; 2], text: &str, tie: Tie, colour: Colour) {
        self.write([x, y], text, tie, colour, "");
    }

    pub(super) fn bold(&mut self, [x, y]: [f64; 2], text: &str, tie: Tie, colour: Colour) {
        self.write([x, y], text, tie, colour, r#" font-weight="600""#);
    }

    /// Upwards to the right, as column heads are.
    pub(super) fn slanted(&mut self, [x, y]: [f64; 2], text: &str, bold: bool) {
        let weight = if bold { r#" font-weight="700""# } else { "" };
        let turn = format!(r#" transform="rotate(-40 {x:.1} {y:.1})"{weight}"#);
        self.write([x, y], text, Tie::Start, INK, &turn);
    }

    fn write(&mut self, [x, y]: [f64; 2], text: &str, tie: Tie, colour: Colour, more: &str) {
        let anchor = match tie {
            Tie::Start => "start",
            Tie::Middle => "middle",
            Tie::End => "end",
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let fill = colour.hex();
        let _ = writeln!(
            self.body,
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" fill="{fill}"{more}>{text}</text>"#
        );
    }

    /// The file. The ground is white, so that it can be read on a dark page as well.
    pub(super) fn finish(self) -> String {
        let Self { body, width, height } = self;
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width:.0} {height:.0}\" width=\"{width:.0}\" \
             height=\"{height:.0}\" font-family=\"Helvetica, Arial, sans-serif\" font-size=\"11\">\n\
             <rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n{body}</svg>\n"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_is_teal_and_ten_times_is_red() {
        assert_eq!(heat(1.0), Colour(0x12, 0x77, 0x6b));
        assert_eq!(heat(0.5), heat(1.0));
        assert_eq!(heat(2.0), Colour(0xd8, 0xec, 0xd4));
        assert_eq!(heat(1_000.0), Colour(0xc4, 0x3f, 0x2c));
        assert_eq!(heat(1.0).contrast(), PAPER);
    }

    #[test]
    fn text_cannot_break_out() {
        let mut svg = Svg::new(10.0, 10.0);
        svg.text([0.0, 0.0], "<a & b>", Tie::End, INK);
        assert!(svg.finish().contains("&lt;a &amp; b>"));
    }
}
