//! The promises in our words, and which question each probe asks. What the page is made of besides the findings.

pub(crate) struct Promise {
    pub(crate) number: usize,
    pub(crate) title: &'static str,
    pub(crate) says: &'static str,
    /// Where it is documented: text and link, from `docs`.
    pub(crate) documented: (&'static str, &'static str),
    /// A file below `crates/thalweg/tests/it`, and a few of the tests in it.
    pub(crate) tests: (&'static str, &'static [&'static str]),
}

const MPMC: &str = "../crates/thalweg/src/mpmc/mod.rs";

pub(crate) const PROMISES: [Promise; 13] = [
    Promise {
        number: 1,
        title: "Exactly once",
        says: "A message whose send returned `Ok` is received once, or dropped once when the last receiver leaves, or \
               handed back by a call that says so. Under any cancellation, panic, close or drop.",
        documented: ("the crate's front page", "../crates/thalweg/src/lib.rs"),
        tests: (
            "exactly_once.rs",
            &["storm_of_cancellations_loses_doubles_and_ghosts_nothing", "every_exit_drops_once"],
        ),
    },
    Promise {
        number: 2,
        title: "Order",
        says: "Messages of one channel have one order. Each receiver sees a part of it, each producer's own order is kept.",
        documented: ("`mpmc`", MPMC),
        tests: ("order.rs", &["first_in_first_out", "each_producers_order_is_kept"]),
    },
    Promise {
        number: 3,
        title: "What did not complete did not happen",
        says: "A waiting receive that is dropped took nothing, and passes its wake-up on. A waiting send that is dropped \
               sent nothing, ever.",
        documented: ("`mpmc`", MPMC),
        tests: (
            "cancel.rs",
            &[
                "receives_take_what_they_return_and_nothing_else",
                "sends_have_sent_when_they_say_so_and_otherwise_never",
            ],
        ),
    },
    Promise {
        number: 4,
        title: "The value comes back",
        says: "Every send that fails returns its message. One that is given up while it waits can give it back.",
        documented: ("`Send::cancel`", "../crates/thalweg/src/channel/future.rs"),
        tests: (
            "value_back.rs",
            &["closed_channel_gives_every_message_back", "unfinished_send_gives_its_message_back_on_request"],
        ),
    },
    Promise {
        number: 5,
        title: "A neglected future stops nobody",
        says: "A future that waits, or was woken, and is never polled again holds up no other sender or receiver for \
               ever, as long as anything else happens on the channel.",
        documented: ("\"Who goes first?\" of `mpmc`", MPMC),
        tests: ("neglect.rs", &["same_task_keeps_a_woken_send_and_sends_again", "receivers_behind_a_neglected_one"]),
    },
    Promise {
        number: 6,
        title: "Fair",
        says: "Waiters are woken first come, first served. One that was overtaken goes back to the front.",
        documented: ("\"Who goes first?\" of `mpmc`", MPMC),
        tests: ("fairness.rs", &["losers_keep_their_order", "eight_receivers_share_one_tokio_thread"]),
    },
    Promise {
        number: 7,
        title: "Capacity is exact",
        says: "0 is a rendezvous, n is n: never rounded, never grown by clones. Permits count against it.",
        documented: ("`mpmc::bounded`, and \"What is a rendezvous?\"", MPMC),
        tests: ("capacity.rs", &["bounded_takes_exactly_its_capacity", "permits_count"]),
    },
    Promise {
        number: 8,
        title: "Memory is bounded by what is in the channel",
        says: "No allocation for a message or a wait (blocks for messages, used again). Polls for nothing grow nothing. A \
               drained burst gives its memory back.",
        documented: ("the crate's front page", "../crates/thalweg/src/lib.rs"),
        tests: ("../alloc.rs", &[]),
    },
    Promise {
        number: 9,
        title: "Closing is one-way and gentle",
        says: "Either end may close; sends fail at once with the value, receivers drain what was accepted, then see the \
               end. The last receiver to leave frees what is queued at once.",
        documented: ("`Sender::close`", "../crates/thalweg/src/mpmc/sender.rs"),
        tests: ("closing.rs", &["what_was_accepted_can_be_received", "everybody_who_sends_is_told"]),
    },
    Promise {
        number: 10,
        title: "No foreign code under a lock",
        says: "Wakers are woken and dropped, messages cloned and dropped, with nothing held. They may call the channel \
               back, and may panic.",
        documented: ("the crate's front page", "../crates/thalweg/src/lib.rs"),
        tests: (
            "no_foreign_code.rs",
            &["wakers_may_call_the_channel_back", "panicking_waker_keeps_nobody_from_being_woken"],
        ),
    },
    Promise {
        number: 11,
        title: "No hidden waiting",
        says: "`try_` calls and polls do not wait for another thread's progress beyond a few dozen instructions, its moving of a batch, or its look for a place in the line; but once for each end of a channel for a system call, with the feature `membarrier`.",
        documented: ("README", "../README.md#what-it-promises"),
        tests: ("no_hidden_waiting.rs", &["nobody_waits_for_a_slow_wake", "poll_never_parks"]),
    },
    Promise {
        number: 12,
        title: "Any runtime, or none",
        says: "tokio, smol, a bare `block_on`, threads, mixed at will. A busy channel lets its neighbours run, wherever.",
        documented: ("`mpmc`", MPMC),
        tests: ("runtimes.rs", &["on_tokio_workers", "on_smol"]),
    },
    Promise {
        number: 13,
        title: "Safe to use wrongly",
        says: "An `Rc` through a channel does not compile. Handles are `Unpin`, `UnwindSafe`, and `Send` and `Sync` when \
               messages are `Send`. What is forgotten (`mem::forget`) leaks at most.",
        documented: ("README", "../README.md#what-it-promises"),
        tests: ("misuse.rs", &[]),
    },
];

/// What a probe asks, and of which promise it is a part.
pub(crate) struct Question {
    pub(crate) probe: &'static str,
    pub(crate) promise: usize,
    pub(crate) asks: &'static str,
}

const fn ask(probe: &'static str, promise: usize, asks: &'static str) -> Question {
    Question { probe, promise, asks }
}

/// In the order of the rows.
pub(crate) const QUESTIONS: [Question; 42] = [
    ask("exactly-once", 1, "each message is received once, or dropped once"),
    ask("order", 2, "one order, and each producer's own"),
    ask("cancel-recv", 3, "a dropped receive took no message"),
    ask("cancel-recv-wake", 3, "a dropped receive passes its wake-up on"),
    ask("cancel-send", 3, "a dropped send is never delivered"),
    ask("cancel-send-wake", 3, "a dropped send passes its wake-up on"),
    ask("value-back", 4, "a send that fails returns its message"),
    ask("unsent-back", 4, "a send that is given up returns it"),
    ask("neglected-send", 5, "an unpolled send holds up no other"),
    ask("neglected-recv", 5, "an unpolled receive holds up no other"),
    ask("fifo-senders", 6, "waiting sends: first come, first served"),
    ask("fifo-receivers", 6, "waiting receives: first come, first served"),
    ask("overtaken", 6, "who was overtaken is next"),
    ask("shares", 6, "eight busy receivers on one thread share"),
    ask("missed-count", 6, "a slow receiver is told what it missed"),
    ask("capacity-exact", 7, "n is n"),
    ask("capacity-zero", 7, "0 is a rendezvous"),
    ask("permits", 7, "permits count"),
    ask("alloc-message", 8, "no allocation for a message"),
    ask("alloc-wait", 8, "no allocation for a wait"),
    ask("spurious-polls", 8, "polls for nothing leave nothing"),
    ask("cancelled-waits", 8, "dropped waits leave nothing"),
    ask("burst", 8, "a drained burst gives memory back"),
    ask("last-sender", 9, "the last sender leaves: drained, then the end"),
    ask("last-receiver", 9, "the last receiver leaves: sends fail at once"),
    ask("slowest-leaves", 9, "the slowest receiver leaves: sends go on"),
    ask("frees-queue", 9, "what nobody can read is freed at once"),
    ask("close-call", 9, "close(): drained, then the end"),
    ask("waker-calls-back", 10, "a waker may call the channel"),
    ask("waker-panics", 10, "a waker may panic"),
    ask("new-waker", 10, "the waker of the last poll is woken"),
    ask("message-calls-back", 10, "a message's destructor may call the channel"),
    ask("message-panics", 10, "a message's destructor may panic"),
    ask("clone-calls-back", 10, "a message's clone may call the channel"),
    ask("clone-panics", 10, "a message's clone may panic"),
    ask("others-inside", 11, "try calls return while a thread is in foreign code"),
    ask("runtimes", 12, "tokio, smol, block_on, and across"),
    ask("neighbours-tokio", 12, "neighbours run, on tokio"),
    ask("neighbours-any", 12, "neighbours run, on any executor"),
    ask("rc", 13, "an `Rc` does not cross"),
    ask("auto-traits", 13, "handles have the auto traits they should"),
    ask("forget", 13, "a forgotten future leaks at most"),
];
