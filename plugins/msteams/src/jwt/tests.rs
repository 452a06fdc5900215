use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use proptest::prelude::*;
use ring::hmac;
use ring::rand::SystemRandom;
use ring::rsa::PublicKeyComponents;
use ring::signature::{KeyPair, RSA_PKCS1_SHA256, RSA_PKCS1_SHA512, RsaEncoding, RsaKeyPair};
use serde_json::{Value, json};

use super::authority::{Authority, BOT_FRAMEWORK};
use super::claims::Expected;
use super::keys::{Key, KeySet, LIFETIME};
use super::{Fault, Keys, REFETCH_AFTER, Refusal, verify};
use crate::settings::Settings;

const ONE: &[u8] = include_bytes!("../../fixtures/key-one.pk8");
const TWO: &[u8] = include_bytes!("../../fixtures/key-two.pk8");
const NOW: u64 = 1_800_000_000_000;
const SERVICE: &str = "https://smba.trafficmanager.net/amer/";
const TENANT: &str = "72f988bf-86f1-41af-91ab-2d7cd011db47";

fn pair(der: &[u8]) -> RsaKeyPair {
    RsaKeyPair::from_pkcs8(der).unwrap()
}

fn public(der: &[u8]) -> PublicKeyComponents<Vec<u8>> {
    PublicKeyComponents::from(pair(der).public())
}

fn jwk(der: &[u8], id: &str) -> Value {
    let public = public(der);
    json!({
        "kty": "RSA", "use": "sig", "kid": id, "x5t": id, "endorsements": ["msteams", "skype"],
        "n": written(public.n), "e": written(public.e),
    })
}

fn written(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn signed(der: &[u8], encoding: &'static dyn RsaEncoding, message: &str) -> Vec<u8> {
    let pair = pair(der);
    let mut signature = vec![0; pair.public().modulus_len()];
    pair.sign(
        encoding,
        &SystemRandom::new(),
        message.as_bytes(),
        &mut signature,
    )
    .unwrap();
    signature
}

fn message(header: &Value, claims: &Value) -> String {
    format!(
        "{}.{}",
        written(header.to_string()),
        written(claims.to_string())
    )
}

fn token(der: &[u8], header: &Value, claims: &Value) -> String {
    let message = message(header, claims);
    let signature = written(signed(der, &RSA_PKCS1_SHA256, &message));
    format!("{message}.{signature}")
}

fn header() -> Value {
    json!({"alg": "RS256", "kid": "one", "x5t": "one", "typ": "JWT"})
}

/// As the Bot Framework's documentation describes a token of its connector.
fn claims() -> Value {
    json!({
        "serviceurl": SERVICE, "nbf": NOW / 1000 - 60, "exp": NOW / 1000 + 3600, "iss": BOT_FRAMEWORK, "aud": "app",
    })
}

fn with(mut claims: Value, key: &str, value: Value) -> Value {
    claims[key] = value;
    claims
}

fn settings() -> Settings {
    let document = json!({
        "enabled": true, "appId": "app", "appPassword": {"$secret": "app-password"}, "tenantId": TENANT,
    });
    Settings::read(&document).unwrap()
}

/// Issuers whose lists can change, and how often they were asked.
#[derive(Default)]
struct Issuers {
    published: HashMap<&'static str, Value>,
    kept: HashMap<&'static str, KeySet>,
    asked: usize,
    now: u64,
}

impl Issuers {
    fn of(keys: Value) -> Self {
        let published = HashMap::from([(Authority::BotFramework.shelf(), json!({"keys": keys}))]);
        Self {
            published,
            now: NOW,
            ..Self::default()
        }
    }
}

impl Keys for Issuers {
    type Error = &'static str;

    fn kept(&mut self, authority: Authority) -> Option<KeySet> {
        self.kept.get(authority.shelf()).cloned()
    }

    fn fetch(&mut self, authority: Authority) -> Result<KeySet, &'static str> {
        self.asked += 1;
        let document = self.published.get(authority.shelf()).ok_or("away")?;
        let set = KeySet::read(document, "here", self.now).ok_or("no list")?;
        self.kept.insert(authority.shelf(), set.clone());
        Ok(set)
    }
}

fn ask(raw: &str, issuers: &mut Issuers) -> Result<(), Fault<&'static str>> {
    ask_of(raw, issuers, Some(SERVICE), Some("msteams"))
}

fn ask_of(
    raw: &str,
    issuers: &mut Issuers,
    service: Option<&str>,
    channel: Option<&str>,
) -> Result<(), Fault<&'static str>> {
    let settings = settings();
    let expected = Expected {
        settings: &settings,
        service,
        channel,
    };
    let now = issuers.now;
    verify(raw, &expected, now, issuers).map(drop)
}

