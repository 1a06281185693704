//! Members under loom: who is the last, and who frees the value.

use super::*;
use crate::raw::models::{model, spawn};
use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::AtomicUsize;

/// A value with three groups, that tells how often a group was left while others were there, and how often it was dropped.
struct Value {
    counts: [Count; 3],
    /// What members do, unsynchronized but by being counted: each writes to a place of its own, who frees it reads all.
    written: [UnsafeCell<usize>; 3],
    log: Arc<Log>,
}

struct Log {
    left: [AtomicUsize; 3],
    dropped: AtomicUsize,
}

impl Log {
    fn left(&self, group: usize) -> usize {
        self.left[group].load(Ordering::Acquire)
    }

    fn dropped(&self) -> usize {
        self.dropped.load(Ordering::Acquire)
    }
}

impl Drop for Value {
    fn drop(&mut self) {
        // SAFETY: it is about to go, so nobody else may be at it; loom complains of one who has not been waited for.
        self.written.iter().for_each(|place| place.with_mut(|place| unsafe { *place = 0 }));
        self.log.dropped.fetch_add(1, Ordering::AcqRel);
    }
}

struct Of<const N: usize>;

impl<const N: usize> Group<Value> for Of<N> {
    fn count(value: &Value) -> &Count {
        &value.counts[N]
    }

    fn left(value: &Value) {
        value.log.left[N].fetch_add(1, Ordering::AcqRel);
    }

    fn is_heard(_value: &Value) -> bool {
        false
    }
}

fn shared() -> (Member<Value, Of<0>>, Member<Value, Of<1>>, Arc<Log>) {
    let log = Arc::new(Log { left: [const { 0 }; 3].map(AtomicUsize::new), dropped: AtomicUsize::new(0) });
    let counts = [Count::new(1), Count::new(1), Count::new(0)];
    let written = [const { 0 }; 3].map(UnsafeCell::new);
    let (a, b) = share(|| Value { counts, written, log: log.clone() });
    (a, b, log)
}

fn write<G: Group<Value>>(member: &Member<Value, G>, place: usize) {
    // SAFETY: each thread writes to its own place.
    member.value().written[place].with_mut(|place| unsafe { *place = 1 });
}

/// The first of both to go leaves its group to the other, or they go at once and both say so; one frees the value.
#[test]
fn two_groups_go() {
    model(|| {
        let (a, b, log) = shared();
        let thread = spawn(move || {
            write(&a, 0);
            drop(a);
        });
        write(&b, 1);
        drop(b);
        thread.join().unwrap();
        assert_eq!(log.dropped(), 1);
        assert!(log.left(0) + log.left(1) >= 1, "somebody was there when the first one left");
        assert!(log.left(0) <= 1 && log.left(1) <= 1);
    });
}

/// A group of two is left once, by the last of them.
#[test]
fn two_of_one_group_go() {
    model(|| {
        let (a, b, log) = shared();
        let other = a.clone();
        let thread = spawn(move || {
            write(&a, 0);
            drop(a);
        });
        write(&other, 1);
        drop(other);
        thread.join().unwrap();
        assert_eq!((log.left(0), log.dropped()), (1, 0));
        assert_eq!(G0::count(b.value()).now(), 0);
        drop(b);
        assert_eq!(log.dropped(), 1);
    });
}

type G0 = Of<0>;

/// A group falls to none and is joined anew at once, while the one that held it by another group goes.
#[test]
fn group_is_joined_anew_while_its_last_member_goes() {
    model(|| {
        let (a, b, log) = shared();
        let weak = a.join::<Of<2>>();
        drop(b);
        let thread = spawn(move || {
            write(&weak, 2);
            drop(weak);
        });
        let again = a.join::<Of<2>>();
        write(&a, 0);
        drop(a);
        write(&again, 1);
        assert_eq!(log.dropped(), 0, "there is a member");
        thread.join().unwrap();
        drop(again);
        assert_eq!(log.dropped(), 1);
    });
}

/// Two make the first member of a group at once: one of them has joined it before the other has brought its share.
#[test]
fn group_is_joined_by_two_at_once() {
    model(|| {
        let (a, b, log) = shared();
        let other = a.clone();
        drop(b);
        let thread = spawn(move || {
            let weak = other.join::<Of<2>>();
            drop(other);
            write(&weak, 2);
            drop(weak);
        });
        let weak = a.join::<Of<2>>();
        drop(a);
        write(&weak, 1);
        assert_eq!(log.dropped(), 0, "there is a member");
        drop(weak);
        thread.join().unwrap();
        assert_eq!((log.left(0), log.dropped()), (1, 1), "who left the first group last was in the other");
    });
}

/// Who is joined has not been left; who has been left is joined by nobody.
#[test]
fn joining_others_against_the_last_one_that_leaves() {
    model(|| {
        let (a, b, log) = shared();
        let weak = a.join::<Of<2>>();
        drop(b);
        let thread = spawn(move || drop(a));
        let joined = weak.join_others::<G0>();
        if let Some(joined) = &joined {
            assert_eq!(log.left(0), 0, "it has a member");
            write(joined, 0);
        }
        let was_joined = joined.is_some();
        drop(joined);
        thread.join().unwrap();
        assert_eq!(log.left(0), 1, "joined: {was_joined}");
        assert!(weak.join_others::<G0>().is_none());
        drop(weak);
        assert_eq!(log.dropped(), 1);
    });
}

/// As many handles as are counted are had; with one more the process ends, as each of two children of this one shows.
#[test]
fn more_handles_than_are_counted_end_the_process() {
    const CHILD: &str = "THALWEG_TOO_MANY";
    let Ok(way) = std::env::var(CHILD) else {
        let program = std::env::current_exe().unwrap();
        for way in ["add", "add_to_some"] {
            let mut child = std::process::Command::new(&program);
            child.args([
                "--nocapture",
                "--exact",
                "raw::shared::models::more_handles_than_are_counted_end_the_process",
            ]);
            let ended = child.env(CHILD, way).output().unwrap();
            let told = [ended.stdout, ended.stderr].concat();
            assert!(alloc::string::String::from_utf8_lossy(&told).contains("was counted"), "{way}: {told:?}");
            assert!(!ended.status.success(), "{way}: it went on");
        }
        return;
    };
    model(move || {
        let count = Count::new(Count::MOST - 1);
        let adds = |count: &Count| if way == "add" { !count.add() } else { count.add_to_some() };
        assert!(adds(&count) && adds(&count), "so many there may be");
        assert_eq!(count.now() as u32, Count::MOST + 1);
        std::println!("the last one was counted");
        adds(&count);
    });
}
