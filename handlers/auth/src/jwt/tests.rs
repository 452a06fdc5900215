use std::time::{Duration, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use overgrow_settings::Secret;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair,
    EcdsaSigningAlgorithm, Ed25519KeyPair, KeyPair,
};
use serde_json::{Value, json};

use super::*;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const HEADER: &str = r#"{"alg":"HS256"}"#;
const CLAIMS: &str =
    r#"{"sub":"ada","iss":"https://issuer.example","aud":"gateway","exp":2000000000}"#;

/// An RSA key whose private half is gone, and what it signed with OpenSSL: `CLAIMS`, by two algorithms.
const N: &str = "oDTvonKdpf1rEzSXv7qkvLt5nL8g5b7lmIBXIhVe_x-y4hiVPZpFuRXiM-ASF-WGKRpZBGFHsj4g83PEhOt_Cxje8Y17I-aoCIYj87APV-ZRHo4TsBi7xhMzq8lQTTWLwWnMfOStgh5MxbALk7hmdBxpqFVTEUTalsQSNENXuUs3jE1nTsR99pEfqODuw0l5DeR3PqRaBvhIUBwyojeuooOCWYXL0KhUjOPpeBxcDsofwQx6BAjJiBZ-2k9Z4Q02yG_TPs3pEx-rY8WN6B08jFPUks-4oxZSdVowDTeYoCPeLRviu8Gn-ekIMOBaQVVPcwsfd35MiW6HHp6sSdQnuQ";
const RS256: (&str, &str) = (
    r#"{"alg":"RS256","kid":"rsa"}"#,
    "LE62iUtfAktL8JPIGYYZY_IY80JNR0VHSmHug0usqPR5xlFSMhZNfDJWwYVsjvfYn1ng8KWYay94L3gR9uaGhMM__XCdphxIsRAWta9qtX8A6bYav1vLrwlRXfVcMMm1IxDgquvswRO2-Re-7nJ1MLNCJ4UlNaol8_lGtBgzZ6NpzjyGk0OCLQH0Gt3UatoJqev5U1bivbVI2aRqS8wF1t-aJtUpRgHJHrulaQlXnbMEuAU9_BTNEksnNXxLd24YCQmE22Ll-ZHAxuuCSWHGF0dSYBzoITeEqbd43jdAKw8RIGiktjK4GN5tMGKzkvpgr3_44U4Hq9k3XN3xp3oWMw",
);
const PS256: (&str, &str) = (
    r#"{"alg":"PS256","kid":"rsa"}"#,
    "aTLCR7YzPm2jvFBCBkUpQmjHNcv5Jhp2sAoZ7v2f-VblWBW6RZ7lb_angYg-pOaKUM0h5fAf3SUsv0NIdCfbD_DHihJh3sYqsgwiKTo0801FdUt6DeOY8frbfsWgN-iCCEVr4gDz96fPh5-KfKlkf-qiO6seKUe5V75I4dUGi_2bvddC_p5WG3Y3AS6tYUOWGgIQPSLCH3_W2Efpk05Gr9u-7EMg2zeHwsipH9kHVKGCK7xgwlgzJJFp7zcoFSZ4-kGZewoRq3_fUZzg1xciW4dV0vdK7DcrDEdA6tkH9KpkaGJ90KP7Uw_VWZyx71YD6H9jgqPfrqtCdM8BZ6Q0rQ",
);

