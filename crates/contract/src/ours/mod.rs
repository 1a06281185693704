//! thalweg itself.

mod others;
mod stream;

pub(crate) use others::{Lossless, Lossy, Oneshot};
pub(crate) use stream::{Mpmc, Mpsc, Threads};

use crate::column::Column;
use crate::{broadcast, oneshot, stream as streams};

pub(crate) fn columns() -> Vec<Column> {
    vec![
        streams::column::<Mpmc>(),
        streams::column::<Mpsc>(),
        streams::column::<Threads>(),
        oneshot::column::<Oneshot>(),
        broadcast::column::<Lossless>(),
        broadcast::column::<Lossy>(),
    ]
}
