//! When a provider says to come again.
//!
//! Pure. Providers say it in four ways; the standard one wins. What is past counts as now.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::HeaderMap;

/// Numbers above are seconds since 1970, below seconds from now: nobody waits thirty years.
const EPOCH: f64 = 1_000_000_000.0;

/// The longest that is believed; more is a mistake.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Milliseconds from now, when the headers say so.
pub(super) fn after(headers: &HeaderMap, now: SystemTime) -> Option<u64> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let wait = text("retry-after")
        .and_then(|text| seconds(text).or_else(|| date(text, now)))
        .or_else(|| text("x-ratelimit-reset-after").and_then(seconds))
        .or_else(|| text("x-ratelimit-reset").and_then(|text| reset(text, now)))
        .or_else(|| text("ratelimit-reset").and_then(seconds))?;
    u64::try_from(wait.min(LONGEST).as_millis()).ok()
}

fn seconds(text: &str) -> Option<Duration> {
    Duration::try_from_secs_f64(text.parse().ok()?).ok()
}

fn date(text: &str, now: SystemTime) -> Option<Duration> {
    let then = httpdate::parse_http_date(text).ok()?;
    Some(then.duration_since(now).unwrap_or_default())
}

fn reset(text: &str, now: SystemTime) -> Option<Duration> {
    let number: f64 = text.parse().ok()?;
    if number < EPOCH {
        return Duration::try_from_secs_f64(number).ok();
    }
    let then = UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(number).ok()?)?;
    Some(then.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn each_way_of_saying_it_is_understood() {
        let now = UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        let check = |pairs: &[(&'static str, &str)], expect: Option<u64>| {
            let pair = |(name, value): &(&'static str, &str)| {
                (HeaderName::from_static(name), value.parse().unwrap())
            };
            let headers: HeaderMap = pairs.iter().map(pair).collect();
            assert_eq!(after(&headers, now), expect, "{pairs:?}");
        };
        check(&[("retry-after", "5")], Some(5_000));
        check(&[("retry-after", " 0.25 ")], Some(250));
        check(
            &[("retry-after", "Fri, 15 Jan 2027 08:00:30 GMT")],
            Some(30_000),
        );
        check(&[("retry-after", "Fri, 15 Jan 2021 08:00:30 GMT")], Some(0));
        check(&[("x-ratelimit-reset", "1800000010")], Some(10_000));
        check(&[("x-ratelimit-reset", "7")], Some(7_000));
        check(
            &[
                ("x-ratelimit-reset-after", "1.5"),
                ("x-ratelimit-reset", "9"),
            ],
            Some(1_500),
        );
        check(
            &[("retry-after", "1"), ("x-ratelimit-reset", "9")],
            Some(1_000),
        );
        check(&[("retry-after", "99999999999")], Some(604_800_000));
        for nonsense in ["-1", "NaN", "soon", "1e999", ""] {
            check(&[("retry-after", nonsense)], None);
        }
    }
}
