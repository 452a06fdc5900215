//! Values that are as good as equal: both are identifiers of one kind, or times that lie close together.
//!
//! The surprise: it is careful to a fault. Two words that merely could be identifiers stay two words, because what is
//! called equal here is looked at by nobody.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::json::{Doc, Value, read};

/// What two answers that were given at the same time may differ by: clocks and rounding.
const SLACK: Duration = Duration::from_secs(2);

/// Digits from which a hexadecimal text is a digest and not a word or a number: MD5 has 32.
const DIGEST: usize = 32;

/// Characters from which a text may be a random token; other identifiers are longer.
pub(crate) const TOKEN: usize = 16;

/// What a text is, besides a text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Class {
    Uuid,
    Ulid,
    /// Milliseconds since 1970, and how they are written.
    Time(Spelling, i64),
    /// A digest, by its length.
    Digest(usize),
    /// A random token, by its length.
    Token(usize),
    /// A JSON Web Token: its header, and the names of its claims.
    Jwt(Vec<u8>, Vec<Vec<u8>>),
    /// An identifier behind a word that says of what: `chatcmpl_…`.
    Named(String, Box<Class>),
}

/// How a time is written. A client that reads one of these does not read another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Spelling {
    Rfc3339,
    /// As HTTP writes dates.
    Http,
    /// Seconds since 1970.
    Seconds,
    /// Milliseconds since 1970.
    Millis,
}

/// How two values are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    /// Both are identifiers of one kind; which one corresponds to which is for a table to say.
    Identifiers,
    /// Equal by their class.
    Equal,
    /// Two numbers that are equal by their class if they count the time since 1970; the place knows whether they do.
    Counts,
    /// One is of a class and the other is not of it.
    OtherClass,
    /// Two values that differ.
    Different,
}

/// Relates two texts that are not the same, in answers that were given `gap` apart.
pub(crate) fn relate(legacy: &str, rust: &str, gap: Duration) -> Relation {
    match (class(legacy), class(rust)) {
        (None, None) => Relation::Different,
        (Some(Class::Time(spelling, legacy)), Some(Class::Time(other, rust)))
            if spelling == other =>
        {
            near(spelling, legacy.abs_diff(rust), gap)
        }
        (Some(ours), Some(theirs)) if ours == theirs => match ours {
            Class::Jwt(..) => Relation::Equal,
            Class::Token(_) if !are_unlike(legacy, rust) => Relation::Different,
            _ => Relation::Identifiers,
        },
        // A token is a guess: against anything else it is only another value.
        (Some(Class::Token(_)), _) | (_, Some(Class::Token(_))) => Relation::Different,
        _ => Relation::OtherClass,
    }
}

/// Relates two numbers that are not the same: both may be times since 1970, in seconds or milliseconds.
pub(crate) fn relate_numbers(legacy: f64, rust: f64, gap: Duration) -> Relation {
    match (epoch(legacy), epoch(rust)) {
        (Some((spelling, legacy)), Some((other, rust))) if spelling == other => {
            near(spelling, legacy.abs_diff(rust), gap)
        }
        _ => Relation::Different,
    }
}

/// Relates two times that are so many milliseconds apart.
fn near(spelling: Spelling, apart: u64, gap: Duration) -> Relation {
    let allowed = SLACK.max(gap).as_millis();
    match spelling {
        _ if u128::from(apart) > allowed => Relation::Different,
        Spelling::Rfc3339 | Spelling::Http => Relation::Equal,
        Spelling::Seconds | Spelling::Millis => Relation::Counts,
    }
}

/// What a number counts since 1970, and the milliseconds. From 2001 to 2096; what is not in there is a number and no time.
fn epoch(number: f64) -> Option<(Spelling, i64)> {
    match number {
        1e9..4e9 => Some((Spelling::Seconds, (number * 1000.0) as i64)),
        1e12..4e12 => Some((Spelling::Millis, number as i64)),
        _ => None,
    }
}

/// Whether two texts of one length agree in so few places as random ones do: one in sixty-four, or a few by chance.
/// Names that were put together alike agree in most.
fn are_unlike(legacy: &str, rust: &str) -> bool {
    let pairs = legacy.bytes().zip(rust.bytes());
    let agreeing = pairs.filter(|(legacy, rust)| legacy == rust).count();
    agreeing * 4 <= legacy.len()
}

/// What a text is.
pub(crate) fn class(text: &str) -> Option<Class> {
    let bytes = text.as_bytes();
    match bytes.len() {
        36 if is_uuid(bytes) => Some(Class::Uuid),
        26 if is_ulid(bytes) => Some(Class::Ulid),
        0..10 => None,
        10 | 13 if bytes.iter().all(u8::is_ascii_digit) => {
            epoch(text.parse().ok()?).map(|(spelling, at)| Class::Time(spelling, at))
        }
        length if is_digest(bytes) => Some(Class::Digest(length)),
        _ => time(text).or_else(|| named(text)).or_else(|| long(text)),
    }
}

