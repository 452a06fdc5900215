//! The `Date` of answers that are made in this process. The legacy's answers keep theirs, or none.

use std::cell::RefCell;
use std::time::{SystemTime, UNIX_EPOCH};

use http::{HeaderMap, HeaderValue, header};

thread_local! {
    /// The second and its text: formatting it for every answer would be felt.
    static NOW: RefCell<(u64, HeaderValue)> = const { RefCell::new((0, HeaderValue::from_static(""))) };
}

/// Adds the time of day unless there is one.
pub(super) fn add(headers: &mut HeaderMap) {
    let now = SystemTime::now();
    let second = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let text = NOW.with_borrow_mut(|(known, text)| {
        if *known != second {
            *known = second;
            *text = HeaderValue::from_str(&httpdate::fmt_http_date(now))
                .unwrap_or(HeaderValue::from_static(""));
        }
        text.clone()
    });
    headers.entry(header::DATE).or_insert(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_added_once_and_never_replaced() {
        let mut headers = HeaderMap::new();
        add(&mut headers);
        assert!(headers[header::DATE].to_str().unwrap().ends_with(" GMT"));
        headers.insert(header::DATE, HeaderValue::from_static("its own"));
        add(&mut headers);
        assert_eq!(headers[header::DATE], "its own");
    }
}
