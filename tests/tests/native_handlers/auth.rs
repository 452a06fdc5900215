//! Credentials in front of either side: what is refused reaches nobody, and looks as the gateway's own refusals do.

use crate::rig::with_settings;
use crate::tokens::{Issuer, Signer};
use anyhow::{Context, Result};
use overgrow_tests::ask::{Ask, get};
use overgrow_tests::raw::Answer;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::Sidecar;
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::time::Duration;
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

/// Of the gateway, whose tailnet is on, and of its hooks.
const SETTINGS: &str = r#"{
  gateway: { auth: { mode: "token", token: "the-gateway-token", allowTailscale: true }, tailscale: { mode: "serve" } },
  hooks: { enabled: true, token: "the-hooks-token" },
}"#;

/// Between two requests that ask whether the sidecar has looked at an issuer again, which it does in its own time.
const LOOK: Duration = Duration::from_millis(50);

/// 32 bytes are the least that a secret may have.
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A sidecar that asks for credentials in front of a legacy and of another service.
struct Rig {
    legacy: Service,
    rust: Service,
    sidecar: Sidecar,
    _folder: TempDir,
}

/// What a client sees of a refusal.
type Refusal<'a> = (u16, Option<&'a str>, Option<&'a str>, &'a str);

impl Rig {
    /// `keys` may name the secret's file as SECRET.
    async fn start(keys: &str) -> Result<Self> {
        let (legacy, rust) = (
            Service::start("legacy").await?,
            Service::start("rust").await?,
        );
        let folder = tempfile::tempdir()?;
        let (settings, secret) = (
            folder.path().join("openclaw.json"),
            folder.path().join("secret"),
        );
        std::fs::write(&settings, SETTINGS)?;
        std::fs::write(&secret, SECRET)?;
        let keys = keys.replace("SECRET", &format!("{{ file = {secret:?} }}"));
        let handler = format!("handler = \"http://{}\"\nrust = true", rust.address());
        let routes = [("legacy", ""), ("rust", &handler)].map(|(side, handler)| {
            format!("[[route]]\nid = \"{side}\"\nmatch = {{ path = \"/{side}/*\" }}\n{keys}\n{handler}\n")
        });
        let text = with_settings(legacy.address(), &settings, &routes.concat())?;
        let everywhere = text.replace("listen = \"127.0.0.1:0\"", "listen = \"0.0.0.0:0\"");
        Ok(Self {
            legacy,
            rust,
            sidecar: Sidecar::start(&everywhere).await?,
            _folder: folder,
        })
    }

    fn at(&self, address: IpAddr) -> SocketAddr {
        (address, self.sidecar.addr().port()).into()
    }

    async fn ask(&self, ask: Ask) -> Result<Answer> {
        ask.send(self.at(Ipv4Addr::LOCALHOST.into())).await
    }

    async fn shown(&self, token: &str) -> Result<Answer> {
        self.ask(bearer(get("/rust/x"), token)).await
    }

    async fn status(&self, token: &str) -> Result<u16> {
        Ok(self.shown(token).await?.status())
    }

    /// The request is let in on both routes, each of which is answered by its own side and no other.
    async fn passes(&self, present: impl Fn(Ask) -> Ask) -> Result<()> {
        let before = self.asked();
        for side in ["legacy", "rust"] {
            let answer = self.ask(present(get(&format!("/{side}/x")))).await?;
            assert_eq!(
                (answer.status(), answer.header("x-backend")),
                (200, Some(side))
            );
        }
        assert_eq!(self.asked(), (before.0 + 1, before.1 + 1));
        Ok(())
    }

    /// The request is refused on both routes, and neither side hears of it.
    async fn refuses(&self, present: impl Fn(Ask) -> Ask, expected: Refusal<'_>) -> Result<()> {
        let before = self.asked();
        for side in ["legacy", "rust"] {
            let answer = self.ask(present(get(&format!("/{side}/x")))).await?;
            assert_eq!(
                refusal(&answer),
                (expected.0, expected.1, expected.2, expected.3.to_owned())
            );
        }
        assert_eq!(self.asked(), before);
        Ok(())
    }

    fn asked(&self) -> (usize, usize) {
        (self.legacy.asked(), self.rust.asked())
    }
}

fn refusal(answer: &Answer) -> (u16, Option<&str>, Option<&str>, String) {
    let (kind, challenge) = (
        answer.header("content-type"),
        answer.header("www-authenticate"),
    );
    (answer.status(), kind, challenge, answer.text())
}

fn bearer(ask: Ask, token: &str) -> Ask {
    ask.header("authorization", &format!("Bearer {token}"))
}

/// As the gateway's interfaces refuse.
const GATEWAY: Refusal<'static> = (
    401,
    Some("application/json; charset=utf-8"),
    None,
    r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#,
);