/// A word and an identifier that cannot be a word: tokens are too much of a guess to be found behind anything.
fn named(text: &str) -> Option<Class> {
    const WORD: usize = 24;
    let end = text.find(['_', '-', ':'])?;
    let (word, id) = (&text[..end], &text[end + 1..]);
    let is_word = (2..=WORD).contains(&end) && word.bytes().all(|byte| byte.is_ascii_lowercase());
    match class(id).filter(|_| is_word)? {
        id @ (Class::Uuid | Class::Ulid | Class::Digest(_)) => {
            Some(Class::Named(text[..=end].to_owned(), Box::new(id)))
        }
        _ => None,
    }
}

/// A number that is the same for texts which may be equal by their class, with which elements of lists find each other.
pub(crate) fn likeness(text: &str) -> Option<u64> {
    let (class, detail) = match class(text)? {
        Class::Uuid => (1, 0),
        Class::Ulid => (2, 0),
        Class::Time(spelling, _) => (3, spelling as usize),
        Class::Digest(length) => (4, length),
        Class::Token(length) => (5, length),
        Class::Jwt(header, names) => (6, header.len() + names.len()),
        Class::Named(word, _) => (7, word.len()),
    };
    Some(class << 56 | detail as u64)
}

/// Whether a member's name looks like an identifier, so that the object is a map and not a record.
pub(crate) fn is_id(name: &str) -> bool {
    let bytes = name.as_bytes();
    let digits = bytes.len() >= 4 && bytes.iter().all(u8::is_ascii_digit);
    let classes = || {
        matches!(
            class(name),
            Some(Class::Uuid | Class::Ulid | Class::Digest(_) | Class::Token(_))
        )
    };
    digits || classes()
}

/// Digits alone are a number, perhaps one with zeros before it.
fn is_digest(bytes: &[u8]) -> bool {
    bytes.len() >= DIGEST
        && bytes.iter().all(u8::is_ascii_hexdigit)
        && bytes.iter().any(u8::is_ascii_digit)
        && bytes.iter().any(u8::is_ascii_alphabetic)
}

/// The one of nothing but zeros says that there is none, and is no identifier.
fn is_uuid(bytes: &[u8]) -> bool {
    let fits = |(at, byte): (usize, &u8)| match at {
        8 | 13 | 18 | 23 => *byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    let is_nil = || bytes.iter().all(|byte| matches!(byte, b'0' | b'-'));
    bytes.iter().enumerate().all(fits) && !is_nil()
}

/// 48 bits of time come first, so the first of the 26 digits of 5 bits is at most 7.
fn is_ulid(bytes: &[u8]) -> bool {
    let crockford = |byte: &u8| {
        byte.is_ascii_digit()
            || (byte.is_ascii_uppercase() && !matches!(byte, b'I' | b'L' | b'O' | b'U'))
    };
    bytes[0] <= b'7' && bytes.iter().all(crockford) && bytes.iter().any(u8::is_ascii_digit)
}

fn time(text: &str) -> Option<Class> {
    let (spelling, at) = match text.as_bytes().get(3)? {
        b',' => (Spelling::Http, http_date(text)?),
        b'0'..=b'9' => (Spelling::Rfc3339, rfc3339(text)?),
        _ => return None,
    };
    Some(Class::Time(spelling, at))
}

/// `2026-11-21T08:53:48.123+01:00`, or with a space for the `T`.
fn rfc3339(text: &str) -> Option<i64> {
    let (date, clock) = (text.get(..10)?, text.get(11..)?);
    matches!(text.as_bytes()[10], b'T' | b't' | b' ').then_some(())?;
    let mut date = date.split('-');
    let (year, month, day) = (date.next()?, date.next()?, date.next()?);
    let day = days(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)?;
    let zone = clock.find(['Z', 'z', '+', '-'])?;
    let (clock, zone) = clock.split_at(zone);
    Some(day * 86_400_000 + millis(clock)? - offset(zone)?)
}

/// `08:53:48.123`.
fn millis(clock: &str) -> Option<i64> {
    let mut parts = clock.split(':');
    let (hours, minutes, seconds) = (parts.next()?, parts.next()?, parts.next()?);
    let hours = below(hours, 24)?;
    let minutes = below(minutes, 60)?;
    let seconds: f64 = seconds
        .parse()
        .ok()
        .filter(|seconds| (0.0..61.0).contains(seconds))?;
    Some((hours * 60 + minutes) * 60_000 + (seconds * 1000.0) as i64)
}

/// `Z` or `+01:00`, in milliseconds.
fn offset(zone: &str) -> Option<i64> {
    let sign = match zone.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return (zone.len() == 1).then_some(0),
    };
    let (hours, minutes) = zone[1..].split_once(':')?;
    let hours = below(hours, 24)?;
    let minutes = below(minutes, 60)?;
    Some(sign * (hours * 60 + minutes) * 60_000)
}

