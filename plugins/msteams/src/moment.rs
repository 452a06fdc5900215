//! Moments as the provider writes them.
//!
//! It must not know the clock.

/// Unix ms of an ISO 8601 moment with a date, a time and an offset; `None` for anything else.
pub fn read(text: &str) -> Option<u64> {
    let (date, rest) = text.split_once('T')?;
    let at = rest.find(['Z', '+', '-'])?;
    let (time, offset) = rest.split_at(at);
    let [year, month, day] = numbers::<3>(date, '-')?;
    let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
    let [hour, minute, second] = numbers::<3>(whole, ':')?;
    let sane = (1..=12).contains(&month)
        && (1..=31).contains(&day)
        && hour < 24
        && minute < 60
        && second < 61;
    let days = days(year, month, day);
    let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - self::offset(offset)?;
    let ms = seconds * 1000 + milliseconds(fraction)?;
    u64::try_from(ms)
        .ok()
        .filter(|_| sane && (1970..10_000).contains(&year))
}

fn numbers<const N: usize>(text: &str, between: char) -> Option<[i64; N]> {
    let digits = |part: &str| part.parse::<u16>().ok().map(i64::from);
    let parts: Vec<i64> = text.split(between).map(digits).collect::<Option<_>>()?;
    parts.try_into().ok()
}

fn milliseconds(fraction: &str) -> Option<i64> {
    let plain = fraction.len() <= 9 && fraction.chars().all(|c| c.is_ascii_digit());
    let three: String = fraction.chars().chain("000".chars()).take(3).collect();
    plain.then(|| three.parse().ok()).flatten()
}

/// Seconds east of Greenwich.
fn offset(text: &str) -> Option<i64> {
    if text == "Z" {
        return Some(0);
    }
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let [hours, minutes] = numbers::<2>(&text[1..], ':')?;
    Some(sign * (hours * 3600 + minutes * 60))
}

/// Days from the first of January 1970, by counting years from March on, so that the odd day is the last.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let (year, month) = if month > 2 {
        (year, month - 3)
    } else {
        (year - 1, month + 9)
    };
    let leaps = year / 4 - year / 100 + year / 400;
    year * 365 + leaps + (month * 153 + 2) / 5 + day - 1 - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read() {
        let check = |text: &str, expect: Option<u64>| assert_eq!(read(text), expect, "{text}");
        check("1970-01-01T00:00:00Z", Some(0));
        check("2017-02-01T21:10:07.437Z", Some(1_485_983_407_437));
        check("2017-02-01T21:10:07.4370000Z", Some(1_485_983_407_437));
        check("2024-02-29T23:59:59+01:00", Some(1_709_247_599_000));
        check("2024-02-29T12:00:00.5-05:30", Some(1_709_227_800_500));
        for bad in [
            "",
            "now",
            "2024-02-29",
            "2024-13-01T00:00:00Z",
            "2024-01-01T25:00:00Z",
            "2024-01-01T00:00:00",
            "2024-01-01T00:00:00.x1Z",
            "1969-12-31T23:59:59Z",
            "2024-01-01T00:00:00+1",
            "ü-T+",
        ] {
            check(bad, None);
        }
    }
}
