//! A sidecar that was started without a legacy.

use std::process::Command;

use anyhow::Result;
use http::{Request, Response};
use overgrow::Overgrow;
use overgrow_handler::{Body, BoxError, Declined, Handler};
use overgrow_tests::admin::{json, patch, scrape, until_config};
use overgrow_tests::ask::{get, post};
use overgrow_tests::raw::Answer;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{self, Sidecar};

use crate::rig::{legacy, route, without};

async fn start() -> Result<(Service, Sidecar)> {
    let new = Service::start("rust").await?;
    let sidecar = Sidecar::start(&without(&route(new.address(), ""))).await?;
    Ok((new, sidecar))
}

/// The status of a problem that the sidecar itself tells, and what it says.
fn problem(answer: &Answer) -> Result<(u16, String)> {
    assert_eq!(
        answer.header("content-type"),
        Some("application/problem+json")
    );
    let told: serde_json::Value = serde_json::from_str(&answer.text())?;
    assert_eq!(told["status"], answer.status());
    Ok((
        answer.status(),
        told["detail"].as_str().unwrap_or_default().to_owned(),
    ))
}

#[tokio::test]
async fn routes_answer_and_what_no_route_takes_is_not_found() -> Result<()> {
    let (_new, sidecar) = start().await?;
    let answer = get("/orders/1")
        .header("x-overgrow-debug", "1")
        .send(sidecar.addr())
        .await?;
    assert_eq!(answer.header("x-overgrow-backend"), Some("rust"));
    assert_eq!(answer.header("x-backend"), Some("rust"));
    for request in [
        get("/"),
        get("/ordersX"),
        post("/elsewhere", "a body"),
        get("/..%2forders"),
    ] {
        let answer = request.send(sidecar.addr()).await?;
        assert_eq!(
            problem(&answer)?,
            (404, "no route takes this request".into()),
            "{request:?}"
        );
    }
    let counted = scrape(sidecar.admin()).await?;
    let unmatched = [("route", "-"), ("backend", "rust"), ("status", "4xx")];
    assert_eq!(counted.sum("overgrow_requests_total", &unmatched), 4.0);
    assert_eq!(
        counted.sum("overgrow_requests_total", &[("backend", "legacy")]),
        0.0
    );
    assert_eq!(counted.sum("overgrow_legacy_needed", &[]), 0.0);
    assert_eq!(
        legacy(sidecar.admin()).await?["idle_seconds"],
        serde_json::Value::Null
    );
    Ok(())
}