/// Two digits at the most, without a sign, so that no reckoning with them overflows.
fn below(number: &str, limit: i64) -> Option<i64> {
    let digits = number.len() <= 2 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = digits.then(|| number.parse().ok()).flatten();
    number.filter(|number| *number < limit)
}

/// `Sat, 21 Nov 2026 08:53:48 GMT`.
fn http_date(text: &str) -> Option<i64> {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    let mut words = text.get(5..)?.split(' ');
    let day = words.next()?.parse().ok()?;
    let month = words.next()?;
    let month = MONTHS.iter().position(|name| *name == month)? as i64 + 1;
    let year = words.next()?.parse().ok()?;
    let clock = millis(words.next()?)?;
    (words.next()? == "GMT").then_some(days(year, month, day)? * 86_400_000 + clock)
}

/// Days since 1970 in the Gregorian calendar; years begin in March here, so that a leap day is the last of one.
fn days(year: i64, month: i64, day: i64) -> Option<i64> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || !(0..=9999).contains(&year) {
        return None;
    }
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    Some(year * 365 + leap_days + day_of_year - 719_468)
}

fn long(text: &str) -> Option<Class> {
    if text.bytes().filter(|byte| *byte == b'.').count() == 2 {
        return jwt(text);
    }
    is_random(text).then_some(Class::Token(text.len()))
}

fn jwt(text: &str) -> Option<Class> {
    let mut parts = text.split('.');
    let header = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    let claims = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
    object(&header)?;
    let names = object(&claims)?.sorted(Doc::ROOT).into_iter();
    let names = names.map(|(name, _)| name.into_owned()).collect();
    Some(Class::Jwt(header, names))
}

fn object(text: &[u8]) -> Option<Doc<'_>> {
    let document = read(text)?;
    matches!(document.value(Doc::ROOT), Value::Object(_)).then_some(document)
}

/// Letters of both cases and digits all mixed up, as no word and no sentence has them.
fn is_random(text: &str) -> bool {
    let bytes = text.as_bytes();
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let kinds = [
        u8::is_ascii_lowercase,
        u8::is_ascii_uppercase,
        u8::is_ascii_digit,
    ];
    let has_all = kinds.iter().all(|kind| bytes.iter().any(kind));
    let changes = bytes
        .windows(2)
        .filter(|pair| kind_of(pair[0]) != kind_of(pair[1]))
        .count();
    // In random text two of three neighbours are of different kinds; in `unauthorizedUser1` hardly any.
    bytes.len() >= TOKEN && bytes.iter().all(allowed) && has_all && changes * 3 >= bytes.len()
}

