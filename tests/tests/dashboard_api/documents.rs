//! The documents that the page is drawn from.

use crate::scene::Scene;
use anyhow::Result;
use overgrow_tests::admin::{patch, until};
use overgrow_tests::ask::get;
use serde_json::{Value, json};
use std::time::Instant;

#[tokio::test]
async fn the_overview_has_the_shape_that_the_page_relies_on() -> Result<()> {
    let scene = Scene::start("").await?;
    scene.traffic("/orders", 3).await?;
    let overview = until("three requests", async || {
        let overview = scene.json("/api/overview").await?;
        Ok((overview["routes"][0]["traffic"]["legacy"] == 3).then_some(overview))
    })
    .await?;
    for key in ["version", "now", "file", "needs_restart"] {
        assert!(!overview[key].is_null(), "{key}: {overview}");
    }
    assert_eq!(
        (
            &overview["generation"],
            &overview["synchronized"],
            &overview["error"]
        ),
        (&json!(1), &json!(true), &Value::Null)
    );
    let glance = &overview["glance"];
    assert_eq!(
        glance["routes"],
        json!({"legacy": 1, "split": 1, "rust": 0})
    );
    assert_eq!(glance["legacy"]["needed"], true);
    assert_eq!(glance["pilot"]["on"], 1);
    let [orders, half] = [0, 1].map(|at| overview["routes"][at].clone());
    assert_eq!(
        (&orders["id"], &half["id"]),
        (&json!("orders"), &json!("half"))
    );
    assert_eq!(
        (&orders["rust"], &orders["shadow"]),
        (&json!(0), &json!(100))
    );
    assert_eq!(
        (&orders["sticky"], &half["sticky"]),
        (&json!("request"), &json!({"header": "x-user"}))
    );
    assert_eq!(
        (&orders["pilot"]["state"], &half["pilot"]["state"]),
        (&json!("off"), &json!("on"))
    );
    for key in ["compared", "mismatched", "bound", "state", "holds", "why"] {
        assert!(!orders["parity"][key].is_null(), "{key}: {orders}");
    }
    assert_eq!(
        (&orders["leaves"], &half["now"]["rust"]),
        (&json!([]), &Value::Null)
    );
    Ok(())
}

#[tokio::test]
async fn a_bad_file_is_told_and_what_runs_is_shown() -> Result<()> {
    let scene = Scene::start("").await?;
    scene.sidecar.edit("[[route]\n")?;
    let overview = until("the fault", async || {
        let overview = scene.json("/api/overview").await?;
        Ok((overview["synchronized"] == false).then_some(overview))
    })
    .await?;
    assert!(
        overview["error"]
            .as_str()
            .is_some_and(|text| text.contains("[[route]"))
    );
    assert_eq!(overview["routes"].as_array().map(Vec::len), Some(2));
    Ok(())
}

#[tokio::test]
async fn what_happened_shows_in_the_trends() -> Result<()> {
    let scene = Scene::start("").await?;
    scene.traffic("/orders", 10).await?;
    let row = until("a sample", async || {
        let overview = scene.json("/api/overview").await?;
        let row = overview["routes"][0].clone();
        Ok((!row["now"]["rust"].is_null() && !row["now"]["legacy"].is_null()).then_some(row))
    })
    .await?;
    assert_eq!(row["now"]["rust"]["role"], "shadow");
    assert_eq!(row["now"]["legacy"].get("role"), None);
    assert!(
        row["now"]["legacy"]["p99"]
            .as_f64()
            .is_some_and(|p99| p99 > 0.0),
        "{row}"
    );
    let trend = scene.json("/api/trend?route=orders").await?;
    let rps = trend["legacy"]["rps"]
        .as_array()
        .cloned()
        .unwrap_or_default();
    assert_eq!(Some(rps.len()), trend["at"].as_array().map(Vec::len));
    assert_eq!(
        (&trend["step"], &trend["rust"]["role"]),
        (&json!(5), &json!("shadow"))
    );
    assert!(
        rps.iter()
            .any(|rps| rps.as_f64().is_some_and(|rps| rps > 0.0)),
        "{trend}"
    );
    assert!(!scene.json("/api/trend").await?["legacy"]["rps"][0].is_string());
    let trends = scene.json("/api/trends").await?;
    assert_eq!(trends["step"], 30);
    assert!(
        trends["routes"].get("orders").is_some() && trends["routes"].get("half").is_none(),
        "{trends}"
    );
    for (path, status) in [
        ("/api/trend?route=nobody", 404),
        ("/api/trend?rouet=a", 400),
    ] {
        assert_eq!(scene.ask(get(path)).await?.status(), status, "{path}");
    }
    Ok(())
}

#[tokio::test]
async fn the_burndown_ends_with_the_present() -> Result<()> {
    let scene = Scene::start("").await?;
    assert_eq!(scene.ask(patch("half", "100")).await?.status(), 200);
    let burndown = until("the move", async || {
        let burndown = scene.json("/api/burndown").await?;
        let last = burndown["rust"]
            .as_array()
            .and_then(|rust| rust.last().cloned());
        Ok((last == Some(json!(1))).then_some(burndown))
    })
    .await?;
    let lengths =
        ["at", "legacy", "split", "rust"].map(|key| burndown[key].as_array().map(Vec::len));
    assert!(
        lengths.iter().all(|length| *length == lengths[0]),
        "{burndown}"
    );
    Ok(())
}

#[tokio::test]
async fn both_latencies_are_told_in_the_same_buckets() -> Result<()> {
    let scene = Scene::start("").await?;
    scene.traffic("/orders", 5).await?;
    let histograms = until("five pairs", async || {
        let parity = scene.json("/api/parity/orders").await?;
        Ok((parity["compared"] == 5).then(|| parity["histograms"].clone()))
    })
    .await?;
    let counts = |side: &str| -> u64 {
        let counts = histograms[side].as_array().into_iter().flatten();
        counts.filter_map(Value::as_u64).sum()
    };
    assert_eq!((counts("legacy"), counts("rust")), (5, 5), "{histograms}");
    let lengths = ["le", "legacy", "rust"].map(|key| histograms[key].as_array().map(Vec::len));
    assert!(
        lengths.iter().all(|length| *length == lengths[0]),
        "{histograms}"
    );
    Ok(())
}

#[tokio::test]
async fn five_hundred_routes_are_one_document() -> Result<()> {
    let scene = Scene::between("", json!({}), json!({}), |rust| {
        let route = |at| {
            format!(
                "[[route]]\nid = \"r{at}\"\nmatch = {{ path = \"/r{at}\" }}\nhandler = \"http://{rust}\"\n\
                 rust = 50\nshadow = {{ sample = 100 }}\n\n"
            )
        };
        (0..500).map(route).collect()
    })
    .await?;
    for at in 0..500 {
        scene.traffic(&format!("/r{at}"), 1).await?;
    }
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let text = scene.ask(get("/api/overview")).await?.text();
        times.push((began.elapsed(), text.len()));
        let overview: Value = serde_json::from_str(&text)?;
        assert_eq!(overview["routes"].as_array().map(Vec::len), Some(500));
    }
    println!("an overview of 500 routes, in a build without optimisation: {times:?}");
    Ok(())
}
