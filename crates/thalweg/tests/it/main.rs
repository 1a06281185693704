//! The promises of `thalweg::mpmc`, a file a property. Each test fails when its property is broken.

mod batches;
#[cfg(feature = "std")]
mod blocking;
mod budget;
mod cancel;
mod cancel_passes_on;
mod capacity;
mod closing;
mod errors;
mod exactly_once;
mod fairness;
mod force_send;
mod found;
mod harness;
mod limits;
mod misuse;
mod model;
mod neglect;
mod no_foreign_code;
mod no_hidden_waiting;
mod order;
mod permits;
mod probes;
mod quiet;
mod runs;
mod runtimes;
mod stream_sink;
mod value_back;
