//! What a subscriber of `tracing` is told, by the names that console-subscriber looks for.

use std::collections::HashMap;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use thalweg::{mpmc, record};
use thalweg_console::Console;
use thalweg_recording::{Channel, ChannelSnapshot, Kind, Snapshot};
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Resources by their types, with their attributes as they are now; and how many have gone.
#[derive(Default)]
struct Told {
    ids: u64,
    resources: HashMap<u64, HashMap<String, String>>,
    entered: Vec<u64>,
    updates: usize,
    gone: usize,
}

#[derive(Clone, Default)]
struct Listener(Arc<Mutex<Told>>);

struct Fields(HashMap<String, String>);

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.0.insert(field.name().to_owned(), format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }
}

impl Subscriber for Listener {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        assert_eq!(span.metadata().name(), "runtime.resource");
        assert!(span.is_root(), "a resource has no parent");
        let mut fields = Fields(HashMap::new());
        span.record(&mut fields);
        let mut told = self.0.lock().unwrap();
        told.ids += 1;
        let id = told.ids;
        told.resources.insert(id, fields.0);
        Id::from_u64(id)
    }

    fn event(&self, event: &Event<'_>) {
        assert_eq!(event.metadata().target(), "runtime::resource::state_update");
        let mut fields = Fields(HashMap::new());
        event.record(&mut fields);
        assert!(fields.0.iter().any(|(name, value)| name.ends_with(".op") && value == "override"));
        let mut told = self.0.lock().unwrap();
        told.updates += 1;
        let resource = *told.entered.last().expect("inside of its resource");
        told.resources.get_mut(&resource).unwrap().extend(fields.0);
    }

    fn enter(&self, span: &Id) {
        self.0.lock().unwrap().entered.push(span.into_u64());
    }

    fn exit(&self, _: &Id) {
        self.0.lock().unwrap().entered.pop();
    }

    fn try_close(&self, _: Id) -> bool {
        self.0.lock().unwrap().gone += 1;
        true
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
}

#[test]
fn channels_are_resources() {
    let listener = Listener::default();
    let told = listener.0.clone();
    tracing::subscriber::with_default(listener, || {
        let recorder = record::Options::new().start().unwrap();
        let mut console = Console::new();
        let (tx, rx) = mpmc::bounded(2);
        record::name_channel("jobs", &tx);
        let tx = record::named("parser", tx);
        tx.try_send(1).unwrap();
        tx.try_send(2).unwrap();
        let mut send = std::pin::pin!(tx.send(3));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(send.as_mut().poll(&mut cx).is_pending());
        console.publish(&recorder.snapshot());
        let is = |name: &str| told.lock().unwrap().resources[&1].get(name).cloned().unwrap_or_default();
        for (name, value) in [
            ("concrete_type", "jobs"),
            ("kind", "mpmc"),
            ("len", "2"),
            ("capacity", "2"),
            ("sent", "2"),
            ("closed", ""),
            ("awaiting_place", "parser"),
            ("awaiting_message", "nobody"),
        ] {
            assert_eq!(is(name), value, "{name}");
        }
        assert!(is("loc.file").ends_with("told.rs") && is("loc.line") != "0");

        let before = told.lock().unwrap().updates;
        console.publish(&recorder.snapshot());
        assert_eq!(told.lock().unwrap().updates, before, "nothing has changed");
        rx.try_recv().unwrap();
        assert!(send.as_mut().poll(&mut cx).is_ready());
        console.publish(&recorder.snapshot());
        assert_eq!((&*is("received"), &*is("awaiting_place")), ("1", "nobody"));
        assert_eq!(told.lock().unwrap().gone, 0);
        rx.close();
        console.publish(&recorder.snapshot());
        assert_eq!(is("closed"), "true");
        console.publish(&Default::default());
        assert_eq!(told.lock().unwrap().gone, 1);
        assert_eq!(told.lock().unwrap().ids, 1);
    });
}

/// The console went on calling it by where it was made.
#[test]
fn a_channel_that_was_named_after_a_look_kept_its_old_name() {
    let listener = Listener::default();
    let told = listener.0.clone();
    tracing::subscriber::with_default(listener, || {
        let mut console = Console::new();
        let mut look = |name: Option<&str>| {
            let name = name.map(str::to_owned);
            let channel =
                Channel { id: 7, kind: Kind::Mpmc, capacity: None, name, place: Some("main.rs:3".to_owned()) };
            let (senders, receivers, counts) = Default::default();
            let channel = ChannelSnapshot { channel, closed: None, depth: 0, senders, receivers, counts };
            console.publish(&Snapshot { channels: vec![channel], ..Snapshot::default() });
        };
        look(None);
        look(Some("jobs"));
        look(Some("jobs"));
        let names = |told: &Told| Vec::from([1, 2].map(|id| Some(told.resources.get(&id)?["concrete_type"].clone())));
        let seen = |told: &Told| (names(told), told.gone);
        let seen = seen(&told.lock().unwrap());
        assert_eq!(seen, (Vec::from(["main.rs:3", "jobs"].map(|name| Some(name.to_owned()))), 1));
    });
}
