//! The promises of `thalweg::mpmc`, a file a property, and those of the other channels, a few files each. Each test
//! fails when its property is broken.

mod auto_traits;
mod awake;
mod batches;
#[cfg(feature = "std")]
mod blocking;
mod broadcast;
mod broadcast_misuse;
mod broadcast_model;
mod broadcast_runtimes;
mod broadcast_waiting;
mod budget;
mod cancel;
mod cancel_kinds;
mod cancel_passes_on;
mod capacity;
mod closing;
#[cfg(feature = "tokio")]
mod coop;
mod errors;
mod everywhere;
mod exactly_once;
mod fairness;
mod force_send;
mod found;
mod found_panics;
mod found_watching;
mod harness;
mod left_to_one;
mod limits;
#[cfg(unix)]
mod many_waiters;
mod misuse;
mod model;
mod mpsc;
mod mpsc_ahead;
mod mpsc_bugs;
mod mpsc_model;
mod mpsc_poll_sender;
mod mpsc_runtimes;
mod mpsc_wakers;
mod neglect;
mod no_foreign_code;
mod no_hidden_waiting;
mod nth_call;
mod oneshot;
mod oneshot_bugs;
mod oneshot_model;
mod order;
mod own_channel;
mod permits;
mod probes;
mod quiet;
mod runs;
mod runtimes;
#[cfg(feature = "std")]
mod second_panic;
mod shown;
mod shutdown;
mod starving;
mod stream_sink;
mod turns;
mod value_back;
mod wakers_let_go;
#[cfg(feature = "std")]
mod watch;
