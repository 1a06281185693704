//! `thalweg::watch`.

mod model;
mod model_tests;

#[cfg(thalweg_shuttle)]
mod actor;
#[cfg(thalweg_shuttle)]
mod scenario;
#[cfg(thalweg_shuttle)]
mod storm;

#[cfg(thalweg_shuttle)]
#[test]
fn linearizable() {
    crate::explore::explore_all(scenario::Watch, 250);
}
