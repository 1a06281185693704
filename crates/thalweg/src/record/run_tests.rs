//! What a recording leaves behind, and what it takes. None is on: that would be one of all tests beside these.

use super::*;
use crate::record::entry::put;
use crate::record::hooks::By;
use crate::record::lone::Lone;
use std::thread;
use thalweg_recording::{Channel, Kind, What};

#[test]
fn numbers_are_used_up_below_the_bit_that_they_leave_free() {
    assert_eq!((after(1, 1), after(1, 3)), (Some(2), Some(4)));
    assert_eq!((after(MOST_IDS - 2, 1), after(MOST_IDS - 1, 1)), (Some(MOST_IDS - 1), None));
    assert_eq!((after(MOST_IDS - 4, 3), after(MOST_IDS - 3, 3)), (Some(MOST_IDS - 1), None));
}

fn channel() -> News {
    News::Channel(Channel { id: next_id(), kind: Kind::Mpmc, capacity: None, name: None, place: None })
}

/// It would become more for as long as the process lives.
#[test]
fn what_is_told_when_nobody_listens_any_more_is_not_kept() {
    let _turn = Turn::take();
    is_listened_to();
    assert!(tell(channel()));
    assert_eq!(take_news().len(), 1);
    assert!(tell(channel()));
    over();
    assert!(tell(channel()));
    assert_eq!(take_news().len(), 0);
}

/// How many rings there are. Threads of other tests come and go.
fn count() -> usize {
    let mut count = 0;
    rings().retain(|_| {
        count += 1;
        true
    });
    count
}

#[test]
fn threads_that_end_leave_no_ring_when_it_was_read() {
    let _turn = Turn::take();
    is_listened_to();
    let before = count();
    (0..100).for_each(|_| thread::spawn(|| put(1, What::Created, None, 0)).join().unwrap());
    assert!(count() > before + 50, "somebody has yet to read them");
    rings().retain(|ring| !ring.take(|_| ()));
    assert!(count() < before + 50);
}

#[test]
fn a_thread_that_ends_takes_no_ring_but_its_own() {
    let _turn = Turn::take();
    over();
    let taken = || {
        let mut taken = Vec::new();
        rings().retain(|ring| !ring.take(|words| taken.push(words[1])));
        taken.retain(|number| (77..80).contains(number));
        taken
    };
    put(1, What::Created, Some(77), 0);
    assert_eq!(taken(), [77]);
    thread::spawn(|| put(1, What::Created, Some(78), 0)).join().unwrap();
    put(1, What::Created, Some(79), 0);
    assert_eq!(taken(), [79]);
}

/// It would take the room of what happened.
#[test]
fn of_a_wait_that_nobody_has_nothing_is_told() {
    let _turn = Turn::take();
    let told = || {
        let mut count = 0;
        rings().retain(|ring| !ring.take(|_| count += 1));
        count
    };
    put(1, What::Created, None, 0);
    assert_eq!(told(), 1);
    let mut nobody: Lone = Lone::new(By::new(0));
    nobody.timed_out();
    nobody.cancelled();
    assert_eq!(told(), 0);
}
