use http::HeaderValue;

use super::*;

fn headers(lines: &[(&'static str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        headers.append(*name, HeaderValue::from_str(value).unwrap());
    }
    headers
}

struct Case<'a> {
    scheme: Scheme,
    secret: &'a str,
    body: &'a str,
    /// Seconds since 1970.
    now: u64,
}

impl Case<'_> {
    fn verify(&self, lines: &[(&'static str, &str)]) -> Result<Seal, SignatureError> {
        let now = UNIX_EPOCH + Duration::from_secs(self.now);
        let secret = Secret::new(self.secret);
        verify(
            &self.scheme,
            &secret,
            &headers(lines),
            self.body.as_bytes(),
            now,
        )
    }

    fn check(&self, lines: &[(&'static str, &str)], expect: Result<(), SignatureError>) {
        assert_eq!(self.verify(lines).map(|_| ()), expect, "{lines:?}");
    }
}

/// From GitHub's documentation, "Validating webhook deliveries".
const GITHUB: Case<'static> = Case {
    scheme: Scheme::GitHub,
    secret: "It's a Secret to Everybody",
    body: "Hello, World!",
    now: 0,
};
const HUB: &str = "x-hub-signature-256";
const HUB_MAC: &str = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

#[test]
fn githubs_own_example_is_good_and_nothing_like_it() {
    let prefixed = format!("sha256={HUB_MAC}");
    GITHUB.check(&[(HUB, &prefixed)], Ok(()));
    GITHUB.check(
        &[(HUB, &format!("sha256={}", HUB_MAC.to_uppercase()))],
        Ok(()),
    );
    GITHUB.check(&[], Err(SignatureError::Missing));
    GITHUB.check(&[(HUB, HUB_MAC)], Err(SignatureError::Malformed));
    GITHUB.check(&[(HUB, "sha256=")], Err(SignatureError::Mismatch));
    GITHUB.check(&[(HUB, &prefixed[..69])], Err(SignatureError::Mismatch));
    GITHUB.check(&[(HUB, &prefixed[..70])], Err(SignatureError::Malformed));
    GITHUB.check(
        &[(HUB, &prefixed.replace("3e17", "3e1g"))],
        Err(SignatureError::Malformed),
    );
    GITHUB.check(
        &[(HUB, &prefixed.replace("3e17", "3e18"))],
        Err(SignatureError::Mismatch),
    );
    GITHUB.check(
        &[(HUB, &prefixed), (HUB, &prefixed)],
        Err(SignatureError::Malformed),
    );
    GITHUB.check(
        &[("x-hub-signature", &prefixed)],
        Err(SignatureError::Missing),
    );
    let changed = Case {
        body: "Hello, World?",
        ..GITHUB
    };
    changed.check(&[(HUB, &prefixed)], Err(SignatureError::Mismatch));
}

#[test]
fn an_empty_secret_believes_nobody() {
    let unset = Case {
        secret: "",
        ..GITHUB
    };
    unset.check(&[(HUB, "sha256=00")], Err(SignatureError::Unset));
}

/// From Slack's documentation, "Verifying requests from Slack".
const SLACK: Case<'static> = Case {
    scheme: Scheme::Slack,
    secret: "8f742231b10e8888abcd99yyyzzz85a5",
    body: "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c",
    now: 1_531_420_618,
};
const SLACK_MAC: (&str, &str) = (
    "x-slack-signature",
    "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
);

#[test]
fn slacks_own_example_is_good_for_five_minutes() {
    let time = |value| ("x-slack-request-timestamp", value);
    let at = |now| Case { now, ..SLACK };
    let signed = [time("1531420618"), SLACK_MAC];
    SLACK.check(&signed, Ok(()));
    at(SLACK.now + 300).check(&signed, Ok(()));
    at(SLACK.now - 300).check(&signed, Ok(()));
    at(SLACK.now + 301).check(&signed, Err(SignatureError::Stale));
    at(SLACK.now - 301).check(&signed, Err(SignatureError::Stale));
    SLACK.check(
        &[time("1531420619"), SLACK_MAC],
        Err(SignatureError::Mismatch),
    );
    SLACK.check(&[SLACK_MAC], Err(SignatureError::Missing));
    SLACK.check(&[time("1531420618")], Err(SignatureError::Missing));
    for odd in ["", "+1531420618", "-1", "1e9", "99999999999999999999999"] {
        SLACK.check(&[time(odd), SLACK_MAC], Err(SignatureError::Malformed));
    }
}

/// Of the form that Stripe documents; the MAC is OpenSSL's.
const STRIPE: Case<'static> = Case {
    scheme: Scheme::Stripe,
    secret: "whsec_test",
    body: r#"{"id":"evt_1"}"#,
    now: 1_700_000_000,
};
const STRIPE_MAC: &str = "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";