/// As its hooks do.
const HOOKS: Refusal<'static> = (401, Some("text/plain; charset=utf-8"), None, "Unauthorized");

fn unbelieved(why: &str) -> Refusal<'_> {
    let challenge = match why {
        "no token" => "Bearer",
        _ => "Bearer error=\"invalid_token\"",
    };
    (401, Some("text/plain; charset=utf-8"), Some(challenge), why)
}

#[tokio::test]
async fn the_gateways_token_lets_in_and_nothing_else_does() -> Result<()> {
    let rig = Rig::start("auth = \"gateway\"").await?;
    rig.passes(|ask| bearer(ask, "the-gateway-token")).await?;
    rig.refuses(|ask| ask, GATEWAY).await?;
    for wrong in [
        "the-hooks-token",
        "the-gateway-token2",
        "the-gateway-toke",
        "",
    ] {
        rig.refuses(|ask| bearer(ask, wrong), GATEWAY).await?;
    }
    let basic = |ask: Ask| ask.header("authorization", "Basic the-gateway-token");
    rig.refuses(basic, GATEWAY).await
}

#[tokio::test]
async fn the_hooks_token_lets_in_wherever_hooks_may_show_it() -> Result<()> {
    let rig = Rig::start("auth = \"hooks\"").await?;
    rig.passes(|ask| bearer(ask, "the-hooks-token")).await?;
    rig.passes(|ask| ask.header("x-openclaw-token", "the-hooks-token"))
        .await?;
    let answer = rig.ask(get("/rust/x?token=the-hooks-token")).await?;
    assert_eq!(answer.status(), 200);
    rig.refuses(|ask| ask, HOOKS).await?;
    rig.refuses(|ask| bearer(ask, "the-gateway-token"), HOOKS)
        .await
}

