//! Numbers and times as people read them.

use std::time::{Duration, SystemTime};

use serde_json::Value;

/// `1,234,567`; what is not a count is a dash.
pub(super) fn count(value: &Value) -> String {
    value.as_u64().map_or_else(|| "-".to_owned(), grouped)
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A share from 0 to 1, with the digits that tell it from its neighbours: `34 %`, `0.65 %`, `0.01 %`.
pub(super) fn percent(share: &Value) -> String {
    let Some(share) = share.as_f64() else {
        return "-".to_owned();
    };
    let percent = share * 100.0;
    let digits = match percent {
        large if large >= 10.0 => 0,
        one if one >= 1.0 => 1,
        tenth if tenth >= 0.1 => 2,
        _ => 4,
    };
    format!("{} %", trimmed(&format!("{percent:.digits$}")))
}

/// A number without the zeros behind its last digit of worth.
pub(super) fn trimmed(number: &str) -> &str {
    match number.contains('.') {
        true => number.trim_end_matches('0').trim_end_matches('.'),
        false => number,
    }
}

/// How long ago a time of the API was: `4 min`, `3 h`, `12 d`.
pub(super) fn ago(time: &Value, now: SystemTime) -> String {
    let then = time
        .as_str()
        .and_then(|text| humantime::parse_rfc3339(text).ok());
    let Some(then) = then else {
        return "-".to_owned();
    };
    // Clocks that disagree are no reason to speak of the future.
    span(now.duration_since(then).unwrap_or_default())
}

fn span(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// An id as one segment of a path, whatever was typed.
pub(super) fn segment(id: &str) -> String {
    url::form_urlencoded::byte_serialize(id.as_bytes())
        .collect::<String>()
        .replace('+', "%20")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(count(&json!(number)), text);
        }
        assert_eq!(count(&Value::Null), "-");
    }

    #[test]
    fn small_shares_keep_their_digits() {
        for (share, text) in [
            (0.0, "0 %"),
            (1.0, "100 %"),
            (0.343, "34 %"),
            (0.0123, "1.2 %"),
            (0.0065, "0.65 %"),
            (0.0001, "0.01 %"),
            (0.001, "0.1 %"),
        ] {
            assert_eq!(percent(&json!(share)), text);
        }
    }

    #[test]
    fn times_are_told_by_their_largest_unit() {
        let at = |seconds| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        let since = json!("1970-01-01T00:00:10Z");
        for (now, text) in [
            (5, "0 s"),
            (69, "59 s"),
            (70, "1 min"),
            (3610, "1 h"),
            (172_810, "2 d"),
        ] {
            assert_eq!(ago(&since, at(now)), text);
        }
        assert_eq!(ago(&Value::Null, at(0)), "-");
    }
}
