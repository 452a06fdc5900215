//! What the name of a value says about it: whether a long number counts the time since 1970.
//!
//! It must not know values. The surprise: the numbers of orders, messages and telephones lie where those of the present
//! seconds do, and two that follow each other are as near as two times of one moment. Only the name tells them apart,
//! and where it says nothing they are numbers.

/// Words that names of times have.
const OF_TIMES: [&str; 47] = [
    "at",
    "atime",
    "began",
    "changed",
    "closed",
    "created",
    "createdat",
    "ctime",
    "date",
    "dates",
    "datetime",
    "deadline",
    "deleted",
    "due",
    "ended",
    "endtime",
    "epoch",
    "exp",
    "expiration",
    "expire",
    "expires",
    "expiresat",
    "expiry",
    "finished",
    "iat",
    "issued",
    "modified",
    "mtime",
    "nbf",
    "now",
    "opened",
    "published",
    "received",
    "reset",
    "seen",
    "sent",
    "since",
    "started",
    "starttime",
    "time",
    "times",
    "timestamp",
    "timestamps",
    "ts",
    "until",
    "updated",
    "updatedat",
];

/// Words after which a number is none, whatever stands beside them: `date_id`, `updatedCount`.
const OF_NUMBERS: [&str; 14] = [
    "amount", "bytes", "code", "count", "id", "ids", "key", "no", "number", "phone", "seq",
    "sequence", "total", "version",
];

/// Whether a value of this name is a time if it can be one.
pub(super) fn is_of_time(name: &str) -> bool {
    let (mut time, mut number) = (false, false);
    for word in words(name) {
        let word = word.to_ascii_lowercase();
        time |= OF_TIMES.binary_search(&&*word).is_ok();
        number |= OF_NUMBERS.binary_search(&&*word).is_ok();
    }
    time && !number
}

/// The words of `createdAt`, `created_at`, `created-at` and `CREATED_AT`.
fn words(name: &str) -> impl Iterator<Item = &str> {
    let mut rest = name;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|letter: char| !letter.is_alphanumeric());
        let mut before = None;
        let ends = |(at, letter): (usize, char)| {
            let begins = letter.is_uppercase() && before.is_some_and(char::is_lowercase);
            before = Some(letter);
            (begins || !letter.is_alphanumeric()).then_some(at)
        };
        let end = rest.char_indices().find_map(ends).unwrap_or(rest.len());
        let (word, behind) = rest.split_at(end);
        rest = behind;
        (!word.is_empty()).then_some(word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_times_and_of_numbers() {
        for name in [
            "created",
            "createdAt",
            "CREATED_AT",
            "expires-at",
            "ts",
            "startTime",
            "exp",
            "lastSeen",
            "unix_timestamp",
        ] {
            assert!(is_of_time(name), "{name}");
        }
        for name in [
            "id",
            "orderId",
            "",
            "update_id",
            "updatedCount",
            "dateId",
            "phone",
            "state",
            "candidate",
            "_é_",
            "9",
        ] {
            assert!(!is_of_time(name), "{name}");
        }
    }

    #[test]
    fn words_can_be_looked_up() {
        assert!(OF_TIMES.is_sorted() && OF_NUMBERS.is_sorted());
    }
}