/// Nobody knows the daemon's socket here, so that a claim which `tailscale serve` would have made is never proven.
#[tokio::test]
async fn what_a_client_says_of_itself_lets_nobody_in() -> Result<()> {
    let rig = Rig::start("auth = \"gateway\"").await?;
    let claims: [&[(&str, &str)]; 4] = [
        &[
            ("tailscale-user-login", "ada@example.com"),
            ("tailscale-user-name", "Ada"),
        ],
        &[
            ("tailscale-user-login", "ada@example.com"),
            ("x-forwarded-for", "100.64.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "gateway.tailnet.ts.net"),
        ],
        &[("x-forwarded-for", "127.0.0.1")],
        &[("x-real-ip", "127.0.0.1"), ("forwarded", "for=127.0.0.1")],
    ];
    for from in own_addresses() {
        for claim in claims {
            let add = |ask: Ask, (name, value): &(&str, &str)| ask.header(name, value);
            let ask = claim.iter().fold(get("/rust/x"), add);
            let answer = ask.send(rig.at(from)).await?;
            assert_eq!(
                refusal(&answer),
                (401, GATEWAY.1, None, GATEWAY.3.to_owned()),
                "{from} {ask:?}"
            );
        }
    }
    assert_eq!(rig.asked(), (0, 0));
    Ok(())
}

#[tokio::test]
async fn who_has_failed_too_often_is_known_behind_any_forwarded_address() -> Result<()> {
    let keys = "auth = \"gateway\"\nlimit = { failures = 3, per = \"1h\" }";
    let rig = Rig::start(keys).await?;
    for (number, expected) in [(1, 401), (2, 401), (3, 401), (4, 429), (5, 429)] {
        let ask = get("/rust/x").header("x-forwarded-for", &format!("198.51.100.{number}"));
        assert_eq!(rig.ask(ask).await?.status(), expected, "request {number}");
    }
    assert_eq!(rig.status("the-gateway-token").await?, 429);
    Ok(())
}

#[tokio::test]
async fn a_shared_secret_signs_tokens() -> Result<()> {
    let rig =
        Rig::start("auth = { jwt = { secret = SECRET, issuer = \"me\", audience = \"you\" } }")
            .await?;
    let signer = Signer::Secret(SECRET.to_owned());
    let other = Signer::Secret(SECRET.replace('0', "1"));
    let claims = json!({ "sub": "ada", "exp": 4_102_444_800_u64, "iss": "me", "aud": "you" });
    let with = |name: &str, value: serde_json::Value| {
        let mut claims = claims.clone();
        claims[name] = value;
        claims
    };
    let good = signer.sign("any", &claims)?;
    rig.passes(|ask| bearer(ask, &good)).await?;
    rig.refuses(|ask| ask, unbelieved("no token")).await?;
    let cases = [
        (
            signer.sign("a", &with("exp", 1.into()))?,
            "the token has expired",
        ),
        (
            signer.sign("a", &with("iss", "you".into()))?,
            "the token's issuer is another",
        ),
        (
            signer.sign("a", &with("aud", "me".into()))?,
            "the token's audience is another",
        ),
        (other.sign("a", &claims)?, "the token's signature is wrong"),
        ("a.b.c".to_owned(), "the token is malformed"),
    ];
    for (token, why) in cases {
        rig.refuses(|ask| bearer(ask, &token), unbelieved(why))
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_issuers_keys_are_fetched_once_for_many_tokens() -> Result<()> {
    let issuer = Issuer::start().await?;
    let (ed25519, rsa) = (Signer::ed25519()?, Signer::rsa()?);
    issuer.publish([ed25519.published("one"), rsa.published("two")]);
    let rig = Rig::start(&issuer.auth()).await?;
    let tokens = [ed25519.token("one")?, rsa.token("two")?];
    for token in tokens.iter().cycle().take(20) {
        assert_eq!(rig.status(token).await?, 200);
    }
    assert_eq!(issuer.asked(), 1);
    let confused = ed25519.token("two")?;
    let refused = rig.shown(&confused).await?;
    assert_eq!(refused.status(), 401, "{}", refused.text());
    rig.refuses(|ask| ask, unbelieved("no token")).await
}

/// A stranger can make up names of keys at will.
#[tokio::test]
async fn made_up_keys_make_nobody_ask_the_issuer() -> Result<()> {
    let issuer = Issuer::start().await?;
    let (known, stranger) = (Signer::ed25519()?, Signer::ed25519()?);
    issuer.publish([known.published("known")]);
    let rig = Rig::start(&issuer.auth()).await?;
    assert_eq!(rig.status(&known.token("known")?).await?, 200);
    for number in 0..50 {
        let token = stranger.token(&format!("made up {number}"))?;
        assert_eq!(rig.status(&token).await?, 401);
    }
    assert_eq!((issuer.asked(), rig.asked()), (1, (0, 1)));
    Ok(())
}

#[tokio::test]
async fn a_new_key_is_believed_after_one_more_look_at_the_issuer() -> Result<()> {
    let issuer = Issuer::start().await?;
    let (old, new) = (Signer::ed25519()?, Signer::ed25519()?);
    issuer.publish([old.published("old")]);
    let rig = Rig::start(&issuer.auth()).await?;
    assert_eq!(rig.status(&old.token("old")?).await?, 200);
    issuer.publish([new.published("new")]);
    let token = new.token("new")?;
    asking(&rig, &token, |status| status == 200).await?;
    assert_eq!(issuer.asked(), 2);
    let withdrawn = old.token("old")?;
    assert_eq!(rig.status(&withdrawn).await?, 401);
    Ok(())
}

#[tokio::test]
async fn keys_outlive_an_issuer_that_is_out_of_order() -> Result<()> {
    let issuer = Issuer::start().await?;
    let (known, new) = (Signer::ed25519()?, Signer::ed25519()?);
    issuer.publish([known.published("known")]);
    let rig = Rig::start(&issuer.auth()).await?;
    let token = known.token("known")?;
    assert_eq!(rig.status(&token).await?, 200);
    issuer.fail();
    let unknown = new.token("new")?;
    asking(&rig, &unknown, |_| issuer.asked() == 2).await?;
    assert_eq!(
        (rig.status(&token).await?, rig.status(&unknown).await?),
        (200, 401)
    );
    Ok(())
}

#[tokio::test]
async fn without_any_keys_nobody_is_judged() -> Result<()> {
    let issuer = Issuer::start().await?;
    let signer = Signer::ed25519()?;
    let rig = Rig::start(&issuer.auth()).await?;
    let token = signer.token("any")?;
    let expected = "the keys that say who may cannot be had";
    for _ in 0..5 {
        let answer = rig.shown(&token).await?;
        assert_eq!((answer.status(), answer.text()), (503, expected.to_owned()));
    }
    assert_eq!((issuer.asked(), rig.asked()), (1, (0, 0)));
    Ok(())
}

/// Asks again and again with that token, until the status is as wanted. The sidecar looks at an issuer every ten seconds
/// at the most.
async fn asking(rig: &Rig, token: &str, wanted: impl Fn(u16) -> bool) -> Result<()> {
    let asking = async {
        while !wanted(rig.status(token).await?) {
            sleep(LOOK).await;
        }
        Ok(())
    };
    timeout(Duration::from_secs(30), asking)
        .await
        .context("the issuer was not asked again")?
}

/// Loopback, and where this machine is seen from others, if it is.
fn own_addresses() -> Vec<IpAddr> {
    let outwards = || {
        let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
        // Nothing is sent: this asks the system for a way.
        socket.connect("203.0.113.1:9").ok()?;
        Some(socket.local_addr().ok()?.ip())
    };
    let loopback = Some(Ipv4Addr::LOCALHOST.into());
    [loopback, outwards()].into_iter().flatten().collect()
}
