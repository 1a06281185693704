//! `thalweg::mpmc`. Its model is also that of `mpsc`.

pub(crate) mod model;
mod model_tests;

#[cfg(thalweg_shuttle)]
mod actor;
#[cfg(thalweg_shuttle)]
mod blocking;
#[cfg(thalweg_shuttle)]
mod handles;
#[cfg(thalweg_shuttle)]
mod held;
#[cfg(thalweg_shuttle)]
mod linearizable;
#[cfg(thalweg_shuttle)]
mod permits;
#[cfg(thalweg_shuttle)]
mod polled;
#[cfg(thalweg_shuttle)]
mod scenario;
#[cfg(thalweg_shuttle)]
mod storm;
