//! Promises 5 and 6, of those who were woken and found nothing: they stay awake while the channel moves, in their order and
//! with their turn, and are in nobody's way. With the feature `tokio` they go back to sleep at once.

use crate::harness::*;

use thalweg::mpmc::{Receiver, Sender};

type Receive<'a> = Task<thalweg::mpmc::Recv<'a, usize>>;

/// Receives that wait.
fn asleep(receiver: &Receiver<usize>, count: usize) -> Vec<Receive<'_>> {
    let mut receives: Vec<_> = (0..count).map(|_| task(receiver.recv())).collect();
    receives.iter_mut().for_each(|receive| receive.waits());
    receives
}

/// A message comes, and somebody else takes it.
fn passes_by(sender: &Sender<usize>, receiver: &Receiver<usize>) {
    sender.try_send(0).unwrap();
    receiver.try_recv().unwrap();
}

/// One poll that finds nothing. Whether it woke itself.
fn stays(receive: &mut Receive<'_>) -> bool {
    assert!(receive.poll().is_pending());
    receive.woken()
}

const STAYS: bool = !cfg!(feature = "tokio");

#[test]
fn loser_stays_awake_as_long_as_something_moves() {
    let (sender, receiver) = channel(4);
    let mut receives = asleep(&receiver, 2);
    passes_by(&sender, &receiver);
    assert_eq!(stays(&mut receives[0]), STAYS);
    if STAYS {
        passes_by(&sender, &receiver);
        assert!(stays(&mut receives[0]), "it has moved again");
    }
    assert!(!stays(&mut receives[0]), "nothing has moved: it sleeps");
    receives[1].waits();
    sender.try_send(7).unwrap();
    assert!(receives[0].woken() && !receives[1].woken(), "and is first in line again");
    assert_eq!(receives[0].finishes(), Ok(7));
}