fn one() -> Issuers {
    Issuers::of(json!([jwk(ONE, "one")]))
}

fn refused(raw: &str) -> Refusal {
    match ask(raw, &mut one()) {
        Err(Fault::Refused(refusal)) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_token_of_the_bot_framework_is_believed() {
    let mut issuers = one();
    ask(&token(ONE, &header(), &claims()), &mut issuers).unwrap();
    ask(&token(ONE, &header(), &claims()), &mut issuers).unwrap();
    assert_eq!(issuers.asked, 1, "the list is kept");
}

#[test]
fn a_token_of_the_tenant_is_believed() {
    let mut issuers = Issuers {
        now: NOW,
        ..Issuers::default()
    };
    issuers.published.insert(
        Authority::Tenant.shelf(),
        json!({"keys": [jwk(TWO, "one")]}),
    );
    for issuer in [
        format!("https://sts.windows.net/{TENANT}/"),
        format!("https://login.microsoftonline.com/{TENANT}/v2.0"),
    ] {
        let mut claims = with(claims(), "iss", json!(issuer));
        claims.as_object_mut().unwrap().remove("serviceurl");
        ask(&token(TWO, &header(), &claims), &mut issuers).unwrap();
    }
    let other = with(claims(), "iss", json!("https://sts.windows.net/another/"));
    let raw = token(TWO, &header(), &other);
    assert!(matches!(
        ask(&raw, &mut issuers),
        Err(Fault::Refused(Refusal::Issuer(_)))
    ));
}

#[test]
fn a_token_without_a_signature_is_not_believed() {
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let header = with(header(), "alg", json!(algorithm));
        let raw = format!("{}.", message(&header, &claims()));
        assert_eq!(refused(&raw), Refusal::Unsigned, "{algorithm}");
        let raw = format!("{}.AA", message(&header, &claims()));
        assert_eq!(refused(&raw), Refusal::Algorithm, "{algorithm}");
    }
    let raw = format!("{}.", message(&header(), &claims()));
    assert_eq!(refused(&raw), Refusal::Unsigned);
}

#[test]
fn a_public_key_is_no_secret_to_sign_with() {
    let header = with(header(), "alg", json!("HS256"));
    let message = message(&header, &claims());
    let key = pair(ONE);
    let modulus = public(ONE).n;
    for secret in [
        key.public_key().as_ref().to_vec(),
        modulus,
        jwk(ONE, "one").to_string().into_bytes(),
    ] {
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, &secret),
            message.as_bytes(),
        );
        assert_eq!(
            refused(&format!("{message}.{}", written(tag))),
            Refusal::Algorithm
        );
        // The same bytes under the right algorithm's name are no signature either.
        let honest = self::message(&self::header(), &claims());
        let tag = hmac::sign(
            &hmac::Key::new(hmac::HMAC_SHA256, &secret),
            honest.as_bytes(),
        );
        assert_eq!(
            refused(&format!("{honest}.{}", written(tag))),
            Refusal::Signature
        );
    }
}

#[test]
fn other_algorithms_of_the_same_key_are_not_believed() {
    for algorithm in ["RS384", "RS512", "PS256", "ES256", "EdDSA", "rs256"] {
        let header = with(header(), "alg", json!(algorithm));
        assert_eq!(
            refused(&token(ONE, &header, &claims())),
            Refusal::Algorithm,
            "{algorithm}"
        );
    }
    let message = message(&header(), &claims());
    let raw = format!(
        "{message}.{}",
        written(signed(ONE, &RSA_PKCS1_SHA512, &message))
    );
    assert_eq!(refused(&raw), Refusal::Signature);
}

#[test]
fn a_signature_by_another_key_is_not_believed() {
    assert_eq!(
        refused(&token(TWO, &header(), &claims())),
        Refusal::Signature
    );
    // A key that the token brings along is not looked at.
    let header = with(header(), "jwk", jwk(TWO, "one"));
    let header = with(header, "jku", json!("https://evil.example/keys"));
    assert_eq!(refused(&token(TWO, &header, &claims())), Refusal::Signature);
}

#[test]
fn a_token_for_somebody_else_is_not_believed() {
    for audience in [
        json!("other"),
        json!(["app"]),
        json!(""),
        json!(null),
        json!("https://api.botframework.com"),
    ] {
        let raw = token(ONE, &header(), &with(claims(), "aud", audience));
        assert_eq!(refused(&raw), Refusal::Audience);
    }
}

