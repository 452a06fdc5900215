//! JWTs in front of either side, by a shared secret or by the keys that an issuer publishes.

use crate::gate::{Gate, Refusal, SECRET, bearer};
use crate::tokens::{Issuer, Signer};
use anyhow::{Context, Result};
use serde_json::json;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// Between two requests that ask whether the sidecar has looked at an issuer again, which it does in its own time.
const LOOK: Duration = Duration::from_millis(50);

fn unbelieved(why: &str) -> Refusal<'_> {
    let challenge = match why {
        "no token" => "Bearer",
        _ => "Bearer error=\"invalid_token\"",
    };
    (401, Some("text/plain; charset=utf-8"), Some(challenge), why)
}

#[tokio::test]
async fn a_shared_secret_signs_tokens() -> Result<()> {
    let gate =
        Gate::start("auth = { jwt = { secret = SECRET, issuer = \"me\", audience = \"you\" } }")
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
    gate.passes(|ask| bearer(ask, &good)).await?;
    gate.refuses(|ask| ask, unbelieved("no token")).await?;
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
        gate.refuses(|ask| bearer(ask, &token), unbelieved(why))
            .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_issuers_keys_are_fetched_once_for_many_tokens() -> Result<()> {
    let issuer = Issuer::start().await?;
    let (ed25519, rsa) = (Signer::ed25519()?, Signer::rsa()?);
    issuer.publish([ed25519.published("one"), rsa.published("two")]);
    let gate = Gate::start(&issuer.auth()).await?;
    let tokens = [ed25519.token("one")?, rsa.token("two")?];
    for token in tokens.iter().cycle().take(20) {
        assert_eq!(gate.status(token).await?, 200);
    }
    assert_eq!(issuer.asked(), 1);
    let confused = ed25519.token("two")?;
    let refused = gate.shown(&confused).await?;
    assert_eq!(refused.status(), 401, "{}", refused.text());
    gate.refuses(|ask| ask, unbelieved("no token")).await
}

/// A stranger can make up names of keys at will.
#[tokio::test]
async fn made_up_keys_make_nobody_ask_the_issuer() -> Result<()> {
    let issuer = Issuer::start().await?;
    let (known, stranger) = (Signer::ed25519()?, Signer::ed25519()?);
    issuer.publish([known.published("known")]);
    let gate = Gate::start(&issuer.auth()).await?;
    assert_eq!(gate.status(&known.token("known")?).await?, 200);
    for number in 0..50 {
        let token = stranger.token(&format!("made up {number}"))?;
        assert_eq!(gate.status(&token).await?, 401);
    }
    assert_eq!((issuer.asked(), gate.asked()), (1, (0, 1)));
    Ok(())
}

#[tokio::test]
async fn a_new_key_is_believed_after_one_more_look_at_the_issuer() -> Result<()> {
    let issuer = Issuer::start().await?;
    let (old, new) = (Signer::ed25519()?, Signer::ed25519()?);
    issuer.publish([old.published("old")]);
    let gate = Gate::start(&issuer.auth()).await?;
    assert_eq!(gate.status(&old.token("old")?).await?, 200);
    issuer.publish([new.published("new")]);
    let token = new.token("new")?;
    asking(&gate, &token, |status| status == 200).await?;
    assert_eq!(issuer.asked(), 2);
    let withdrawn = old.token("old")?;
    assert_eq!(gate.status(&withdrawn).await?, 401);
    Ok(())
}

#[tokio::test]
async fn keys_outlive_an_issuer_that_is_out_of_order() -> Result<()> {
    let issuer = Issuer::start().await?;
    let (known, new) = (Signer::ed25519()?, Signer::ed25519()?);
    issuer.publish([known.published("known")]);
    let gate = Gate::start(&issuer.auth()).await?;
    let token = known.token("known")?;
    assert_eq!(gate.status(&token).await?, 200);
    issuer.fail();
    let unknown = new.token("new")?;
    asking(&gate, &unknown, |_| issuer.asked() == 2).await?;
    assert_eq!(
        (gate.status(&token).await?, gate.status(&unknown).await?),
        (200, 401)
    );
    Ok(())
}

#[tokio::test]
async fn without_any_keys_nobody_is_judged() -> Result<()> {
    let issuer = Issuer::start().await?;
    let signer = Signer::ed25519()?;
    let gate = Gate::start(&issuer.auth()).await?;
    let token = signer.token("any")?;
    let expected = "the keys that say who may cannot be had";
    for _ in 0..5 {
        let answer = gate.shown(&token).await?;
        assert_eq!((answer.status(), answer.text()), (503, expected.to_owned()));
    }
    assert_eq!((issuer.asked(), gate.asked()), (1, (0, 0)));
    Ok(())
}

/// Asks again and again with that token, until the status is as wanted. The sidecar looks at an issuer every ten seconds
/// at the most.
async fn asking(gate: &Gate, token: &str, wanted: impl Fn(u16) -> bool) -> Result<()> {
    let asking = async {
        while !wanted(gate.status(token).await?) {
            sleep(LOOK).await;
        }
        Ok(())
    };
    timeout(Duration::from_secs(30), asking)
        .await
        .context("the issuer was not asked again")?
}
