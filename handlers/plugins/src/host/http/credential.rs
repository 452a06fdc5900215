//! Puts secrets into requests to their own hosts.
//!
//! The surprise is the order: the request was read and its host judged before a secret is put in, and a URL is read again
//! afterwards, so that no secret can bend it to another host.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use zeroize::Zeroizing;

use super::SEGMENT;
use super::draft::{self, Draft};
use crate::bindings::overgrow::plugin::http::Error;
use crate::host::Secret;
use crate::host::answer::invalid;

/// Where a secret goes.
#[derive(Debug, Clone)]
pub(super) enum Where {
    Bearer,
    Basic(String),
    Header(String),
    Url(String),
    Body(String),
}

/// A marker is a few letters that nothing else has.
const MARKER: usize = 3;

impl Draft {
    /// Puts a secret in its place; its host was judged.
    pub(super) fn put(&mut self, place: &Where, secret: &Secret) -> Result<(), Error> {
        match place {
            Where::Bearer => self.put_header(header::AUTHORIZATION, &[b"Bearer ", &secret.bytes]),
            Where::Basic(user) => self.put_basic(user, secret),
            Where::Header(name) => {
                let name = draft::header_name(name)?;
                self.put_header(name, &[&secret.bytes])
            }
            Where::Url(marker) => self.put_in_url(marker, secret),
            Where::Body(marker) => self.put_in_body(marker, secret),
        }?;
        self.credentials
            .push(format!("{}:{}", place.word(), secret.name));
        Ok(())
    }

    fn put_basic(&mut self, user: &str, secret: &Secret) -> Result<(), Error> {
        if user.contains(':') {
            return Err(invalid("a user name has no colon"));
        }
        let pair = Zeroizing::new([user.as_bytes(), b":", &secret.bytes].concat());
        let value = Zeroizing::new(STANDARD.encode(&*pair));
        self.put_header(header::AUTHORIZATION, &[b"Basic ", value.as_bytes()])
    }

    fn put_header(&mut self, name: HeaderName, parts: &[&[u8]]) -> Result<(), Error> {
        let bytes = Zeroizing::new(parts.concat());
        let mut value = HeaderValue::from_bytes(&bytes)
            .map_err(|_| invalid("the secret cannot stand in a header"))?;
        value.set_sensitive(true);
        self.headers.insert(name.clone(), value);
        self.private.push(name);
        Ok(())
    }

    /// Behind the authority only: the URL is read again and must have the same origin.
    fn put_in_url(&mut self, marker: &str, secret: &Secret) -> Result<(), Error> {
        let marker = Marker::of(marker)?;
        let encoded = utf8_percent_encode(text(secret)?, SEGMENT).to_string();
        let encoded = Zeroizing::new(encoded);
        let here = self.url.clone();
        let path = marker.replaced(here.path(), &encoded);
        let query = here.query().map(|query| marker.replaced(query, &encoded));
        if path.is_none() && query.as_ref().is_none_or(Option::is_none) {
            return Err(invalid("the marker is not in the URL"));
        }
        if let Some(path) = path {
            self.url.set_path(&path);
        }
        if let Some(Some(query)) = query {
            self.url.set_query(Some(&query));
        }
        if self.url.origin() != here.origin() {
            return Err(invalid("the secret cannot stand in the URL"));
        }
        Ok(())
    }

    fn put_in_body(&mut self, marker: &str, secret: &Secret) -> Result<(), Error> {
        let marker = Marker::of(marker)?;
        let form = Form::of(self.headers.get(header::CONTENT_TYPE));
        let secret = form.encoded(text(secret)?);
        let body = std::str::from_utf8(&self.body)
            .map_err(|_| invalid("a marker stands in a text, and the body is none"))?;
        if !body.contains(marker.0) {
            return Err(invalid("the marker is not in the body"));
        }
        self.body = Bytes::from(body.replace(marker.0, &secret));
        Ok(())
    }
}

impl Where {
    /// The word for plans.
    fn word(&self) -> &'static str {
        match self {
            Self::Bearer => "bearer",
            Self::Basic(_) => "basic",
            Self::Header(_) => "header",
            Self::Url(_) => "url",
            Self::Body(_) => "body",
        }
    }
}

struct Marker<'a>(&'a str);

