//! The colours, and what depends on them.

use crate::options::Theme;

/// Named by what they stand for. Waits are vermilion and blue of Okabe and Ito's palette, which all eyes tell apart; they
/// are hatched in different directions too.
struct Colours {
    paper: &'static str,
    ink: &'static str,
    faint: &'static str,
    hair: &'static str,
    card: &'static str,
    arrow: &'static str,
    depth: &'static str,
    send_wait: &'static str,
    receive_wait: &'static str,
    end: &'static str,
}

const LIGHT: Colours = Colours {
    paper: "#ffffff",
    ink: "#1f2328",
    faint: "#656d76",
    hair: "#aeb5bd",
    card: "#f3f5f7",
    arrow: "#4a525b",
    depth: "#2a9d7f",
    send_wait: "#d55e00",
    receive_wait: "#0072b2",
    end: "#a8326f",
};

const DARK: Colours = Colours {
    paper: "#0d1117",
    ink: "#e6edf3",
    faint: "#9098a1",
    hair: "#4d5763",
    card: "#1b222b",
    arrow: "#aab4bf",
    depth: "#3cc4a0",
    send_wait: "#ff8a3d",
    receive_wait: "#58b0ec",
    end: "#f08dbd",
};

impl Colours {
    fn rules(&self) -> String {
        let Colours { paper, ink, faint, hair, card, arrow, depth, send_wait, receive_wait, end } = self;
        let mut rules = format!(
            ".paper{{fill:{paper}}}.t{{fill:{ink}}}.f{{fill:{faint}}}.e{{fill:{end}}}.ws{{fill:{send_wait}}}\
             .wr{{fill:{receive_wait}}}.card{{fill:{card};stroke:{hair}}}.pipe{{fill:{card}}}.life{{stroke:{hair}}}\
             .rim{{stroke:{faint}}}.arrow,.round{{stroke:{arrow}}}.head{{fill:{arrow}}}.halo{{stroke:{paper}}}\
             .depth{{fill:{depth}}}.end{{stroke:{end}}}.open{{fill:{paper};stroke:{end}}}.veil{{fill:{faint}}}\
             .view{{stroke:{ink}}}.ray{{fill:{faint}}}.hs{{stroke:{paper}}}.hr{{stroke:{paper}}}"
        );
        for (name, colour) in [("s", send_wait), ("r", receive_wait)] {
            rules.push_str(&format!(".{name}{{fill:{colour}}}.{name}w{{fill:none;stroke:{colour}}}"));
        }
        rules
    }
}

/// What does not depend on the colours.
const FORM: &str = ".arrow,.end{stroke-width:1.4;fill:none}.halo{stroke-width:4.5;fill:none}.dash{stroke-dasharray:4 3}\
.card{stroke-width:1}.life{stroke-width:1.2;fill:none}.later{stroke-dasharray:2 4}.rim{stroke-width:1.2;fill:none}\
.round{stroke-width:1.2;fill:none}.depth{fill-opacity:.62}.open{stroke-width:1.5}.veil{fill-opacity:.1}\
.view{fill:none;stroke-width:1.2}.ray{fill-opacity:.1}.b{font-weight:600}.hs,.hr{stroke-width:1.6;stroke-opacity:.75}\
.o1{fill-opacity:.35}.o2{fill-opacity:.55}.o3{fill-opacity:.78}.o4{fill-opacity:1}.sw,.rw{stroke-width:1.2}\
.thick{stroke-width:2.4}.thicker{stroke-width:4}";

/// Style and patterns. Without variables and scripts, so that any viewer shows it.
pub(crate) fn head(theme: Theme) -> String {
    let colours = match theme {
        Theme::Light => LIGHT.rules(),
        Theme::Dark => DARK.rules(),
        Theme::Auto => format!("{}@media(prefers-color-scheme:dark){{{}}}", LIGHT.rules(), DARK.rules()),
    };
    let hatch = |name: &str, path: &str| {
        format!(
            "<pattern id=\"{name}\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\">\
             <path class=\"{name}\" d=\"{path}\"/></pattern>"
        )
    };
    format!(
        "<style>text{{font-family:ui-sans-serif,system-ui,\"Segoe UI\",Helvetica,Arial,sans-serif}}{FORM}\
         .ps{{fill:url(#hs)}}.pr{{fill:url(#hr)}}{colours}</style>\n<defs>{}{}</defs>\n",
        hatch("hs", "M-1 7L7 -1M-1 1L1 -1M5 7L7 5"),
        hatch("hr", "M0 3L6 3"),
    )
}
