//! A request to a provider's API, as a value.
//!
//! It must not be able to send it, nor hold the secret it will carry.

use serde_json::Value;
use url::Url;

use crate::form;

/// What to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ask {
    /// Whose API it is, for the log and for errors.
    pub whose: &'static str,
    /// Upper case.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// What shows who asks.
    pub auth: Auth,
    /// Its type and its bytes.
    pub body: Option<(&'static str, Vec<u8>)>,
    /// What it means when there is no such thing.
    pub absent: Absent,
}

/// What shows who asks; the secret by its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Auth {
    /// A user and the secret as password.
    Basic(String, String),
    /// The secret alone.
    Bearer(String),
}

/// What a 404 means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// That it failed.
    Fails,
    /// That it is done already.
    Suffices,
}

impl Ask {
    /// A POST of a form.
    pub fn form(whose: &'static str, url: String, auth: Auth, pairs: &[(&str, &str)]) -> Self {
        let body = ("application/x-www-form-urlencoded", form::write(pairs));
        Self::new(whose, "POST", url, auth, Some(body))
    }

    /// A POST of JSON.
    pub fn json(whose: &'static str, url: String, auth: Auth, body: &Value) -> Self {
        let body = ("application/json", body.to_string().into_bytes());
        Self::new(whose, "POST", url, auth, Some(body))
    }

    /// A DELETE.
    pub fn delete(whose: &'static str, url: String, auth: Auth) -> Self {
        Self::new(whose, "DELETE", url, auth, None)
    }

    fn new(
        whose: &'static str,
        method: &'static str,
        url: String,
        auth: Auth,
        body: Option<(&'static str, Vec<u8>)>,
    ) -> Self {
        Self {
            whose,
            method,
            url,
            auth,
            body,
            absent: Absent::Fails,
        }
    }

    /// The same, done already when there is no such thing.
    pub fn or_absent(self) -> Self {
        Self {
            absent: Absent::Suffices,
            ..self
        }
    }
}

/// An address below a base. Segments come from the outside and stay segments, whatever is in them.
pub fn below(base: &str, segments: &[&str]) -> String {
    let Ok(mut url) = Url::parse(base) else {
        return base.to_owned();
    };
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn segments_stay_segments() {
        let at = |segments: &[&str]| below("https://api.telnyx.com/v2", segments);
        assert_eq!(
            at(&["calls", "v3:a-b_c", "actions"]),
            "https://api.telnyx.com/v2/calls/v3:a-b_c/actions"
        );
        assert_eq!(
            at(&["calls", "a/../b?c#d"]),
            "https://api.telnyx.com/v2/calls/a%2F..%2Fb%3Fc%23d"
        );
        assert_eq!(
            below("http://127.0.0.1:9/x/", &["Call", ""]),
            "http://127.0.0.1:9/x/Call/"
        );
    }
}