#[test]
fn a_token_by_somebody_else_is_not_believed_and_asks_nobody() {
    for issuer in [
        json!("https://evil.example"),
        json!("https://api.botframework.com/"),
        json!(null),
        json!(["https://api.botframework.com"]),
    ] {
        let mut issuers = one();
        let raw = token(ONE, &header(), &with(claims(), "iss", issuer));
        assert!(matches!(
            ask(&raw, &mut issuers),
            Err(Fault::Refused(Refusal::Issuer(_)))
        ));
        assert_eq!(issuers.asked, 0);
    }
}

#[test]
fn time_is_held_to_five_minutes() {
    let second = NOW / 1000;
    let check = |key: &str, value: Value, expect: Result<(), Refusal>| {
        let raw = token(ONE, &header(), &with(claims(), key, value.clone()));
        let got = match ask(&raw, &mut one()) {
            Ok(()) => Ok(()),
            Err(Fault::Refused(refusal)) => Err(refusal),
            Err(other) => panic!("{other:?}"),
        };
        assert_eq!(got, expect, "{key} {value}");
    };
    check("exp", json!(second - 299), Ok(()));
    check("exp", json!(second - 300), Err(Refusal::Expired));
    check("exp", json!(second - 100_000), Err(Refusal::Expired));
    check("nbf", json!(second + 300), Ok(()));
    check("nbf", json!(second + 301), Err(Refusal::NotYet));
    check("exp", json!("2000000000"), Err(Refusal::Endless));
    check("exp", json!(null), Err(Refusal::Endless));
    check("nbf", json!("0"), Err(Refusal::NotYet));
    check("nbf", json!(null), Ok(()));
}

#[test]
fn a_token_for_another_service_is_not_believed() {
    let raw = token(ONE, &header(), &claims());
    for service in [
        Some("https://evil.example/"),
        None,
        Some("https://smba.trafficmanager.net/amer/../emea"),
    ] {
        let result = ask_of(&raw, &mut one(), service, Some("msteams"));
        assert!(
            matches!(result, Err(Fault::Refused(Refusal::Service))),
            "{service:?}"
        );
    }
    ask_of(
        &raw,
        &mut one(),
        Some("https://smba.trafficmanager.net/amer"),
        Some("msteams"),
    )
    .unwrap();
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove("serviceurl");
    assert_eq!(refused(&token(ONE, &header(), &claims)), Refusal::Service);
    let claims = with(claims, "serviceUrl", json!(SERVICE));
    ask(&token(ONE, &header(), &claims), &mut one()).unwrap();
}

#[test]
fn a_key_speaks_for_the_channels_it_is_endorsed_for() {
    let raw = token(ONE, &header(), &claims());
    for channel in [Some("webchat"), None] {
        let result = ask_of(&raw, &mut one(), Some(SERVICE), channel);
        assert!(
            matches!(result, Err(Fault::Refused(Refusal::Channel))),
            "{channel:?}"
        );
    }
    let mut key = jwk(ONE, "one");
    key.as_object_mut().unwrap().remove("endorsements");
    ask_of(
        &raw,
        &mut Issuers::of(json!([key])),
        Some(SERVICE),
        Some("webchat"),
    )
    .unwrap();
}

#[test]
fn an_unknown_key_is_looked_for_once() {
    let mut issuers = one();
    let raw = token(TWO, &with(header(), "kid", json!("two")), &claims());
    for _ in 0..5 {
        let result = ask(&raw, &mut issuers);
        assert!(matches!(
            result,
            Err(Fault::Refused(Refusal::UnknownKey(_)))
        ));
    }
    assert_eq!(issuers.asked, 1, "once for all of them: the list is young");
    issuers.now += REFETCH_AFTER;
    ask(&raw, &mut issuers).unwrap_err();
    assert_eq!(issuers.asked, 2);
}

#[test]
fn a_new_key_is_found_when_it_is_used() {
    let mut issuers = one();
    ask(&token(ONE, &header(), &claims()), &mut issuers).unwrap();
    let keys = json!({"keys": [jwk(ONE, "one"), jwk(TWO, "two")]});
    issuers
        .published
        .insert(Authority::BotFramework.shelf(), keys);
    issuers.now += REFETCH_AFTER;
    ask(
        &token(TWO, &with(header(), "kid", json!("two")), &claims()),
        &mut issuers,
    )
    .unwrap();
    assert_eq!(issuers.asked, 2);
}

