//! console-subscriber is for programs that are compiled with `--cfg tokio_unstable`.

pub(crate) fn begin() {
    eprintln!("tokio-console cannot see this: build it with RUSTFLAGS=\"--cfg tokio_unstable\"");
}
