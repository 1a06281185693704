//! The pictures in `docs/pictures`, as files: they fail to match when the drawing changes, and `cargo xtask pictures`
//! writes them anew.

mod made;

use std::fs;
use std::path::{Path, PathBuf};

use made::runs;
use thalweg_diagram::{Options, Part, mermaid, svg, text};
use thalweg_recording::Recording;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/pictures")
}

/// The pictures that are kept, by file name. Those of real runs are in `thalweg`'s tests `record`.
fn pictures() -> Vec<(&'static str, Recording)> {
    vec![
        ("trouble", runs::trouble()),
        ("checksum-20", runs::pipeline(20, 2)),
        ("checksum-2000", runs::pipeline(2_000, 4)),
    ]
}

/// Whether the file holds this; writes it first if the pictures are to be written.
fn holds(name: &str, text: &str) -> bool {
    let path = folder().join(name);
    if std::env::var_os("THALWEG_PICTURES").is_some_and(|what| what == "write") {
        fs::create_dir_all(folder()).unwrap();
        fs::write(&path, text).unwrap();
    }
    fs::read_to_string(&path).is_ok_and(|kept| kept == text)
}

#[test]
fn pictures_in_the_docs_are_current() {
    let drawn = pictures().into_iter().map(|(name, recording)| (name, svg(&recording, &Options::default())));
    let stale: Vec<&str> = drawn.filter(|(name, text)| !holds(&format!("{name}.svg"), text)).map(|(n, _)| n).collect();
    assert!(stale.is_empty(), "stale: {stale:?}; `cargo xtask pictures` draws them anew");
}

#[test]
fn terminal_text_is_as_it_was() {
    let drawn = text(&runs::trouble(), &Options::default());
    assert!(holds("trouble.txt", &drawn), "trouble.txt is stale; `cargo xtask pictures` draws it anew");
}

/// Writes them where the layer `mermaid` has Mermaid's own parser read them.
#[test]
fn mermaid_texts_are_short_enough_and_written_where_asked() {
    let mut all = pictures();
    all.extend([("oneshot", runs::oneshot()), ("broadcast", runs::broadcast()), ("mpmc", runs::mpmc())]);
    all.extend([("capacity-1", runs::capacity_1()), ("slow-consumer", runs::slow_consumer())]);
    all.extend([("dropped-reply", runs::dropped_reply()), ("deadlock", runs::deadlock())]);
    let mut awkward = runs::mpsc();
    for (handle, name) in awkward.handles.iter_mut().zip(["end", "a;b:c#d<e>%%f", "loop {x} @y"]) {
        handle.name = Some(name.to_owned());
    }
    awkward.texts.insert((1, 0), "x\ny: -->> end; %% {z}".to_owned());
    awkward.texts.insert((1, 1), String::new());
    all.push(("awkward", awkward));
    for (name, recording) in all {
        for (part, rows) in [(Part::Auto, 96), (Part::All, 8), (Part::All, 100_000)] {
            let text = mermaid(&recording, &Options { part: part.clone(), rows, ..Options::default() });
            assert!(text.len() <= 50_000, "{name}: {} bytes", text.len());
            if let Some(folder) = std::env::var_os("THALWEG_MERMAID") {
                fs::write(Path::new(&folder).join(format!("{name}-{part:?}-{rows}.mmd")), text).unwrap();
            }
        }
    }
}
