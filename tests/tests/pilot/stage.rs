//! A sidecar with a pilot, a legacy and a native side whose mood the test sets, and clients that ask a hundred times a second.

use anyhow::{Context, Result, ensure};
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use overgrow_tests::admin::{json, until};
use overgrow_tests::ask::{Ask, Client, get};
use overgrow_tests::sidecar::{Sidecar, routes_toml};
use serde_json::Value;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What a side answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mood {
    /// What the other side answers too.
    Well,
    /// Something else.
    Odd,
    /// 500.
    Broken,
    /// Nothing: it breaks off before the first byte.
    Gone,
}

/// A side of the route.
pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    mood: watch::Sender<Mood>,
    accepting: JoinHandle<std::io::Result<()>>,
}

impl Backend {
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (mood, moods) = watch::channel(Mood::Well);
        let router = Router::new().fallback(move || {
            let mood = *moods.borrow();
            async move {
                match mood {
                    // The task ends without an answer, and its connection with it.
                    Mood::Gone => panic!("gone, as the test asks for"),
                    mood => answer(mood),
                }
            }
        });
        let accepting = tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self {
            address,
            mood,
            accepting,
        })
    }

    /// Takes no connections any more, and ends those that are open.
    pub(crate) fn stop(&self) {
        self.turn(Mood::Gone);
    }

    pub(crate) fn turn(&self, mood: Mood) {
        self.mood.send_replace(mood);
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn answer(mood: Mood) -> Response {
    match mood {
        Mood::Well => axum::Json(serde_json::json!({"price": 5})).into_response(),
        Mood::Odd => axum::Json(serde_json::json!({"price": 6})).into_response(),
        Mood::Broken | Mood::Gone => (StatusCode::INTERNAL_SERVER_ERROR, "broken").into_response(),
    }
}

/// All of it.
pub(crate) struct Stage {
    pub(crate) legacy: Backend,
    pub(crate) native: Backend,
    pub(crate) sidecar: Sidecar,
}

/// A gate that a pilot passes in seconds. A machine that compiles says nothing about latency.
pub(crate) const GATE: &str =
    "{ steps = [5, 25, 50, 100], hold = \"1s\", mismatch = 5, latency = 1000, auto = true }";

/// The same gate, for routes that are to stay where they are.
pub(crate) const LONG: &str =
    "{ steps = [5, 25, 50, 100], hold = \"1h\", mismatch = 5, latency = 1000, auto = true }";

/// The route `prices` with these lines; `NATIVE` in them is its native side.
pub(crate) fn route(lines: &str) -> String {
    format!(
        "[[route]]\nid = \"prices\"\nmatch = {{ path = \"/*\" }}\nhandler = \"http://NATIVE\"\n{lines}\n"
    )
}

impl Stage {
    pub(crate) async fn start(routes: &str) -> Result<Self> {
        let (legacy, native) = (Backend::start().await?, Backend::start().await?);
        let routes = routes.replace("NATIVE", &native.address.to_string());
        let sidecar = Sidecar::start(&routes_toml(legacy.address, &routes)).await?;
        Ok(Self {
            legacy,
            native,
            sidecar,
        })
    }

    /// The history of the route's dial, the newest first: who, and where to.
    pub(crate) async fn moves(&self) -> Result<Vec<(String, f64)>> {
        let history = json(self.sidecar.admin(), "/api/routes/prices/history").await?;
        let moves = history.as_array().context("a list")?.iter();
        let moves = moves.map(|moved| {
            let by = moved["by"].as_str().unwrap_or_default().to_owned();
            (by, moved["to"].as_f64().unwrap_or(f64::NAN))
        });
        Ok(moves.collect())
    }

    /// Waits until the newest move leads there.
    pub(crate) async fn until_moved(&self, by: &str, to: f64) -> Result<()> {
        let there = async || {
            let moves = self.moves().await?;
            let newest = moves.first().cloned();
            Ok(newest.filter(|newest| *newest == (by.to_owned(), to)))
        };
        until(&format!("{by} at {to}"), there).await.map(|_| ())
    }

    /// The pilot's stance to the route: state and reason.
    pub(crate) async fn stance(&self) -> Result<(String, String)> {
        let route = self.row().await?;
        let word = |key: &str| route["pilot"][key].as_str().unwrap_or_default().to_owned();
        Ok((word("state"), word("why")))
    }

    /// Waits until the pilot's state is this; gives the reason.
    pub(crate) async fn until_state(&self, state: &str) -> Result<String> {
        let look = async || {
            let (is, why) = self.stance().await?;
            Ok((is == state).then_some(why))
        };
        until(state, look).await
    }

    /// The route as `/api/routes` has it.
    pub(crate) async fn row(&self) -> Result<Value> {
        json(self.sidecar.admin(), "/api/routes/prices").await
    }

    /// Hands the route back to the pilot, as the page does.
    pub(crate) async fn resume(&self) -> Result<()> {
        let ask = Ask::new("POST", "/api/routes/prices/pilot")
            .header("content-type", "application/json")
            .body("{\"resume\": true}");
        let answer = ask.send(self.sidecar.admin()).await?;
        ensure!(answer.status() == 200, "{}", answer.text());
        Ok(())
    }

    /// Another process on the same folder, after this one has ended.
    pub(crate) async fn restart(self) -> Result<Self> {
        self.sidecar.process().stop().await?;
        Ok(Self {
            sidecar: self.sidecar.again()?.ready().await?,
            ..self
        })
    }

    /// The line of the dial in routes.toml.
    pub(crate) fn line(&self) -> Result<String> {
        let text = self.text()?;
        let line = text.lines().find(|line| line.starts_with("rust"));
        line.map(str::to_owned).context(text.clone())
    }

    pub(crate) fn text(&self) -> Result<String> {
        Ok(std::fs::read_to_string(self.sidecar.routes())?)
    }

    /// A hundred requests a second from now on.
    pub(crate) fn traffic(&self) -> Traffic {
        Traffic::start(self.sidecar.addr())
    }
}

/// Clients that ask, one request every ten milliseconds; they stop on drop.
pub(crate) struct Traffic {
    seen: watch::Receiver<Seen>,
    asking: JoinHandle<()>,
}

/// What they were answered.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) answers: usize,
    pub(crate) failed: usize,
    pub(crate) first_failure: Option<Instant>,
    pub(crate) last_failure: Option<Instant>,
}

