//! Every public item of async-channel and of tokio's channels, on the crate it comes from and on ours.
//!
//! A file of `items` uses each function, method, trait, variant and field of one kind of channel, with the types written
//! out. It is compiled twice, with the kind's name standing for theirs and for ours: what is missing here, or has another
//! signature, does not compile. The table of the items, and what differs where the signatures agree, is in
//! docs/compat.md.

use std::error::Error;
use std::fmt::Debug;
use std::future::Future;
use std::task::{Context, Poll, Waker};

use futures_lite::future::block_on;

/// A message that can do nothing: for what must not ask anything of its messages.
struct Plain;

/// What every handle is, of messages that are it.
fn handle<T: Send + Sync + Unpin>() {}

/// That these implement a trait.
fn debug<T: Debug>() {}
fn clone<T: Clone>() {}
fn equal<T: Eq>() {}

/// How an error presents itself.
fn shown(error: impl Error) -> String {
    error.to_string()
}

/// One poll by nobody.
fn poll<F: Future>(future: F) -> Poll<F::Output> {
    std::pin::pin!(future).poll(&mut context())
}

fn context() -> Context<'static> {
    Context::from_waker(Waker::noop())
}

mod mpmc {
    mod theirs {
        use async_channel as chan;
        include!("items/mpmc.rs");
    }
    mod ours {
        use thalweg::mpmc as chan;
        include!("items/mpmc.rs");
    }
}

mod mpsc {
    mod theirs {
        use tokio::sync::mpsc;
        include!("items/mpsc.rs");
    }
    mod ours {
        use thalweg::mpsc;
        include!("items/mpsc.rs");
    }
}

mod oneshot {
    mod theirs {
        use tokio::sync::oneshot;
        include!("items/oneshot.rs");
    }
    mod ours {
        use thalweg::oneshot;
        include!("items/oneshot.rs");
    }
}

mod broadcast {
    mod theirs {
        use tokio::sync::broadcast;
        include!("items/broadcast.rs");
    }
    mod ours {
        use thalweg::broadcast;
        include!("items/broadcast.rs");
    }
}

mod watch {
    mod theirs {
        use tokio::sync::watch;
        include!("items/watch.rs");
    }
    mod ours {
        use thalweg::watch;
        include!("items/watch.rs");
    }
}