impl<'a> Marker<'a> {
    fn of(text: &'a str) -> Result<Self, Error> {
        if text.len() < MARKER {
            return Err(invalid(format!("a marker has {MARKER} letters at least")));
        }
        Ok(Self(text))
    }

    /// The text with the secret in the marker's place; braces and the like may have been encoded by then. `None` when the
    /// marker is not there.
    fn replaced(&self, text: &str, secret: &str) -> Option<String> {
        let encoded = utf8_percent_encode(self.0, NON_ALPHANUMERIC).to_string();
        let braces = self.0.replace('{', "%7B").replace('}', "%7D");
        let forms = [self.0, braces.as_str(), encoded.as_str()];
        let form = forms.into_iter().find(|form| text.contains(form))?;
        Some(text.replace(form, secret))
    }
}

/// What a body's text is, and so how a secret is written in it.
enum Form {
    Json,
    Url,
    Plain,
}

impl Form {
    fn of(content_type: Option<&HeaderValue>) -> Self {
        let text = content_type.and_then(|value| value.to_str().ok());
        let essence = text.unwrap_or_default().split(';').next();
        match essence.unwrap_or_default().trim().to_ascii_lowercase() {
            it if it.ends_with("json") => Self::Json,
            it if it == "application/x-www-form-urlencoded" => Self::Url,
            _ => Self::Plain,
        }
    }

    fn encoded(&self, secret: &str) -> Zeroizing<String> {
        Zeroizing::new(match self {
            Self::Json => {
                let quoted = serde_json::Value::from(secret).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Url => utf8_percent_encode(secret, SEGMENT).to_string(),
            Self::Plain => secret.to_owned(),
        })
    }
}

fn text(secret: &Secret) -> Result<&str, Error> {
    std::str::from_utf8(&secret.bytes).map_err(|_| invalid("the secret is no text"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(url: &str, body: &'static str, place: Where, value: &str) -> Result<Draft, Error> {
        let json = [("content-type".to_owned(), "application/json".to_owned())];
        let mut draft = Draft::new("POST", url, &json, Bytes::from_static(body.as_bytes()))?;
        draft.put(&place, &Secret::fixed("bot", value))?;
        Ok(draft)
    }

    fn url(url: &str, value: &str) -> Result<String, Error> {
        let draft = put(url, "", Where::Url("{token}".to_owned()), value)?;
        assert_eq!(draft.shown_url, draft::read(url)?);
        Ok(draft.url.to_string())
    }

    #[test]
    fn a_secret_in_a_url_is_one_segment_and_stays_with_the_host() {
        assert_eq!(
            url("https://a.example/bot{token}/send", "1:x").unwrap(),
            "https://a.example/bot1%3Ax/send"
        );
        assert_eq!(
            url("https://a.example/?t={token}&b", "a&b=c#d").unwrap(),
            "https://a.example/?t=a%26b%3Dc%23d&b"
        );
        assert_eq!(
            url("https://a.example/x{token}", "/../@evil.example?").unwrap(),
            "https://a.example/x%2F..%2F%40evil.example%3F"
        );
        for bad in [
            "https://{token}.evil.example/",
            "https://a.example/",
            "https://a.example/#{token}",
        ] {
            assert!(matches!(url(bad, "x"), Err(Error::Invalid(_))), "{bad}");
        }
    }

    #[test]
    fn a_secret_in_json_stays_in_its_quotes() {
        let place = Where::Body("{token}".to_owned());
        let draft = put(
            "https://a.example/",
            "{\"t\":\"{token}\"}",
            place,
            "a\",\"x\":\"\n",
        )
        .unwrap();
        assert_eq!(draft.body, "{\"t\":\"a\\\",\\\"x\\\":\\\"\\n\"}");
        assert_eq!(draft.shown_body, "{\"t\":\"{token}\"}");
    }

    #[test]
    fn a_secret_in_a_header_is_marked_and_cannot_break_out() {
        let draft = put(
            "https://a.example/",
            "",
            Where::Basic("me".to_owned()),
            "s3cret",
        )
        .unwrap();
        assert_eq!(draft.headers["authorization"], "Basic bWU6czNjcmV0");
        assert!(!format!("{draft:?}").contains("bWU6"));
        assert_eq!(draft.credentials, ["basic:bot"]);
        let bent = put("https://a.example/", "", Where::Bearer, "a\r\nx: y");
        assert!(matches!(bent, Err(Error::Invalid(_))));
    }
}
