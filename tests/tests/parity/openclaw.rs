//! The real gateway, a handler that is wrong on purpose, and live traffic: what was planted is found and named, and nothing else.
//!
//! The surprise: most of the recordings are writes, of which the legacy cannot be asked a second time. What differs there is never
//! excused as noise and never proved to be more than that; it counts against the handler all the same.

use crate::in_process::InProcess;
use anyhow::{Result, ensure};
use http::{Request, Response, header};
use http_body_util::BodyExt;
use overgrow::Overgrow;
use overgrow_handler::{Body, BoxError, Call, Handler};
use overgrow_tests::admin::{Scrape, scrape, until};
use overgrow_tests::ask::{Ask, post};
use overgrow_tests::golden::{Recording, parse_lines};
use overgrow_tests::kit;
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::raw::Answer;
use overgrow_tests::replay;
use overgrow_tests::shadow::{OUTCOMES, Report, ended, ended_in_all, judged, report};
use serde_json::{Value, json};
use std::net::SocketAddr;

/// A route with a handler, and what is wrong with it.
struct Watched {
    id: &'static str,
    path: &'static str,
    /// Further keys.
    keys: &'static str,
    planted: &'static [(&'static str, &'static str)],
}

const ROUTES: [Watched; 5] = [
    Watched {
        id: "hooks.wake",
        path: "/hooks/wake",
        keys: "",
        planted: &[("json:/mode", "value")],
    },
    Watched {
        id: "hooks.agent",
        path: "/hooks/agent",
        keys: "",
        planted: &[("status", "status")],
    },
    Watched {
        id: "tools",
        path: "/tools/invoke",
        keys: "",
        planted: &[
            ("json:/ok", "type"),
            ("json:/result/details/sessions", "order"),
        ],
    },
    Watched {
        id: "v1",
        path: "/v1/*",
        keys: "",
        planted: &[("header:allow", "missing")],
    },
    Watched {
        id: "rest",
        path: "/*",
        keys: "",
        planted: &[],
    },
];

/// How often all recordings are replayed: enough for a status that two of them have to be seen ten times.
const ROUNDS: usize = 5;

/// Asks the gateway itself and changes what it says, where something is planted.
fn wrong(gateway: SocketAddr) -> Handler {
    Handler::from_fn(move |request: Request<Body>| async move {
        let call = request.extensions().get::<Call>();
        let route = call.map(|call| call.route.to_string()).unwrap_or_default();
        let method = request.method().clone();
        let mut answer = forward(gateway, request).await?;
        plant(&route, method.as_str(), &mut answer);
        Ok(response(&answer)?)
    })
}

async fn forward(gateway: SocketAddr, request: Request<Body>) -> Result<Answer, BoxError> {
    let (parts, body) = request.into_parts();
    let body = body.collect().await?.to_bytes();
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let mut ask = Ask::new(parts.method.as_str(), target).body(body);
    for (name, value) in &parts.headers {
        if *name != header::CONTENT_LENGTH {
            ask = ask.header(name.as_str(), &String::from_utf8_lossy(value.as_bytes()));
        }
    }
    Ok(ask.send(gateway).await?)
}

fn plant(route: &str, method: &str, answer: &mut Answer) {
    match (route, method, answer.status()) {
        ("hooks.wake", _, 200) => edit(answer, |body| body["mode"] = json!("later")),
        ("hooks.agent", _, 202) => answer.status_line = "HTTP/1.1 200 OK".into(),
        ("tools", _, 400) => edit(answer, |body| {
            if body["ok"] == json!(false) {
                body["ok"] = json!("false");
            }
        }),
        ("tools", _, 200) => edit(answer, |body| {
            let sessions = body.pointer_mut("/result/details/sessions");
            if let Some(list) = sessions.and_then(Value::as_array_mut) {
                list.reverse();
            }
        }),
        ("v1", "GET", _) => answer.headers.retain(|header| header.name != "Allow"),
        _ => {}
    }
}

/// Changes a body of JSON, and leaves any other alone.
fn edit(answer: &mut Answer, change: impl FnOnce(&mut Value)) {
    if let Ok(mut body) = serde_json::from_slice(&answer.body) {
        change(&mut body);
        answer.body = body.to_string().into_bytes();
    }
}

fn response(answer: &Answer) -> Result<Response<Body>, http::Error> {
    const FRAMING: [&str; 5] = [
        "content-length",
        "transfer-encoding",
        "connection",
        "keep-alive",
        "date",
    ];
    let mut response = Response::builder().status(answer.status());
    for header in &answer.headers {
        let name = header.name.to_ascii_lowercase();
        if !FRAMING.contains(&name.as_str()) {
            response = response.header(&header.name, &header.value);
        }
    }
    response.body(Body::from(answer.body.clone()))
}

