//! Where tokio-console asks.

pub(crate) fn begin() {
    console_subscriber::init();
}
