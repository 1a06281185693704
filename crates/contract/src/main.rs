use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: thalweg_contract::Counting = thalweg_contract::Counting;

fn main() -> ExitCode {
    thalweg_contract::main()
}