fn routes() -> String {
    let route = |Watched { id, path, keys, .. }: &Watched| {
        format!(
            "[[route]]\nid = \"{id}\"\nmatch = {{ path = \"{path}\" }}\nhandler = \"wrong\"\nrust = false\n\
             shadow = {{ sample = 100, aa = 100, writes = \"send\" }}\n{keys}\n\n"
        )
    };
    ROUTES.iter().map(route).collect()
}

fn list_sessions() -> Ask {
    let bearer = format!("Bearer {}", OpenClaw::TOKEN);
    post("/tools/invoke", r#"{"tool": "sessions_list"}"#).header("authorization", &bearer)
}

/// The agents that the hooks have started go on for a moment; a list of sessions is live only until they are done.
async fn settled(gateway: SocketAddr) -> Result<()> {
    until("the agents to be done", async || {
        let first = list_sessions().send(gateway).await?;
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
        let second = list_sessions().send(gateway).await?;
        let sessions = second.text().matches("sessionId").count();
        Ok((first.body == second.body && sessions > 2).then_some(()))
    })
    .await
}

/// Waits until every request that was to be shadowed has come to an end, and gives what cannot be compared a chance to show.
async fn quiet(admin: SocketAddr) -> Result<()> {
    let ends = async || {
        let scrape = scrape(admin).await?;
        Ok::<_, anyhow::Error>(ROUTES.map(|route| ended_in_all(&scrape, route.id)))
    };
    let asked = async || {
        let scrape = scrape(admin).await?;
        Ok::<_, anyhow::Error>(ROUTES.map(|route| {
            let labels = [("route", route.id), ("role", "primary")];
            scrape.sum("overgrow_requests_total", &labels) as u64
        }))
    };
    until("all shadow requests", async || {
        Ok((ends().await? == asked().await?).then_some(()))
    })
    .await
}

#[tokio::test]
async fn every_planted_difference_is_found_and_named_and_none_is_invented() -> Result<()> {
    let gateway = OpenClaw::start().await?;
    let builder = Overgrow::builder().handler("wrong", wrong(gateway.address()));
    let sidecar = InProcess::start(builder, gateway.address(), &routes()).await?;
    let text = std::fs::read_to_string(kit::tree("golden/openclaw-http.jsonl"))?;
    let recordings: Vec<Recording> = parse_lines(&text)?;
    for _ in 0..ROUNDS {
        for recording in &recordings {
            replay::exchange(sidecar.to()?, recording).await?;
        }
    }
    settled(gateway.address()).await?;
    for _ in 0..12 {
        let answer = list_sessions().send(sidecar.to()?).await?;
        ensure!(answer.status() == 200, "{}", answer.text());
    }
    quiet(sidecar.admin()?).await?;
    let scrape = scrape(sidecar.admin()?).await?;
    let mut wrong = Vec::new();
    for route in &ROUTES {
        let report = report(sidecar.admin()?, route.id).await?;
        println!("{}", told(&scrape, &report));
        wrong.extend(route.faults(&report));
        let judged = judged(&scrape, route.id, "mismatch");
        ensure!(judged == report.mismatched, "{judged}: {report:#?}");
    }
    ensure!(wrong.is_empty(), "{wrong:#?}");
    Ok(())
}

fn told(scrape: &Scrape, report: &Report) -> String {
    let Report {
        route,
        compared,
        mismatched,
        ..
    } = report;
    let ends = OUTCOMES.map(|outcome| format!("{outcome} {}", ended(scrape, route, outcome)));
    format!(
        "{route}: {compared} compared, {mismatched} mismatched, {:?}; {}",
        report.standing(),
        ends.join(", ")
    )
}

impl Watched {
    /// What the report says that was not planted, and what was planted that it does not say.
    fn faults(&self, report: &Report) -> Vec<String> {
        let invented = report.differences.iter().filter(|found| {
            found.stands()
                && !self
                    .planted
                    .contains(&(found.place.as_str(), found.kind.as_str()))
        });
        let invented = invented.map(|found| format!("{}: invented {found:?}", self.id));
        let standing = report.standing();
        let planted = self.planted.iter();
        let missed = planted.filter(|place| !standing.contains(place));
        let missed = missed.map(|place| format!("{}: missed {place:?}", self.id));
        let mut faults: Vec<_> = invented.chain(missed).collect();
        if report.compared == 0 || report.why.is_empty() {
            faults.push(format!("{}: {report:?}", self.id));
        }
        faults
    }
}