#[test]
fn sender_that_lost_stays_awake_as_long_as_something_moves() {
    let (sender, receiver) = filled(4, 4);
    let mut sends: Vec<_> = (0..2).map(|n| task(sender.send(100 + n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    for round in 0..3 {
        receiver.try_recv().unwrap();
        sender.try_send(50).unwrap();
        assert!(sends[0].poll().is_pending());
        assert_eq!(sends[0].woken(), STAYS, "round {round}");
    }
    assert!(sends[0].poll().is_pending());
    assert!(!sends[0].woken(), "nothing has moved: it sleeps");
    sends[1].waits();
    receiver.try_recv().unwrap();
    assert!(sends[0].woken() && !sends[1].woken(), "and is first in line again");
    assert_eq!(sends[0].finishes(), Ok(()));
}

#[test]
fn loser_that_stays_awake_takes_what_comes_at_its_next_poll() {
    let (sender, receiver) = channel(4);
    let mut receives = asleep(&receiver, 3);
    passes_by(&sender, &receiver);
    stays(&mut receives[0]);
    sender.try_send(1).unwrap();
    // Its executor has it before the one that was woken now.
    assert_eq!(receives[0].poll(), std::task::Poll::Ready(Ok(1)));
    receives[1].waits();
    sender.try_send(2).unwrap();
    assert!(receives[1].woken() && !receives[2].woken());
    assert_eq!(receives[1].finishes(), Ok(2));
}

#[test]
fn sender_that_stays_awake_takes_the_place_at_its_next_poll() {
    let (sender, receiver) = filled(4, 4);
    let mut sends: Vec<_> = (0..2).map(|n| task(sender.send(100 + n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    receiver.try_recv().unwrap();
    sender.try_send(50).unwrap();
    assert!(sends[0].poll().is_pending());
    assert_eq!(sends[0].woken(), STAYS);
    receiver.try_recv().unwrap();
    assert_eq!(sends[0].poll(), std::task::Poll::Ready(Ok(())));
    sends[1].waits();
}

/// A look after the first one takes no lock, and does not clone the waker, as who is about to sleep does.
#[test]
fn who_stays_awake_looks_again_on_a_short_way() {
    let short = |call| assert!(!STAYS || call != Call::Clone);
    let (sender, receiver) = channel(4);
    let mut receives = asleep(&receiver, 2);
    passes_by(&sender, &receiver);
    assert_eq!(stays(&mut receives[0]), STAYS);
    receives[0].probe().arm(short);
    passes_by(&sender, &receiver);
    assert_eq!(stays(&mut receives[0]), STAYS);

    let (sender, receiver) = filled(4, 4);
    let mut sends: Vec<_> = (0..2).map(|n| task(sender.send(n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    for arms in [true, false] {
        receiver.try_recv().unwrap();
        sender.try_send(50).unwrap();
        assert!(sends[0].poll().is_pending());
        assert_eq!(sends[0].woken(), STAYS);
        if arms {
            sends[0].probe().arm(short);
        }
    }
}

/// It is not in the queue, so each message wakes the next of those who are.
#[test]
fn neglected_loser_that_stays_awake_stops_nobody() {
    let (sender, receiver) = channel(4);
    let mut receives = asleep(&receiver, 3);
    passes_by(&sender, &receiver);
    stays(&mut receives[0]);
    for (number, receive) in receives[1..].iter_mut().enumerate() {
        sender.try_send(number).unwrap();
        if STAYS {
            assert!(receive.woken());
        }
        assert_eq!(receive.finishes(), Ok(number));
    }
    receives[0].waits();
}

#[test]
fn dropped_loser_that_stays_awake_passes_its_turn_on() {
    let (sender, receiver) = channel(4);
    let mut receives = asleep(&receiver, 3);
    passes_by(&sender, &receiver);
    stays(&mut receives[0]);
    sender.try_send(1).unwrap();
    // The one that the message woke is neglected, and the one that stays awake goes.
    drop(receives.remove(0));
    assert!(receives[1].woken() || receives[0].woken());
    if STAYS {
        assert!(receives[1].woken(), "its turn went to the next that sleeps");
        assert_eq!(receives[1].finishes(), Ok(1));
    }
}

#[test]
fn loser_that_stays_awake_sees_the_close() {
    let (sender, receiver) = channel(4);
    let mut receives = asleep(&receiver, 2);
    passes_by(&sender, &receiver);
    stays(&mut receives[0]);
    passes_by(&sender, &receiver);
    sender.close();
    assert!(receives[0].poll().is_ready(), "though things have moved");
    assert!(receives[1].poll().is_ready());

    let (sender, receiver) = filled(4, 4);
    let mut sends: Vec<_> = (0..2).map(|n| task(sender.send(100 + n))).collect();
    sends.iter_mut().for_each(|send| send.waits());
    for closes in [false, true] {
        receiver.try_recv().unwrap();
        sender.try_send(50).unwrap();
        if closes {
            sender.close();
        }
        assert_eq!(sends[0].poll().is_ready(), closes);
    }
    assert!(sends[1].poll().is_ready());
}

/// Where only a part of them would be woken again by the next burst, those would be ahead of the others each time.
#[test]
fn with_more_waiting_than_places_losers_go_to_sleep() {
    let (sender, receiver) = channel(2);
    let mut receives = asleep(&receiver, 3);
    passes_by(&sender, &receiver);
    assert!(!stays(&mut receives[0]));
    drop(receives.pop());
    receives.iter_mut().for_each(|receive| receive.waits());
    passes_by(&sender, &receiver);
    assert_eq!(stays(&mut receives[0]), STAYS, "two of two");
}

#[test]
fn loser_does_not_stay_awake_for_ever() {
    let (sender, receiver) = channel(4);
    let mut receives = asleep(&receiver, 2);
    let mut stayed = 0;
    loop {
        passes_by(&sender, &receiver);
        if !stays(&mut receives[0]) {
            break;
        }
        stayed += 1;
        assert!(stayed < 1_000);
    }
    assert_eq!(stayed, if STAYS { 64 } else { 0 });
}

/// A reservation of several places that finds one passes it on to who needs one, and does not stay awake over it.
#[test]
fn reservation_that_finds_too_little_passes_it_on_at_once() {
    let (sender, receiver) = filled(4, 4);
    let mut several = task(sender.reserve_many(2));
    let mut one = task(sender.send(9));
    several.waits();
    one.waits();
    receiver.try_recv().unwrap();
    assert!(several.poll().is_pending(), "one place is too little");
    assert!(one.woken());
    assert_eq!(one.finishes(), Ok(()));
}

/// Where staying awake is in vain again and again, it ends; but now and then one tries whether it is still so.
#[test]
fn losers_learn_that_it_is_in_vain() {
    let (sender, receiver) = channel(4);
    let mut receives = asleep(&receiver, 2);
    let tries = (0..100)
        .filter(|_| {
            passes_by(&sender, &receiver);
            let stays = stays(&mut receives[0]);
            receives[0].waits();
            stays
        })
        .count();
    assert!(if STAYS { (10..=20).contains(&tries) } else { tries == 0 }, "{tries} of 100");
}

/// It has let others run, so it does not yield for the budget as well. The next operation does.
#[test]
fn who_has_stayed_awake_is_not_made_to_yield() {
    let (sender, receiver) = channel(4);
    receiver.set_budget(std::num::NonZeroU32::new(1));
    let mut receive = asleep(&receiver, 1).remove(0);
    passes_by(&sender, &receiver);
    assert_eq!(stays(&mut receive), STAYS);
    receive.waits();
    (1..3).for_each(|message| sender.try_send(message).unwrap());
    assert_eq!(task(receiver.recv()).finishes(), Ok(1));
    if STAYS {
        assert_eq!(receive.poll(), std::task::Poll::Ready(Ok(2)));
    } else {
        assert!(receive.poll().is_pending() && receive.woken(), "the budget is spent");
        assert_eq!(receive.finishes(), Ok(2));
    }
    sender.try_send(3).unwrap();
    let mut next = task(receiver.recv());
    assert!(next.poll().is_pending() && next.woken(), "the budget is spent");
    assert_eq!(next.finishes(), Ok(3));
}

/// The waker of one that stays awake was called with the side in hand, where its operation had tried the short way first.
#[test]
fn who_stays_awake_wakes_itself_with_no_lock_held() {
    in_time(|| {
        let (sender, receiver) = filled(2, 2);
        let (other, looks) = (sender.clone(), receiver.clone());
        let mut send = task(sender.send(9));
        send.waits();
        send.probe().arm(move |_| ignore((other.len(), other.try_send(7), looks.waiting_senders())));
        for _ in 0..4 {
            receiver.try_recv().unwrap();
            ignore(sender.try_send(1));
            assert!(send.poll().is_pending());
            assert_eq!(send.woken(), STAYS);
        }
    });
    in_time(|| {
        let (sender, mut receiver) = thalweg::mpsc::channel(2);
        let other = sender.clone();
        task(receiver.recv()).waits();
        for _ in 0..4 {
            sender.try_send(1).unwrap();
            receiver.try_recv().unwrap();
            let mut receive = task(receiver.recv());
            let other = other.clone();
            receive.probe().arm(move |_| ignore((other.capacity(), other.is_closed())));
            assert!(receive.poll().is_pending());
        }
    });
}
