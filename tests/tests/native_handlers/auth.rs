//! Credentials in front of either side: what is refused reaches nobody, and looks as the gateway's own refusals do.

use crate::gate::{Gate, Refusal, bearer, refusal};
use anyhow::Result;
use overgrow_tests::ask::{Ask, get};
use std::net::{IpAddr, Ipv4Addr, UdpSocket};

/// As the gateway's interfaces refuse.
const GATEWAY: Refusal<'static> = (
    401,
    Some("application/json; charset=utf-8"),
    None,
    r#"{"error":{"message":"Unauthorized","type":"unauthorized"}}"#,
);

/// As its hooks do.
const HOOKS: Refusal<'static> = (401, Some("text/plain; charset=utf-8"), None, "Unauthorized");

#[tokio::test]
async fn the_gateways_token_lets_in_and_nothing_else_does() -> Result<()> {
    let gate = Gate::start("auth = \"gateway\"").await?;
    gate.passes(|ask| bearer(ask, "the-gateway-token")).await?;
    gate.refuses(|ask| ask, GATEWAY).await?;
    for wrong in [
        "the-hooks-token",
        "the-gateway-token2",
        "the-gateway-toke",
        "",
    ] {
        gate.refuses(|ask| bearer(ask, wrong), GATEWAY).await?;
    }
    let basic = |ask: Ask| ask.header("authorization", "Basic the-gateway-token");
    gate.refuses(basic, GATEWAY).await
}

#[tokio::test]
async fn the_hooks_token_lets_in_wherever_hooks_may_show_it() -> Result<()> {
    let gate = Gate::start("auth = \"hooks\"").await?;
    gate.passes(|ask| bearer(ask, "the-hooks-token")).await?;
    gate.passes(|ask| ask.header("x-openclaw-token", "the-hooks-token"))
        .await?;
    let answer = gate.ask(get("/rust/x?token=the-hooks-token")).await?;
    assert_eq!(answer.status(), 200);
    gate.refuses(|ask| ask, HOOKS).await?;
    gate.refuses(|ask| bearer(ask, "the-gateway-token"), HOOKS)
        .await
}

/// Nobody knows the daemon's socket here, so that a claim which `tailscale serve` would have made is never proven.
#[tokio::test]
async fn what_a_client_says_of_itself_lets_nobody_in() -> Result<()> {
    let gate = Gate::start("auth = \"gateway\"").await?;
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
            let answer = ask.send(gate.at(from)).await?;
            assert_eq!(
                refusal(&answer),
                (401, GATEWAY.1, None, GATEWAY.3.to_owned()),
                "{from} {ask:?}"
            );
        }
    }
    assert_eq!(gate.asked(), (0, 0));
    Ok(())
}

#[tokio::test]
async fn who_has_failed_too_often_is_known_behind_any_forwarded_address() -> Result<()> {
    let keys = "auth = \"gateway\"\nlimit = { failures = 3, per = \"1h\" }";
    let gate = Gate::start(keys).await?;
    for (number, expected) in [(1, 401), (2, 401), (3, 401), (4, 429), (5, 429)] {
        let ask = get("/rust/x").header("x-forwarded-for", &format!("198.51.100.{number}"));
        assert_eq!(gate.ask(ask).await?.status(), expected, "request {number}");
    }
    assert_eq!(gate.status("the-gateway-token").await?, 429);
    Ok(())
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
