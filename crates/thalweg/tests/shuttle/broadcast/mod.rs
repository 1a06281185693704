//! `thalweg::broadcast`, lossy and lossless.

mod model;
mod model_tests;
mod slices;

#[cfg(thalweg_shuttle)]
mod actor;
#[cfg(thalweg_shuttle)]
mod blocking;
#[cfg(thalweg_shuttle)]
mod ends;
#[cfg(thalweg_shuttle)]
mod linearizable;
#[cfg(thalweg_shuttle)]
mod scenario;
#[cfg(thalweg_shuttle)]
mod storm;
