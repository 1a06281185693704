//! Which tasks are not done yet, and whether one panicked.

use std::future::Future;
use std::io::Write;
use std::panic;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};

use crate::places::Body;

/// Says it at once and to everybody: what a test prints by the macros is kept back, and lost when the process is ended.
pub(crate) fn say(text: &str) {
    // Nobody is left to be told that nobody can be told.
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// The tasks of a round by their names, as long as they are open.
#[derive(Clone, Default)]
pub(crate) struct Open(Arc<(Mutex<Vec<Option<String>>>, Condvar)>);

/// A task that is open until this goes, also by a panic.
pub(crate) struct Task {
    open: Open,
    number: usize,
}

impl Open {
    pub(crate) fn task(&self, name: String) -> Task {
        let mut names = self.0.0.lock().unwrap();
        names.push(Some(name));
        Task { open: self.clone(), number: names.len() - 1 }
    }

    /// The same body, as a task.
    pub(crate) fn hold(&self, name: String, body: impl Future<Output = ()> + Send + 'static) -> Body {
        let task = self.task(name);
        Box::pin(async move {
            let _task = task;
            body.await;
        })
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.0.0.lock().unwrap().iter().flatten().cloned().collect()
    }

    pub(crate) fn wait(&self) {
        let (names, changed) = &*self.0;
        let is_open = |names: &mut Vec<Option<String>>| names.iter().any(Option::is_some);
        drop(changed.wait_while(names.lock().unwrap(), is_open).unwrap());
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        let (names, changed) = &*self.open.0;
        names.lock().unwrap()[self.number] = None;
        changed.notify_all();
    }
}

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// From now on panics are counted: a task that panics is missed by nobody, as its thread or its runtime is not asked.
pub(crate) fn count_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        say(&info.to_string());
        before(info);
    }));
}

/// Asked after a round, whose tasks are over.
pub(crate) fn assert_none_panicked(round: &str) {
    assert_eq!(PANICS.load(Ordering::Relaxed), 0, "a task panicked in {round}");
}
