//! Ages and sizes, as people type them and as they read them.

use std::time::{Duration, SystemTime};

use indicatif::HumanDuration;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
const KIBI: u64 = 1024;

/// `30d`: an age, of minutes, hours, days or weeks.
pub(super) fn age(text: &str) -> Result<Duration, String> {
    let units = [("m", MINUTE), ("h", HOUR), ("d", DAY), ("w", 7 * DAY)];
    let seconds = quantity(text, &units).ok_or("write an age such as 30d, 12h or 2w")?;
    Ok(Duration::from_secs(seconds))
}

/// `5G`: a size in bytes; units are powers of 1024, with or without `B` or `iB` after them.
pub(super) fn size(text: &str) -> Result<u64, String> {
    let upper = text.to_ascii_uppercase();
    let number = upper.strip_suffix("IB").or_else(|| upper.strip_suffix('B')).unwrap_or(&upper);
    let units = [("K", KIBI), ("M", KIBI.pow(2)), ("G", KIBI.pow(3)), ("T", KIBI.pow(4))];
    let bytes = quantity(number, &units).or_else(|| number.parse().ok());
    bytes.ok_or_else(|| String::from("write a size such as 5G or 500M"))
}

/// A whole number, or one with a dot, and a unit.
fn quantity(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (number, unit) =
        units.iter().find_map(|(name, unit)| Some((text.strip_suffix(name)?, *unit)))?;
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    match number.split_once('.') {
        None => number.parse::<u64>().ok()?.checked_mul(unit),
        Some((whole, fraction)) => {
            let digits = u32::try_from(fraction.len()).ok().filter(|digits| *digits <= 6)?;
            let whole = whole.parse::<u64>().ok()?.checked_mul(unit)?;
            let part = fraction.parse::<u64>().ok()?.checked_mul(unit)? / 10_u64.pow(digits);
            whole.checked_add(part)
        }
    }
}

/// `2 hours ago`
pub(super) fn ago(time: SystemTime) -> String {
    match time.elapsed() {
        Ok(age) if age.as_secs() >= MINUTE => format!("{} ago", HumanDuration(age)),
        _ => String::from("now"),
    }
}

/// `2026-11-24T15:04:05Z`, as RFC 3339 has it.
pub(super) fn timestamp(time: SystemTime) -> String {
    humantime::format_rfc3339_seconds(time).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages() {
        for (text, hours) in [("30d", 720), ("12h", 12), ("2w", 336), ("90m", 1), ("1.5d", 36)] {
            assert_eq!(age(text).map(|age| age.as_secs() / HOUR), Ok(hours), "{text}");
        }
        for bad in
            ["", "30", "d", "-1d", "1y", "1 d", "1e3d", "99999999999999999999d", "1.d.d", "."]
        {
            age(bad).expect_err(bad);
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("5G", 5 << 30),
            ("500M", 500 << 20),
            ("1.5GiB", 3 << 29),
            ("10kb", 10 << 10),
            ("0", 0),
            ("4096", 4096),
            ("2T", 2 << 40),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "G", "5X", "-5G", "5 G", "99999999999T", "1.2345678G"] {
            size(bad).expect_err(bad);
        }
    }

    #[test]
    fn timestamps() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_795_535_999, "2026-11-24T15:59:59Z"),
            (4_102_444_799, "2099-12-31T23:59:59Z"),
        ] {
            assert_eq!(timestamp(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)), text);
        }
    }
}