#[tokio::test]
async fn nobody_can_ask_for_a_side_that_is_not_there() -> Result<()> {
    let (new, sidecar) = start().await?;
    let forced = |path: &str| get(path).header("x-overgrow-backend", "legacy");
    let answer = forced("/orders/1").send(sidecar.addr()).await?;
    let expect = (
        400,
        "x-overgrow-backend asks for the legacy, and there is none".into(),
    );
    assert_eq!(problem(&answer)?, expect);
    assert_eq!(new.asked(), 0);
    let answer = forced("/elsewhere").send(sidecar.addr()).await?;
    assert_eq!(answer.status(), 404);
    let rust = get("/orders/1").header("x-overgrow-backend", "rust");
    assert_eq!(rust.send(sidecar.addr()).await?.status(), 200);
    // A side that does not exist anywhere is no wish at all.
    let nonsense = get("/orders/1").header("x-overgrow-backend", "node");
    assert_eq!(nonsense.send(sidecar.addr()).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_websocket_to_nowhere_is_not_found() -> Result<()> {
    let (_new, sidecar) = start().await?;
    let handshake = get("/socket")
        .header("connection", "Upgrade")
        .header("upgrade", "websocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let answer = handshake.send(sidecar.addr()).await?;
    assert_eq!(answer.status(), 404);
    Ok(())
}

#[tokio::test]
async fn a_dial_cannot_be_turned_to_a_legacy_that_is_not_there() -> Result<()> {
    let (_new, sidecar) = start().await?;
    let before = std::fs::read_to_string(sidecar.routes())?;
    let expect = "`orders` answers 50 % of its requests, and no legacy is named for the rest";
    let answer = patch("orders", "50").send(sidecar.admin()).await?;
    assert_eq!(answer.status(), 409);
    assert!(answer.text().contains(expect), "{}", answer.text());
    for arguments in [
        &["set", "orders", "50"][..],
        &["rollback", "orders"],
        &["rollback", "--all"],
    ] {
        let output = Command::new(sidecar::binary()?)
            .args(arguments)
            .current_dir(sidecar.folder())
            .output()?;
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        let said = String::from_utf8(output.stderr)?;
        assert!(said.contains("no legacy is named for the rest"), "{said}");
    }
    assert_eq!(std::fs::read_to_string(sidecar.routes())?, before);
    Ok(())
}

#[tokio::test]
async fn the_legacy_may_come_back_for_a_rollback() -> Result<()> {
    let (new, sidecar) = start().await?;
    let old = Service::start("legacy").await?;
    let back = route(new.address(), "").replace("rust = true", "rust = false");
    sidecar.edit(&crate::rig::with(old.address(), "", &back))?;
    until_config(sidecar.admin(), "it is back", |config| {
        config["generation"] == 2
    })
    .await?;
    let answer = get("/orders/1").send(sidecar.addr()).await?;
    assert_eq!(answer.header("x-backend"), Some("legacy"));
    Ok(())
}

#[test]
fn explain_and_check_say_that_there_is_none() -> Result<()> {
    let folder = sidecar::folder()?;
    let text = without(&route(([127, 0, 0, 1], 9).into(), ""));
    std::fs::write(folder.path().join("routes.toml"), text)?;
    let said = |arguments: &[&str]| -> Result<String> {
        let mut command = Command::new(sidecar::binary()?);
        let output = command
            .args(arguments)
            .current_dir(folder.path())
            .output()?;
        Ok(String::from_utf8(output.stdout)?)
    };
    let check = said(&["check"])?;
    assert!(
        check.contains("1 route (0 legacy, 0 split, 1 rust), without a legacy"),
        "{check}"
    );
    let explained = said(&["explain", "GET", "/elsewhere"])?;
    assert!(
        explained.contains("side    none: the answer is 404"),
        "{explained}"
    );
    Ok(())
}

/// A handler of the program that takes no request, and does not say so before.
fn never() -> Handler {
    let declines =
        |_: Request<Body>| async { Err::<Response<Body>, BoxError>(Declined("not_mine").into()) };
    Handler::from_fn(declines).declining()
}

fn file(folder: &std::path::Path) -> Result<std::path::PathBuf> {
    let native = "[[route]]\nid = \"never\"\nmatch = { path = \"/never\" }\nhandler = \"never\"\nrust = true\n";
    let data = format!("[server]\ndata = {:?}", folder.join("data"));
    let file = folder.join("routes.toml");
    std::fs::write(&file, without(native).replace("[server]", &data))?;
    Ok(file)
}

#[test]
fn what_a_handler_declines_is_not_implemented() -> Result<()> {
    let folder = sidecar::folder()?;
    let builder = Overgrow::builder().handler("never", never());
    let running = builder.config_file(file(folder.path())?).start()?;
    let runtime = tokio::runtime::Runtime::new()?;
    let answer = runtime.block_on(post("/never", "a body").send(running.listen()[0]))?;
    let expect = "the native handler does not do this, and there is no legacy that would";
    assert_eq!(problem(&answer)?, (501, expect.into()));
    let admin = running.admin();
    let config = runtime.block_on(json(admin, "/api/config"))?;
    assert_eq!(
        config["traffic"],
        serde_json::json!({"legacy": 0, "rust": 1})
    );
    Ok(())
}

#[test]
fn a_handler_that_says_what_it_leaves_is_not_started_alone() -> Result<()> {
    let folder = sidecar::folder()?;
    let leaving = never().leaving(|| vec!["everything".to_owned()]);
    let builder = Overgrow::builder().handler("never", leaving);
    let Err(error) = builder.config_file(file(folder.path())?).start() else {
        anyhow::bail!("it started");
    };
    let error = error.to_string();
    assert!(
        error.contains("these routes leave something to it: never (everything)"),
        "{error}"
    );
    Ok(())
}
