//! `thalweg::oneshot`.

mod model;
mod model_tests;

#[cfg(thalweg_shuttle)]
mod actor;

#[cfg(thalweg_shuttle)]
#[test]
fn linearizable() {
    crate::explore::explore_all(actor::Oneshot, 500);
}
