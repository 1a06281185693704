//! What channels take of memory: a program of its own, since its allocator counts, which would slow the others down.

#[global_allocator]
static ALLOCATOR: thalweg_bench::Counting = thalweg_bench::Counting;

fn main() -> std::process::ExitCode {
    thalweg_bench::memory()
}
