//! The list of those who asked, as a document.
//!
//! It decides and touches nothing; clock and code are told. Fields that it does not know stay as they are.

use std::io;
use std::time::{Duration, SystemTime};

use serde_json::{Map, Value, json};

use super::Applicant;

/// How long a request waits.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// How many requests wait.
const MOST: usize = 3;

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It was entered under this code, which is to be told.
    New(String),
    /// There is one of the same applicant.
    Before,
    /// There are too many, or no code could be made.
    Refused,
}

/// Enters a request into a document; the new document, when it is another one.
pub(crate) fn ask(
    document: Value,
    applicant: &Applicant,
    now: SystemTime,
    code: impl FnOnce() -> io::Result<String>,
) -> (Option<Value>, Asked) {
    let mut requests = waiting(&document, now);
    let stamp = humantime::format_rfc3339_millis(now).to_string();
    let known = requests
        .iter()
        .position(|request| request["id"] == *applicant.id);
    let asked = match known {
        Some(place) => {
            requests[place]["lastSeenAt"] = json!(stamp);
            Asked::Before
        }
        None if requests.len() >= MOST => return (None, Asked::Refused),
        None => match code() {
            Ok(code) => {
                requests.push(request(applicant, &code, &stamp));
                Asked::New(code)
            }
            Err(_) => return (None, Asked::Refused),
        },
    };
    let mut document = match document {
        Value::Object(fields) => fields,
        _ => Map::new(),
    };
    document.insert("version".to_owned(), json!(1));
    document.insert("requests".to_owned(), Value::Array(requests));
    (Some(Value::Object(document)), asked)
}

/// The requests that still wait.
fn waiting(document: &Value, now: SystemTime) -> Vec<Value> {
    let all = document["requests"].as_array().cloned().unwrap_or_default();
    let is_fresh = |request: &Value| {
        let stamp = request["createdAt"].as_str().unwrap_or_default();
        let created = humantime::parse_rfc3339(stamp).ok();
        created.is_some_and(|created| created + LIFE >= now)
    };
    all.into_iter().filter(is_fresh).collect()
}

fn request(applicant: &Applicant, code: &str, stamp: &str) -> Value {
    let mut request = json!({
        "id": applicant.id,
        "code": code,
        "createdAt": stamp,
        "lastSeenAt": stamp,
    });
    if let Some(name) = applicant
        .name
        .as_deref()
        .filter(|name| !name.trim().is_empty())
    {
        request["meta"] = json!({ "name": name.trim() });
    }
    request
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    fn at(minutes: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(60 * minutes)
    }

    fn asked(document: Value, id: &str, minutes: u64) -> (Value, Asked) {
        let applicant = Applicant {
            id: id.to_owned(),
            name: None,
        };
        let code = || Ok(format!("CODE{id}"));
        let (changed, asked) = ask(document.clone(), &applicant, at(minutes), code);
        (changed.unwrap_or(document), asked)
    }

    #[test]
    fn three_wait_for_an_hour() {
        let mut document = Value::Null;
        for (id, minutes) in [("1", 0), ("2", 10), ("3", 20)] {
            let (changed, told) = asked(document, id, minutes);
            assert_eq!(told, Asked::New(format!("CODE{id}")));
            document = changed;
        }
        assert_eq!(asked(document.clone(), "4", 30).1, Asked::Refused);
        assert_eq!(asked(document.clone(), "1", 30).1, Asked::Before);
        let (later, told) = asked(document, "4", 61);
        assert_eq!(told, Asked::New("CODE4".to_owned()));
        assert_eq!(later["requests"].as_array().unwrap().len(), 3);
    }

    #[test]
    fn what_is_not_known_here_stays() {
        let document = json!({"version": 1, "more": true, "requests": [
            {"id": "1", "code": "A", "createdAt": "1970-01-01T00:00:00.000Z", "extra": 7}]});
        let (changed, _) = asked(document, "2", 1);
        assert_eq!(changed["more"], true);
        assert_eq!(changed["requests"][0]["extra"], 7);
    }
}
