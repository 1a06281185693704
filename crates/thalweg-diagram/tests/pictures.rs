//! The picture of the main job's own run in `docs/pictures`, drawn anew from its recording, which is kept beside it; and texts for
//! Mermaid's own parser. The other pictures are in `thalweg`'s tests `record`.

mod made;

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use made::runs;
use thalweg_diagram::{Options, Part, mermaid, svg, text};
use thalweg_recording::{Limits, Recording, read};

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// Of the main job, by `cargo xtask pictures --run`.
fn kept() -> Recording {
    let file = File::open(docs().join("pictures/checksum-run.thalweg")).expect("it is kept");
    read(file, &Limits::default()).expect("it is whole")
}

#[test]
fn the_picture_of_the_main_job_is_current() {
    let (drawn, path) = (svg(&kept(), &Options::default()), docs().join("pictures/checksum-run.svg"));
    if std::env::var_os("THALWEG_PICTURES").is_some_and(|what| what == "write") {
        fs::write(&path, &drawn).unwrap();
    }
    let is_current = fs::read_to_string(path).is_ok_and(|kept| kept == drawn);
    assert!(is_current, "checksum-run.svg is stale; `cargo xtask pictures` draws it anew");
}

/// What each did and for how much of the time it waited is on the page in words, too.
#[test]
fn what_is_said_of_the_main_job_is_current() {
    let drawn = text(&kept(), &Options::default());
    let (_, picture) = drawn.split_once("\n\n").expect("a title");
    let heads: Vec<&str> = picture.lines().take(3).map(str::trim_end).collect();
    let heads = format!("```text\n{}\n```", heads.join("\n"));
    assert!(
        fs::read_to_string(docs().join("observe.md")).unwrap().contains(&heads),
        "not in docs/observe.md:\n{heads}"
    );
}

/// Writes them where the layer `mermaid` has Mermaid's own parser read them.
#[test]
fn mermaid_texts_are_short_enough_and_written_where_asked() {
    let mut all = vec![("main job", kept()), ("trouble", runs::trouble())];
    all.extend([("checksum-20", runs::pipeline(20, 2)), ("checksum-2000", runs::pipeline(2_000, 4))]);
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