#[test]
fn a_key_that_was_withdrawn_is_forgotten_within_a_day() {
    let mut issuers = one();
    let claims = with(claims(), "exp", json!(NOW / 1000 + 1_000_000));
    let raw = token(ONE, &header(), &claims);
    ask(&raw, &mut issuers).unwrap();
    let keys = json!({"keys": [jwk(TWO, "two")]});
    issuers
        .published
        .insert(Authority::BotFramework.shelf(), keys);
    issuers.now += LIFETIME;
    assert!(matches!(
        ask(&raw, &mut issuers),
        Err(Fault::Refused(Refusal::UnknownKey(_)))
    ));
}

#[test]
fn keys_that_cannot_be_had_are_nobodys_fault() {
    let mut issuers = Issuers {
        now: NOW,
        ..Issuers::default()
    };
    let raw = token(ONE, &header(), &claims());
    assert!(matches!(ask(&raw, &mut issuers), Err(Fault::Keys("away"))));
}

#[test]
fn a_key_without_a_name_is_nobodys() {
    let mut header = header();
    header.as_object_mut().unwrap().remove("kid");
    assert_eq!(
        refused(&token(ONE, &header, &claims())),
        Refusal::UnknownKey(String::new())
    );
}

#[test]
fn what_is_no_token_is_not_read() {
    let good = token(ONE, &header(), &claims());
    let (head, rest) = good.split_once('.').unwrap();
    for raw in [
        String::new(),
        "x".into(),
        "a.b.c".into(),
        "..".into(),
        format!("{good}.x"),
        format!("{head}=.{rest}"),
        format!(" {good}"),
        format!("{good}\n"),
        "e30.W10.AA".into(),
        "x".repeat(100_000),
    ] {
        assert_eq!(refused(&raw), Refusal::Unreadable, "{raw:.40}");
    }
    let header = with(header(), "crit", json!(["b64"]));
    assert_eq!(
        refused(&token(ONE, &header, &claims())),
        Refusal::Unreadable
    );
}

#[test]
fn weak_and_odd_keys_are_left_out() {
    let good = jwk(ONE, "one");
    let list = json!({"keys": [
        with(good.clone(), "kty", json!("EC")),
        with(good.clone(), "use", json!("enc")),
        with(good.clone(), "alg", json!("RS512")),
        with(good.clone(), "kid", json!("")),
        with(good.clone(), "e", json!("AQ")),
        with(good.clone(), "e", json!("AQAA")),
        with(good.clone(), "e", json!("AQAAAAAB")),
        with(good.clone(), "n", json!("AQAB")),
        with(good.clone(), "n", json!("***")),
        json!(7),
        good,
    ]});
    let set = KeySet::read(&list, "here", NOW).unwrap();
    assert_eq!(set.keys.len(), 1);
    assert!(KeySet::read(&json!({"keys": 7}), "here", NOW).is_none());
    let text = serde_json::to_string(&set).unwrap();
    assert_eq!(serde_json::from_str::<KeySet>(&text).unwrap(), set);
}

/// The padding is compared whole: garbage behind the hash, short padding and a wrong type are no signature, even where
/// somebody could make such a block (with an exponent of three, for one).
#[test]
fn a_block_that_is_nearly_right_is_wrong() {
    let key: Key = KeySet::read(&json!({"keys": [jwk(ONE, "one")]}), "here", NOW)
        .unwrap()
        .keys
        .remove(0);
    let message = message(&header(), &claims());
    let good = signed(ONE, &RSA_PKCS1_SHA256, &message);
    let check = |signature: &[u8]| {
        super::rs256::verify(&key.modulus, &key.exponent, message.as_bytes(), signature)
    };
    assert!(check(&good));
    assert!(!check(&good[1..]));
    assert!(!check(&[&[0][..], &good].concat()));
    assert!(!check(&vec![0; 256]));
    assert!(!check(&key.modulus));
    // s + n opens to the same block, but is no number below n.
    let sum = num_bigint::BigUint::from_bytes_be(&good)
        + num_bigint::BigUint::from_bytes_be(&key.modulus);
    assert!(!check(&sum.to_bytes_be()));
    let mut one = vec![0; 256];
    one[255] = 1;
    assert!(!check(&one));
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(raw in "\\PC{0,200}") {
        prop_assert!(ask(&raw, &mut one()).is_err());
    }

    #[test]
    fn a_changed_byte_is_found(at in 0usize..2000, to in prop::sample::select(b"ABCxyz019-_.".to_vec())) {
        let good = token(ONE, &header(), &claims());
        let mut bytes = good.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        prop_assert!(ask(&String::from_utf8(bytes).unwrap(), &mut one()).is_err());
    }
}
