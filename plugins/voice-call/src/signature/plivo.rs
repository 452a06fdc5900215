//! Plivo: HMAC-SHA256 over address, fields and a nonce (V3), or address and nonce (V2).
//!
//! It must not rebuild the address. The surprise: a request with a V3 signature is never believed for its V2 one,
//! which does not cover the fields.

use super::{Digest, Distrust, Keyed, Signed, same};
use crate::form::Form;
use url::Url;

/// Whether Plivo sent this POST. The outer error is that of whoever makes the digests.
pub fn check<K: Keyed>(signed: Signed<'_>, token: &K) -> Result<Result<(), Distrust>, K::Error> {
    let pair = |version: u8| {
        let name = format!("x-plivo-signature-v{version}");
        let nonce = signed.headers.get(&format!("{name}-nonce"))?;
        Some((signed.headers.get(&name)?, nonce))
    };
    let (text, presented) = match (pair(3), pair(2)) {
        (Some((signature, nonce)), _) => (covered(signed.url, signed.body, nonce), signature),
        (None, Some((signature, nonce))) => (format!("{}{nonce}", bare(signed.url)), signature),
        (None, None) => return Ok(Err(Distrust::Missing)),
    };
    let digest = token.digest(Digest::Sha256, text.as_bytes())?;
    let believed = presented.split(',').any(|one| same(one.trim(), &digest));
    Ok(believed.then_some(()).ok_or(Distrust::Wrong))
}

/// What a V3 signature of a POST covers.
fn covered(url: &Url, body: &[u8], nonce: &str) -> String {
    let query = Form::parse(url.query().unwrap_or_default().as_bytes());
    let fields = Form::parse(body);
    let mut text = bare(url);
    if !query.is_empty() || !fields.is_empty() {
        text.push('?');
    }
    text.push_str(&joined(&query, "=", "&"));
    if !query.is_empty() && !fields.is_empty() {
        text.push('.');
    }
    text.push_str(&joined(&fields, "", ""));
    format!("{text}.{nonce}")
}

fn joined(form: &Form, within: &str, between: &str) -> String {
    form.by_name_and_value()
        .into_iter()
        .map(|(name, value)| format!("{name}{within}{value}"))
        .collect::<Vec<_>>()
        .join(between)
}

/// The address without its query and without whom it is for.
fn bare(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

#[cfg(test)]
mod tests {
    use super::super::{Headers, STANDARD, testing::Secret};
    use super::*;
    use base64::Engine as _;

    fn checked(url: &str, body: &str, headers: &[(&str, &str)]) -> Result<(), Distrust> {
        let owned = headers.iter().map(|(n, v)| ((*n).into(), (*v).into()));
        let headers = Headers::new(&owned.collect::<Vec<_>>());
        let signed = Signed {
            url: &Url::parse(url).expect("a URL"),
            headers: &headers,
            body: body.as_bytes(),
        };
        let Ok(verdict) = check(signed, &Secret("my_auth_token"));
        verdict
    }

    fn signature(text: &str) -> String {
        let Ok(digest) = Secret("my_auth_token").digest(Digest::Sha256, text.as_bytes());
        STANDARD.encode(digest)
    }

    #[test]
    fn a_version_2_signature_covers_address_and_nonce() {
        let good = signature("https://e.com/v12345");
        let headers = [
            ("X-Plivo-Signature-V2", good.as_str()),
            ("X-Plivo-Signature-V2-Nonce", "12345"),
        ];
        assert_eq!(checked("https://e.com/v?a=1", "b=2", &headers), Ok(()));
        assert_eq!(
            checked("https://e.com/w", "b=2", &headers),
            Err(Distrust::Wrong)
        );
        assert_eq!(
            checked("https://e.com/v", "", &headers[..1]),
            Err(Distrust::Missing)
        );
    }

    /// The example of Plivo's own tests signs the address as it was typed, without the slash that ends an empty path.
    #[test]
    fn the_digest_is_the_one_of_plivos_own_example() {
        let documented = "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=";
        assert_eq!(signature("https://answer.url12345"), documented);
    }

    #[test]
    fn a_version_3_signature_covers_query_and_fields_in_order() {
        let text = "https://e.com/v?a=1&b=2&b=3.CallUUIDxTo+1.n";
        let good = signature(text);
        let list = format!("AAAA, {good}");
        let headers = [
            ("X-Plivo-Signature-V3", list.as_str()),
            ("X-Plivo-Signature-V3-Nonce", "n"),
        ];
        let url = "https://e.com/v?b=3&b=2&a=1";
        assert_eq!(checked(url, "To=%2B1&CallUUID=x", &headers), Ok(()));
        assert_eq!(
            checked(url, "To=%2B2&CallUUID=x", &headers),
            Err(Distrust::Wrong)
        );
    }

    #[test]
    fn the_marks_between_query_and_fields_stand_where_plivo_puts_them() {
        let url = |text| Url::parse(text).expect("a URL");
        assert_eq!(
            covered(&url("https://e.com/v"), b"", "n"),
            "https://e.com/v.n"
        );
        assert_eq!(
            covered(&url("https://e.com/v"), b"b=2&a=1", "n"),
            "https://e.com/v?a1b2.n"
        );
        assert_eq!(
            covered(&url("https://e.com:8443/v?b=2&a=1"), b"", "n"),
            "https://e.com:8443/v?a=1&b=2.n"
        );
    }

    #[test]
    fn a_weak_signature_does_not_stand_in_for_a_strong_one() {
        let good = signature("https://e.com/v12345");
        let headers = [
            ("X-Plivo-Signature-V2", good.as_str()),
            ("X-Plivo-Signature-V2-Nonce", "12345"),
            ("X-Plivo-Signature-V3", "AAAA"),
            ("X-Plivo-Signature-V3-Nonce", "n"),
        ];
        assert_eq!(
            checked("https://e.com/v", "", &headers),
            Err(Distrust::Wrong)
        );
    }
}