#[test]
fn stripe_may_sign_with_several_secrets() {
    let check = |header: &str, expect| STRIPE.check(&[("stripe-signature", header)], expect);
    let zeros = "0".repeat(64);
    check(&format!("t=1700000000,v1={STRIPE_MAC}"), Ok(()));
    check(
        &format!("t=1700000000, v1={zeros}, v1={STRIPE_MAC}, v0=x"),
        Ok(()),
    );
    check(
        &format!("t=1700000000,v1={zeros}"),
        Err(SignatureError::Mismatch),
    );
    check(
        &format!("t=1700000000,v0={STRIPE_MAC}"),
        Err(SignatureError::Malformed),
    );
    check(
        &format!("t=1700000001,v1={STRIPE_MAC}"),
        Err(SignatureError::Mismatch),
    );
    check(
        &format!("t=1699999699,v1={STRIPE_MAC}"),
        Err(SignatureError::Stale),
    );
    check(&format!("v1={STRIPE_MAC}"), Err(SignatureError::Malformed));
    check("", Err(SignatureError::Malformed));
    STRIPE.check(&[], Err(SignatureError::Missing));
}

#[test]
fn one_delivery_has_one_seal_however_it_is_spelled() {
    let seal = |header: &str| STRIPE.verify(&[("stripe-signature", header)]).unwrap();
    let zeros = "0".repeat(64);
    let plain = seal(&format!("t=1700000000,v1={STRIPE_MAC}"));
    let upper = seal(&format!(
        "v1={zeros},v1={},t=1700000000",
        STRIPE_MAC.to_uppercase()
    ));
    assert_eq!(plain, upper);
}

/// RFC 2202 and RFC 4231, test case 2.
#[test]
fn a_plain_hmac_is_read_as_it_was_described() {
    let check = |algorithm, encoding, prefix: &str, sent: &str, expect| {
        let plain = Plain {
            header: HeaderName::from_static("x-signature"),
            algorithm,
            encoding,
            prefix: prefix.to_owned(),
        };
        let case = Case {
            scheme: Scheme::Plain(plain),
            secret: "Jefe",
            body: "what do ya want for nothing?",
            now: 0,
        };
        case.check(&[("x-signature", sent)], expect);
    };
    let sha1 = "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79";
    let sha512 = "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737";
    let base64 = "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=";
    check(
        Algorithm::Sha1,
        Encoding::Hex,
        "sha1=",
        &format!("sha1={sha1}"),
        Ok(()),
    );
    check(Algorithm::Sha512, Encoding::Hex, "", sha512, Ok(()));
    check(Algorithm::Sha256, Encoding::Base64, "", base64, Ok(()));
    check(
        Algorithm::Sha256,
        Encoding::Hex,
        "",
        base64,
        Err(SignatureError::Malformed),
    );
    check(
        Algorithm::Sha256,
        Encoding::Hex,
        "",
        sha1,
        Err(SignatureError::Mismatch),
    );
    check(
        Algorithm::Sha1,
        Encoding::Hex,
        "sha1=",
        sha1,
        Err(SignatureError::Malformed),
    );
}
