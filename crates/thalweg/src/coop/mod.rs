//! tokio's cooperative budget, where the feature `tokio` is on; nothing elsewhere. Chosen once, here.

#[cfg(feature = "tokio")]
#[path = "tokio.rs"]
mod runtime;

#[cfg(not(feature = "tokio"))]
#[path = "none.rs"]
mod runtime;

pub(crate) use runtime::{IS_SHARED, proceed};
