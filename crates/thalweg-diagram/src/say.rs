//! Numbers and times as words.

/// A time or a duration, with three digits that count.
pub(crate) fn time(nanoseconds: u64) -> String {
    thalweg_recording::Nanoseconds(nanoseconds).to_string()
}

/// A number with a comma between thousands.
pub(crate) fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut said = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            said.push(',');
        }
        said.push(digit);
    }
    said
}

/// A number in a few letters.
pub(crate) fn brief(number: u64) -> String {
    match number {
        0..10_000 => count(number),
        10_000..999_500 => format!("{}k", (number + 500) / 1_000),
        _ => format!("{:.1}M", number as f64 / 1e6),
    }
}

/// A number of things, of which one is called so and several with an `s`.
pub(crate) fn things(number: u64, one: &str) -> String {
    let end = if number == 1 { "" } else { "s" };
    format!("{} {one}{end}", count(number))
}

/// What so many things do.
pub(crate) fn are(number: u64) -> &'static str {
    if number == 1 { "is" } else { "are" }
}

/// A share of a whole in percent.
pub(crate) fn share(part: u64, whole: u64) -> String {
    let percent = if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 };
    match percent {
        p if p > 0.0 && p < 1.0 => "< 1 %".to_owned(),
        p => format!("{p:.0} %"),
    }
}

/// A text that is not longer than so many letters.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let clean = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter });
    if text.chars().count() <= most {
        return clean.collect();
    }
    clean.take(most.saturating_sub(1)).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_digits_count() {
        let said = [0, 7, 999, 1_000, 12_345, 999_499, 999_500, 1_234_567, 99_960_000, 61_000_000_000];
        let said = said.map(time);
        let expected =
            ["0", "7 ns", "999 ns", "1.00 µs", "12.3 µs", "999 µs", "1.00 ms", "1.23 ms", "100 ms", "61.0 s"];
        assert_eq!(said, expected);
    }

    /// Of 14,778 it said 14k, and of several such the sum was not that of the whole.
    #[test]
    fn thousands_were_cut_off() {
        let said = [9_999, 14_499, 14_500, 999_499, 999_500, u64::MAX / 1_000_000].map(brief);
        assert_eq!(said, ["9,999", "14k", "15k", "999k", "1.0M", "18446744.1M"]);
    }

    #[test]
    fn thousands_are_told_apart() {
        assert_eq!([0, 999, 1_000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([things(1, "event"), things(2_000, "event")], ["1 event", "2,000 events"]);
        assert_eq!([9_999, 12_345, 2_000_000].map(brief), ["9,999", "12k", "2.0M"]);
        assert_eq!(cut("übermäßig", 5), "über…");
        assert_eq!(cut("a\nb", 5), "a b");
        assert_eq!([share(1, 1_000), share(1, 2), share(0, 0)], ["< 1 %", "50 %", "0 %"]);
    }
}