impl Traffic {
    fn start(to: SocketAddr) -> Self {
        let (tell, seen) = watch::channel(Seen::default());
        let asking = tokio::spawn(async move {
            let mut client = Client::new(to);
            let mut tick = tokio::time::interval(Duration::from_millis(10));
            loop {
                tick.tick().await;
                let answer = client.ask(&get("/prices")).await;
                let failed = answer.is_ok_and(|answer| answer.status() >= 500);
                tell.send_modify(|seen| seen.add(failed.then(Instant::now)));
            }
        });
        Self { seen, asking }
    }

    pub(crate) fn seen(&self) -> Seen {
        *self.seen.borrow()
    }

    /// Waits for so many answers from now on.
    pub(crate) async fn more(&self, answers: usize) -> Result<Seen> {
        let mut seen = self.seen.clone();
        let enough = seen.borrow().answers + answers;
        Ok(*seen.wait_for(|seen| seen.answers >= enough).await?)
    }
}

impl Seen {
    fn add(&mut self, failure: Option<Instant>) {
        self.answers += 1;
        if failure.is_some() {
            self.failed += 1;
            self.first_failure = self.first_failure.or(failure);
            self.last_failure = failure;
        }
    }

    /// From the first failed answer to the last one.
    pub(crate) fn failing_for(&self) -> Duration {
        match (self.first_failure, self.last_failure) {
            (Some(first), Some(last)) => last - first,
            _ => Duration::ZERO,
        }
    }
}

impl Drop for Traffic {
    fn drop(&mut self) {
        self.asking.abort();
    }
}
