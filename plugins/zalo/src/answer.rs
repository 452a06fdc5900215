//! What a webhook is answered, but for the question whose secret it shows.
//!
//! It must not know the host. No answer has a Content-Type, as none of the legacy's has. The order of the questions is
//! the legacy's too: method, secret, size, emptiness, JSON, shape.

use overgrow_sdk::webhook::Reply;
use serde_json::Value;

use crate::update;

/// Largest body that is read, in bytes.
pub(crate) const BODY_MAX: usize = 1024 * 1024;

/// The header that shows the secret. When it is there twice the legacy joins the two, which then are no secret.
pub(crate) const SECRET: &str = "X-Bot-Api-Secret-Token";

/// Every method but POST is turned away, before anything else is asked.
pub(crate) fn wrong_method(method: &str) -> Option<Reply> {
    (method != "POST").then(|| Reply::bare(405, "Method Not Allowed").header("Allow", "POST"))
}

/// For those who show no account's secret.
pub(crate) fn stranger() -> Reply {
    Reply::bare(401, "unauthorized")
}

/// For whoever's update was taken; what becomes of it is not told.
pub(crate) fn taken() -> Reply {
    Reply::bare(200, "ok")
}

/// The update in a body, or what its sender is told.
pub(crate) fn update(body: &[u8]) -> Result<Value, Reply> {
    if body.len() > BODY_MAX {
        return Err(Reply::bare(413, "payload too large"));
    }
    let text = String::from_utf8_lossy(body);
    if text.trim_matches(overgrow_sdk::text::is_blank).is_empty() {
        return Err(Reply::bare(400, "empty payload"));
    }
    let value =
        serde_json::from_str(&text).map_err(|error| Reply::bare(400, words(&text, &error)))?;
    update::unwrap(value).ok_or_else(|| Reply::bare(400, "invalid payload"))
}

/// V8's words, as the legacy sends them. What only serde finds wrong is told in serde's.
fn words(text: &str, error: &serde_json::Error) -> String {
    overgrow_sdk::v8::json_fault(text).unwrap_or_else(|| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(body: &[u8]) -> (u16, String) {
        let reply = update(body).expect_err("refused");
        assert_eq!(reply.headers, []);
        (reply.status, String::from_utf8(reply.body).expect("a text"))
    }

    #[test]
    fn bodies_are_refused_in_the_legacys_words() {
        assert_eq!(refused(b""), (400, "empty payload".into()));
        assert_eq!(
            refused("\u{feff} \n".as_bytes()),
            (400, "empty payload".into())
        );
        assert_eq!(refused(b"null"), (400, "invalid payload".into()));
        assert_eq!(refused(b"{}"), (400, "invalid payload".into()));
        assert_eq!(refused(b"[1]"), (400, "invalid payload".into()));
        let place = "Expected property name or '}' in JSON at position 1 (line 1 column 2)";
        assert_eq!(refused(b"{"), (400, place.into()));
        let token = "Unexpected token 'h', \"hello\" is not valid JSON";
        assert_eq!(refused(b"hello"), (400, token.into()));
        assert_eq!(
            refused(&[b' '; BODY_MAX + 1]),
            (413, "payload too large".into())
        );
    }

    #[test]
    fn an_update_is_taken() {
        assert!(update(br#"{"event_name":"message.sticker.received"}"#).is_ok());
        assert_eq!(taken().headers, []);
    }

    #[test]
    fn only_posts_pass() {
        assert_eq!(wrong_method("POST"), None);
        for method in ["GET", "HEAD", "PUT", "OPTIONS"] {
            let reply = wrong_method(method).expect("refused");
            assert_eq!((reply.status, &reply.headers[0].0[..]), (405, "Allow"));
        }
    }
}
