//! `cargo xtask bench` runs this.

fn main() -> std::process::ExitCode {
    thalweg_bench::main()
}
