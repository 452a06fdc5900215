//! Whatever the network sends, the answer is a value.

use std::time::{Duration, UNIX_EPOCH};

use http::header::{AUTHORIZATION, HeaderMap, HeaderValue, ORIGIN};
use overgrow_settings::Secret;
use proptest::prelude::*;

use crate::handshake::{self, Context, Roster, Standing};
use crate::{Origin, Pages, Proxies, Reading, Scheme};

/// Texts made of the pieces that the readers look for.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("bearer ".to_owned()),
        Just("[::1]".to_owned()),
        Just("127.0.0.1".to_owned()),
        Just("t=1700000000".to_owned()),
        Just("sha256=".to_owned()),
        Just("eyJhbGciOiJIUzI1NiJ9".to_owned()),
        "[.,:=;\\[\\]/ -]",
        "[!-~\u{a0}-\u{ff}]{0,4}",
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn headers(text: &str) -> HeaderMap {
    let bytes: Vec<u8> = text.chars().map(|letter| letter as u32 as u8).collect();
    let mut headers = HeaderMap::new();
    let Ok(value) = HeaderValue::from_bytes(&bytes) else {
        return headers;
    };
    for name in [
        "x-forwarded-for",
        "x-real-ip",
        "host",
        "cookie",
        "referer",
        "x-openclaw-token",
    ] {
        headers.insert(name, value.clone());
    }
    for name in [
        "stripe-signature",
        "x-hub-signature-256",
        "x-slack-signature",
    ] {
        headers.insert(name, value.clone());
    }
    headers.insert("x-slack-request-timestamp", value.clone());
    headers.insert(ORIGIN, value.clone());
    headers.insert(AUTHORIZATION, value);
    headers
}

proptest! {
    #[test]
    fn headers_are_read_without_a_panic(text in pieces()) {
        let headers = headers(&text);
        let origin = Origin::of([127, 0, 0, 1].into(), &headers, &http::Uri::from_static("/"));
        let proxies = Proxies::new(["127.0.0.1", &text]);
        for reading in [Reading::Legacy, Reading::Strict] {
            let client = origin.client(&proxies, reading);
            prop_assert!(client.is_some() || !origin.is_local_direct(&proxies, reading));
        }
        if let Some(token) = crate::hooks_token(&headers, Some(&text)) {
            prop_assert!(!token.text.is_empty());
        }
        let own = crate::own_origin("https", &headers, &http::Uri::from_static("/"));
        let _ = Pages::default().check(&http::Method::POST, &headers, &own);
        let now = UNIX_EPOCH + Duration::from_secs(1_700_000_000);
        for scheme in [Scheme::GitHub, Scheme::Stripe, Scheme::Slack] {
            let said = crate::verify_signature(&scheme, &Secret::new("s"), &headers, b"", now);
            prop_assert!(said.is_err());
        }
    }

    #[test]
    fn tokens_are_read_without_a_panic(text in pieces(), any in ".{0,80}") {
        let keys = crate::jwt::Keys::secret(Secret::new("0123456789abcdef0123456789abcdef"));
        let expected = crate::jwt::Expected::default();
        let verifier = crate::jwt::Verifier { keys: keys.unwrap(), expected };
        prop_assert!(verifier.verify(&text, UNIX_EPOCH).is_err());
        prop_assert!(verifier.verify(&any, UNIX_EPOCH).is_err());
        prop_assert!(crate::jwt::KeySet::parse(any.as_bytes()).is_err());
    }

    #[test]
    fn frames_are_read_without_a_panic(
        place in 0_usize..400,
        letters in prop::collection::vec(any::<u8>(), 0..4),
    ) {
        let mut frame = br#"{"type":"req","id":"1","method":"connect","params":{"minProtocol":3,"maxProtocol":3,"client":{"id":"cli","version":"1","platform":"x","mode":"cli"},"role":"operator","scopes":["a"],"auth":{"token":"t"},"device":{"id":"x","publicKey":"AAAA","signature":"BBBB","signedAt":1,"nonce":"n"}}}"#.to_vec();
        let place = place.min(frame.len());
        frame.splice(place..(place + 2).min(frame.len()), letters);
        let settings = crate::surface::example();
        let context = Context {
            gateway: &settings.gateway,
            nonce: "n",
            now: 1,
            standing: Standing::Remote,
            tailnet: None,
            devices: &Roster::default(),
            request: "r",
        };
        let failure = handshake::check(&frame, &context).unwrap_err();
        prop_assert!(failure.reason.len() <= 122);
    }
}
