//! Where and with what the results were made.

use std::fs::read_to_string;
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::options::Options;
use crate::peers;

/// What is known of this machine and this run, each with its name.
pub(crate) fn facts(options: &Options) -> Vec<(String, String)> {
    let cpu = read_to_string("/proc/cpuinfo").unwrap_or_default();
    let field = |name: &str| {
        let line = cpu.lines().find(|line| line.starts_with(name));
        line.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown").to_owned()
    };
    let virtual_one = if field("flags").contains("hypervisor") { ", virtual" } else { "" };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let kernel = read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let memory = read_to_string("/proc/meminfo").unwrap_or_default();
    let memory: u64 = memory.split_whitespace().nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let versions = peers::PROJECTS.map(|name| format!("{name} {}", peers::version(name)));
    let mode = if options.quick { "quick" } else { "full" };
    let facts = [
        ("date", now()),
        ("processor", format!("{cores} x {}{virtual_one}", field("model name"))),
        ("memory", format!("{} GiB", memory >> 20)),
        ("system", format!("{} {}, kernel {}", std::env::consts::OS, std::env::consts::ARCH, kernel.trim())),
        ("compiler", rustc()),
        ("commit", read_command("git", &["describe", "--always", "--dirty"])),
        ("run", format!("{mode}, {} rounds of {} ms at first", options.rounds, options.round().as_millis())),
        ("versions", versions.join(", ")),
    ];
    facts.map(|(name, value)| (name.to_owned(), value)).to_vec()
}

pub(crate) fn rustc() -> String {
    read_command("rustc", &["-V"])
}

fn read_command(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned()).unwrap_or_default();
    if text.is_empty() { "unknown".into() } else { text }
}

/// The date and time, UTC, by the civil-from-days method.
fn now() -> String {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_index = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_index + 2) / 5 + 1;
    let month = if month_index < 10 { month_index + 3 } else { month_index - 9 };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    format!("{year}-{month:02}-{day:02} {:02}:{:02} UTC", rest / 3600, rest / 60 % 60)
}