fn kind_of(byte: u8) -> u8 {
    match byte {
        b'a'..=b'z' => 0,
        b'A'..=b'Z' => 1,
        b'0'..=b'9' => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(legacy: &str, rust: &str, expect: Relation) {
        assert_eq!(relate(legacy, rust, Duration::ZERO), expect);
        assert_eq!(relate(rust, legacy, Duration::ZERO), expect);
    }

    #[test]
    fn identifiers_of_one_kind() {
        check(
            "908906f5-6f4d-467f-bf03-382e0a9aa33f",
            "00000000-0000-4000-8000-000000000000",
            Relation::Identifiers,
        );
        check(
            "01ARZ3NDEKTSV4RRFFQ69G5FAV",
            "01BX5ZZKBKACTAV9WEVGEMMVRZ",
            Relation::Identifiers,
        );
        check(&"0a".repeat(16), &"1b".repeat(16), Relation::Identifiers);
        check(&"0a".repeat(16), &"1b".repeat(32), Relation::OtherClass);
        check(
            "dGhpcyBpcyBhIHRva2Vu1Q",
            "x7KqLmZ0aW9uIEw5bWUg2Z",
            Relation::Identifiers,
        );
    }

    #[test]
    fn an_identifier_may_be_named() {
        let uuid = |digit: &str| format!("{}-0000-4000-8000-000000000000", digit.repeat(8));
        let chat = |digit: &str| format!("chatcmpl_{}", uuid(digit));
        check(&chat("a"), &chat("b"), Relation::Identifiers);
        check(&chat("a"), &uuid("b"), Relation::OtherClass);
        check(
            &chat("a"),
            &format!("run_{}", uuid("b")),
            Relation::OtherClass,
        );
        check(&chat("a"), "chatcmpl_1", Relation::OtherClass);
    }

    #[test]
    fn names_that_were_put_together_alike_are_no_tokens() {
        check(
            "getUserByIdV2AndName3",
            "getUserByIdV2AndName4",
            Relation::Different,
        );
    }

    #[test]
    fn an_identifier_is_not_any_text() {
        let uuid = "908906f5-6f4d-467f-bf03-382e0a9aa33f";
        check(uuid, "none", Relation::OtherClass);
        check(uuid, "", Relation::OtherClass);
        check(
            "unauthorizedUser1",
            "unauthorizedUser2",
            Relation::Different,
        );
        check(
            "/v1/some/path/to-there",
            "/v1/some/path/to-where",
            Relation::Different,
        );
        check("abc", "abd", Relation::Different);
        let nil = "00000000-0000-0000-0000-000000000000";
        check(uuid, nil, Relation::OtherClass);
        check(&"12".repeat(16), &"34".repeat(16), Relation::Different);
        check("2026", "2027", Relation::Different);
    }

    #[test]
    fn times_must_lie_close_together() {
        let time = "2026-11-21T08:53:48.123Z";
        check(time, "2026-11-21T08:53:49.999Z", Relation::Equal);
        check(time, "2026-11-21T09:53:49+01:00", Relation::Equal);
        check(time, "2026-11-21T08:53:51Z", Relation::Different);
        check(time, "2025-11-21T08:53:48.123Z", Relation::Different);
        check(time, "2026-11-21", Relation::OtherClass);
        check(
            "Sat, 21 Nov 2026 08:53:48 GMT",
            "Sat, 21 Nov 2026 08:53:49 GMT",
            Relation::Equal,
        );
        check("1795251228", "1795251229", Relation::Counts);
        // The same moment in another spelling is not what the client reads.
        check("1795251228", "1795251228000", Relation::OtherClass);
        check("2026-11-21T08:53:48Z", "1795251228", Relation::OtherClass);
        check(
            "2026-11-21T08:53:48Z",
            "Sat, 21 Nov 2026 08:53:48 GMT",
            Relation::OtherClass,
        );
        let far = relate(time, "2026-11-21T08:53:55Z", Duration::from_secs(7));
        assert_eq!(far, Relation::Equal);
        assert_eq!(rfc3339("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(rfc3339("2000-02-29T12:00:00.5Z"), Some(951_825_600_500));
        assert_eq!(rfc3339("2026-13-01T00:00:00Z"), None);
    }

    #[test]
    fn numbers_may_be_times() {
        let relate = |legacy, rust| relate_numbers(legacy, rust, Duration::ZERO);
        assert_eq!(
            relate(1_795_251_228_123.0, 1_795_251_229_000.0),
            Relation::Counts
        );
        assert_eq!(
            relate(1_795_251_228.0, 1_795_251_300.0),
            Relation::Different
        );
        assert_eq!(
            relate(1_795_251_228.0, 1_795_251_228_000.0),
            Relation::Different
        );
        assert_eq!(relate(100.0, 101.0), Relation::Different);
        assert_eq!(relate(f64::NAN, 1.0), Relation::Different);
    }

    #[test]
    fn a_jwt_has_a_header_and_claims() {
        let token = |header: &str, claims: &str| {
            let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
            format!("{}.{}.c2ln", part(header), part(claims))
        };
        let one = token("{\"alg\":\"RS256\"}", "{\"sub\":\"a\",\"exp\":1}");
        let claims = "{\"exp\":2,\"sub\":\"b\"}";
        check(&one, &token("{\"alg\":\"RS256\"}", claims), Relation::Equal);
        check(
            &one,
            &token("{\"alg\":\"none\"}", claims),
            Relation::OtherClass,
        );
        check(
            &one,
            &token("{\"alg\":\"RS256\"}", "{\"sub\":\"a\"}"),
            Relation::OtherClass,
        );
    }

    #[test]
    fn what_only_looks_like_a_class_does_no_harm() {
        let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
        for claims in ["[1]", "[[1]]", "1", "\"a\"", "[1,2,3]"] {
            let text = format!("{}.{}.c2ln", part("{}"), part(claims));
            assert_eq!(class(&text), None, "{claims}");
        }
        for zone in [
            "+9223372036854775807:00",
            "-00:9223372036854775807",
            "+24:00",
            "+é0:00",
        ] {
            let text = format!("2026-11-21T08:53:48{zone}");
            assert_eq!(class(&text), None, "{zone}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_panics(
            time in "2026-11-21T08:5[0-9]:[0-9.e+]{1,4}[Z+-][0-9:+-]{0,22}",
            token in "e30\\.[A-Za-z0-9_-]{0,12}\\.x",
            any in ".{0,40}",
        ) {
            for text in [time, token, any] {
                let _ = class(&text);
            }
        }
    }

    #[test]
    fn names_that_are_ids() {
        assert!(is_id("908906f5-6f4d-467f-bf03-382e0a9aa33f") && is_id("12345"));
        assert!(!is_id("name") && !is_id("200"));
    }
}