fn written(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn token(header: &str, claims: &str, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let signed = format!("{}.{}", written(header), written(claims));
    let signature = written(sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn hs256(secret: &[u8]) -> impl FnOnce(&[u8]) -> Vec<u8> {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    move |signed| hmac::sign(&key, signed).as_ref().to_vec()
}

fn openssl((header, signature): (&str, &str)) -> String {
    format!("{}.{}.{signature}", written(header), written(CLAIMS))
}

fn verifier(keys: Keys) -> Verifier {
    let expected = Expected {
        issuer: Some("https://issuer.example".to_owned()),
        audience: Some("gateway".to_owned()),
    };
    Verifier { keys, expected }
}

fn shared() -> Verifier {
    verifier(Keys::secret(Secret::new(SECRET)).unwrap())
}

fn published(keys: Value) -> Verifier {
    let set = KeySet::parse(json!({ "keys": keys }).to_string().as_bytes());
    verifier(Keys::Set(set.unwrap()))
}

fn rsa() -> Value {
    json!({"kty": "RSA", "kid": "rsa", "n": N, "e": "AQAB"})
}

/// Seconds since 1970, in the middle of the life of `CLAIMS`.
const NOW: u64 = 1_900_000_000;

fn at(verifier: &Verifier, token: &str, now: u64) -> Result<String, JwtError> {
    let said = verifier.verify(token, UNIX_EPOCH + Duration::from_secs(now));
    said.map(|claims| claims.subject)
}

fn check(verifier: &Verifier, token: &str, expect: Result<&str, JwtError>) {
    let said = at(verifier, token, NOW);
    assert_eq!(said, expect.map(str::to_owned), "{token}");
}

#[test]
fn a_shared_secret_verifies() {
    let hash = |name: &str, algorithm| {
        let key = hmac::Key::new(algorithm, SECRET.as_bytes());
        let header = json!({"alg": name, "typ": "JWT"}).to_string();
        token(&header, CLAIMS, |signed| {
            hmac::sign(&key, signed).as_ref().to_vec()
        })
    };
    check(&shared(), &hash("HS256", hmac::HMAC_SHA256), Ok("ada"));
    check(&shared(), &hash("HS384", hmac::HMAC_SHA384), Ok("ada"));
    check(&shared(), &hash("HS512", hmac::HMAC_SHA512), Ok("ada"));
    check(
        &shared(),
        &hash("HS256", hmac::HMAC_SHA512),
        Err(JwtError::Signature),
    );
    let weak = Keys::secret(Secret::new("short")).map(|_| ());
    assert_eq!(weak, Err(JwtError::WeakSecret));
}

#[test]
fn rsa_keys_verify_what_openssl_signed() {
    let both = published(json!([rsa()]));
    check(&both, &openssl(RS256), Ok("ada"));
    check(&both, &openssl(PS256), Ok("ada"));
    let mut one = rsa();
    one["alg"] = json!("PS256");
    check(&published(json!([one])), &openssl(PS256), Ok("ada"));
    check(
        &published(json!([one])),
        &openssl(RS256),
        Err(JwtError::Algorithm),
    );
    let mut padded = rsa();
    padded["n"] = json!(format!("AAAA{N}"));
    check(&published(json!([padded])), &openssl(RS256), Ok("ada"));
}

#[test]
fn elliptic_keys_verify() {
    let random = SystemRandom::new();
    let ecdsa =
        |algorithm: &'static EcdsaSigningAlgorithm, name: &str, curve: &str, side: usize| {
            let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
            let point = &pair.public_key().as_ref()[1..];
            let (x, y) = (written(&point[..side]), written(&point[side..]));
            let key = json!({"kty": "EC", "crv": curve, "x": x, "y": y});
            let header = json!({ "alg": name }).to_string();
            let sign = |signed: &[u8]| pair.sign(&random, signed).unwrap().as_ref().to_vec();
            check(
                &published(json!([key])),
                &token(&header, CLAIMS, sign),
                Ok("ada"),
            );
        };
    ecdsa(&ECDSA_P256_SHA256_FIXED_SIGNING, "ES256", "P-256", 32);
    ecdsa(&ECDSA_P384_SHA384_FIXED_SIGNING, "ES384", "P-384", 48);
    let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
    let x = written(pair.public_key());
    let key = json!({"kty": "OKP", "crv": "Ed25519", "x": x});
    let good = token(r#"{"alg":"EdDSA"}"#, CLAIMS, |signed| {
        pair.sign(signed).as_ref().to_vec()
    });
    check(&published(json!([key])), &good, Ok("ada"));
}

#[test]
fn nobody_may_choose_the_algorithm() {
    let unsigned = |name: &str| token(&json!({ "alg": name }).to_string(), CLAIMS, |_| Vec::new());
    for verifier in [shared(), published(json!([rsa()]))] {
        for name in ["none", "None", "NONE", "", "hs256", "ES512"] {
            check(&verifier, &unsigned(name), Err(JwtError::Algorithm));
        }
    }
    let public = URL_SAFE_NO_PAD.decode(N).unwrap();
    let confused = token(r#"{"alg":"HS256","kid":"rsa"}"#, CLAIMS, hs256(&public));
    check(
        &published(json!([rsa()])),
        &confused,
        Err(JwtError::Algorithm),
    );
    check(&shared(), &openssl(RS256), Err(JwtError::Algorithm));
    let empty = token(HEADER, CLAIMS, |_| Vec::new());
    check(&shared(), &empty, Err(JwtError::Signature));
}

#[test]
fn a_published_secret_is_no_key() {
    let secret = json!({"kty": "oct", "kid": "s", "k": written(SECRET)});
    let alone = KeySet::parse(json!({ "keys": [secret] }).to_string().as_bytes());
    assert_eq!(alone.map(|_| ()), Err(JwtError::KeySet));
    let signed = token(
        r#"{"alg":"HS256","kid":"s"}"#,
        CLAIMS,
        hs256(SECRET.as_bytes()),
    );
    check(
        &published(json!([secret, rsa()])),
        &signed,
        Err(JwtError::UnknownKey),
    );
}

#[test]
fn keys_are_chosen_by_name() {
    let named = |name: &str| {
        let mut key = rsa();
        key["kid"] = json!(name);
        key
    };
    check(
        &published(json!([named("other")])),
        &openssl(RS256),
        Err(JwtError::UnknownKey),
    );
    check(
        &published(json!([named("other"), rsa()])),
        &openssl(RS256),
        Ok("ada"),
    );
    let nameless = openssl((r#"{"alg":"RS256"}"#, RS256.1));
    check(
        &published(json!([rsa()])),
        &nameless,
        Err(JwtError::Signature),
    );
    check(
        &published(json!([rsa(), named("other")])),
        &nameless,
        Err(JwtError::UnknownKey),
    );
}

#[test]
fn keys_that_are_not_for_signatures_are_passed_over() {
    for (member, value) in [
        ("use", json!("enc")),
        ("key_ops", json!(["encrypt"])),
        ("alg", json!("RSA-OAEP")),
        ("kty", json!("XYZ")),
        ("e", json!("!")),
        ("n", Value::Null),
    ] {
        let mut key = rsa();
        key[member] = value;
        let set = KeySet::parse(json!({ "keys": [key] }).to_string().as_bytes());
        assert_eq!(set.map(|_| ()), Err(JwtError::KeySet), "{member}");
    }
    for document in ["", "[]", "{}", r#"{"keys":[]}"#, r#"{"keys":[1]}"#] {
        let set = KeySet::parse(document.as_bytes());
        assert_eq!(set.map(|_| ()), Err(JwtError::KeySet), "{document}");
    }
}

#[test]
fn a_short_rsa_key_is_not_trusted() {
    let mut short = rsa();
    short["n"] = json!(written([0xff; 128]));
    check(
        &published(json!([short])),
        &openssl(RS256),
        Err(JwtError::Signature),
    );
}

#[test]
fn a_token_holds_for_its_time() {
    let good = token(HEADER, CLAIMS, hs256(SECRET.as_bytes()));
    assert!(at(&shared(), &good, 2_000_000_059).is_ok());
    assert_eq!(at(&shared(), &good, 2_000_000_060), Err(JwtError::Expired));
    let claims = |change: &str| {
        let claims = CLAIMS.replace(r#""exp":2000000000"#, change);
        token(HEADER, &claims, hs256(SECRET.as_bytes()))
    };
    check(
        &shared(),
        &claims(r#""nbf":1900000060,"exp":2e9"#),
        Ok("ada"),
    );
    check(
        &shared(),
        &claims(r#""nbf":1900000061,"exp":2e9"#),
        Err(JwtError::NotYet),
    );
    check(&shared(), &claims(r#""exp":1900000000.5"#), Ok("ada"));
    check(&shared(), &claims(r#""iat":1"#), Err(JwtError::Expired));
    check(
        &shared(),
        &claims(r#""exp":"2000000000""#),
        Err(JwtError::Malformed),
    );
    check(
        &shared(),
        &claims(r#""exp":null"#),
        Err(JwtError::Malformed),
    );
}

#[test]
fn a_token_is_from_and_for_whom_it_should_be() {
    let claims = |from: &str, to: &str, expect| {
        let claims = CLAIMS.replace(from, to);
        let token = token(HEADER, &claims, hs256(SECRET.as_bytes()));
        check(&shared(), &token, expect);
    };
    claims("issuer.example", "issuer.example/", Err(JwtError::Issuer));
    claims(
        r#""iss":"https://issuer.example","#,
        "",
        Err(JwtError::Issuer),
    );
    claims(r#""gateway""#, r#"["x","gateway"]"#, Ok("ada"));
    claims(r#""gateway""#, r#"["x"]"#, Err(JwtError::Audience));
    claims(r#""gateway""#, r#"{"gateway":1}"#, Err(JwtError::Audience));
    claims(r#""aud":"gateway","#, "", Err(JwtError::Audience));
    claims(r#""sub":"ada","#, "", Err(JwtError::Subject));
    claims(r#""ada""#, r#""""#, Err(JwtError::Subject));
    claims(r#""ada""#, "1", Err(JwtError::Malformed));
    let mut anyone = shared();
    anyone.expected = Expected::default();
    let named = token(HEADER, CLAIMS, hs256(SECRET.as_bytes()));
    check(&anyone, &named, Err(JwtError::Audience));
}

#[test]
fn what_is_no_token_is_refused() {
    let good = token(HEADER, CLAIMS, hs256(SECRET.as_bytes()));
    let malformed = |token: &str| check(&shared(), token, Err(JwtError::Malformed));
    malformed("");
    malformed("a.b");
    malformed(&format!("{good}.x"));
    malformed(&format!("{good}="));
    malformed(&good.replacen('.', "\n.", 1));
    let header = |header: &str| token(header, CLAIMS, hs256(SECRET.as_bytes()));
    malformed(&header("[]"));
    malformed(&header(r#"{"alg":"HS256","alg":"none"}"#));
    malformed(&header(r#"{"alg":"HS256","kid":1}"#));
    check(&shared(), &header("{}"), Err(JwtError::Algorithm));
    check(
        &shared(),
        &header(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#),
        Err(JwtError::Critical),
    );
    check(
        &shared(),
        &header(r#"{"alg":"HS256","typ":"logout+jwt"}"#),
        Err(JwtError::Type),
    );
    check(
        &shared(),
        &header(r#"{"alg":"HS256","typ":"application/at+JWT"}"#),
        Ok("ada"),
    );
    let twice = CLAIMS.replace(r#""sub":"ada""#, r#""sub":"ada","sub":"eve""#);
    malformed(&token(HEADER, &twice, hs256(SECRET.as_bytes())));
    check(&shared(), &"a".repeat(TOKEN + 1), Err(JwtError::TooLarge));
    malformed(&"a".repeat(TOKEN));
}

#[test]
fn a_changed_token_is_nobodys() {
    let good = token(HEADER, CLAIMS, hs256(SECRET.as_bytes()));
    let eve = written(CLAIMS.replace("ada", "eve"));
    let changed = good.replace(&written(CLAIMS), &eve);
    check(&shared(), &changed, Err(JwtError::Signature));
    let other = token(HEADER, CLAIMS, hs256(b"another secret of thirty-two bytes"));
    check(&shared(), &other, Err(JwtError::Signature));
}
