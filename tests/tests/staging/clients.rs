//! The clients: webhooks in plenty, people at the control UI, sockets that are greeted.
//!
//! They know what a good answer is and nothing of who gave it, but for the header that they ask a trusted sidecar for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use futures_util::StreamExt;
use overgrow_tests::ask::{Ask, Client, get, post};
use overgrow_tests::legacy::OpenClaw;
use overgrow_tests::raw::Answer;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::defect::BROKEN;

/// Webhook clients, and how often each asks: 100 requests a second together.
const HOOKS: usize = 4;
const BETWEEN_HOOKS: Duration = Duration::from_millis(40);

/// Page views and sockets come seldom, as they do.
const BETWEEN_PAGES: Duration = Duration::from_millis(200);
const BETWEEN_SOCKETS: Duration = Duration::from_millis(500);

/// An answer that takes longer is a failure.
const PATIENCE: Duration = Duration::from_secs(20);

/// Clients at work; they end when this is dropped or stopped.
pub(crate) struct Clients {
    stop: watch::Sender<bool>,
    working: Vec<JoinHandle<Seen>>,
    answered: Arc<AtomicU64>,
}

/// What clients saw.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Webhooks answered, with the time each took.
    pub(crate) hooks: Vec<Hook>,
    /// Page views answered.
    pub(crate) pages: u64,
    /// Sockets greeted.
    pub(crate) sockets: u64,
    broken: u64,
    failures: Vec<String>,
}

/// One webhook.
#[derive(Debug)]
pub(crate) struct Hook {
    /// Whether the native side answered.
    pub(crate) native: bool,
    /// From the request to the whole answer.
    pub(crate) took: Duration,
}

impl Clients {
    /// Sends them to a sidecar.
    pub(crate) fn start(to: SocketAddr) -> Self {
        let (stop, answered) = (watch::Sender::new(false), Arc::default());
        let hooks = (0..HOOKS).map(|_| {
            let answered = Arc::clone(&answered);
            tokio::spawn(hooks(to, answered, stop.subscribe()))
        });
        let mut working: Vec<_> = hooks.collect();
        working.push(tokio::spawn(pages(to, stop.subscribe())));
        working.push(tokio::spawn(sockets(to, stop.subscribe())));
        Self {
            stop,
            working,
            answered,
        }
    }

    /// Returns when so many more webhooks have been answered.
    pub(crate) async fn another(&self, webhooks: u64) -> Result<()> {
        let until = self.answered.load(Ordering::SeqCst) + webhooks;
        let started = Instant::now();
        while self.answered.load(Ordering::SeqCst) < until {
            ensure!(started.elapsed() < 2 * PATIENCE, "clients get no answers");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// Lets each finish what it is at, and gives what they saw.
    pub(crate) async fn stop(self) -> Result<Seen> {
        self.stop.send_replace(true);
        let mut all = Seen::default();
        for client in self.working {
            all.add(client.await?);
        }
        Ok(all)
    }
}

impl Seen {
    /// Answers of the planted defect.
    pub(crate) fn broken(&self) -> u64 {
        self.broken
    }

    /// Everything else that was not as it must be.
    pub(crate) fn failures(&self) -> &[String] {
        &self.failures
    }

    fn add(&mut self, other: Self) {
        self.hooks.extend(other.hooks);
        self.pages += other.pages;
        self.sockets += other.sockets;
        self.broken += other.broken;
        self.failures.extend(other.failures);
    }

    /// Sorts one webhook's answer.
    fn hook(&mut self, wanted: u16, took: Duration, answer: Result<Answer>) {
        match answer {
            Ok(answer) if answer.complete && answer.status() == wanted => {
                let native = answer.header("x-overgrow-backend") == Some("rust");
                self.hooks.push(Hook { native, took });
            }
            Ok(answer) if answer.status() == 500 && answer.text() == BROKEN => self.broken += 1,
            other => self.failures.push(described(wanted, other)),
        }
    }
}

fn described(wanted: u16, answer: Result<Answer>) -> String {
    match answer {
        Ok(answer) => format!("{wanted} wanted, {}: {}", answer.status_line, answer.text()),
        Err(error) => format!("{wanted} wanted, {error:#}"),
    }
}

/// What is asked in turn, and the status of a good answer: mostly accepted, now and then refused.
fn webhooks() -> Vec<(Ask, u16)> {
    let bearer = format!("Bearer {}", OpenClaw::HOOK_TOKEN);
    let send = |path: &str, body: &str| {
        let ask = post(path, body).header("authorization", &bearer);
        ask.header("content-type", "application/json")
            .header("x-overgrow-debug", "1")
    };
    let wake = |text: &str| send("/hooks/wake", &format!("{{\"text\":\"{text}\"}}"));
    vec![
        (wake("deploy finished"), 200),
        (wake("build is red"), 200),
        (wake("mail from anna"), 200),
        (
            send("/hooks/wake", "{\"text\":\"now\",\"mode\":\"now\"}"),
            200,
        ),
        (send("/hooks/wake", "{\"text\":"), 400),
        (send("/hooks/nothing-here", "{}"), 404),
    ]
}

async fn hooks(to: SocketAddr, answered: Arc<AtomicU64>, stop: watch::Receiver<bool>) -> Seen {
    let (mut client, mut seen) = (Client::new(to), Seen::default());
    let mut tick = interval(BETWEEN_HOOKS);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for (ask, wanted) in webhooks().iter().cycle() {
        tick.tick().await;
        if over(&stop) {
            break;
        }
        let began = Instant::now();
        let answer = in_time(client.ask(ask)).await;
        seen.hook(*wanted, began.elapsed(), answer);
        answered.fetch_add(1, Ordering::SeqCst);
    }
    seen
}

async fn pages(to: SocketAddr, stop: watch::Receiver<bool>) -> Seen {
    let mut seen = Seen::default();
    while !over(&stop) {
        match in_time(get("/").send(to)).await {
            Ok(answer) if answer.complete && answer.status() == 200 => seen.pages += 1,
            other => seen.failures.push(described(200, other)),
        }
        tokio::time::sleep(BETWEEN_PAGES).await;
    }
    seen
}

async fn sockets(to: SocketAddr, stop: watch::Receiver<bool>) -> Seen {
    let mut seen = Seen::default();
    while !over(&stop) {
        match in_time(greeting(to)).await {
            Ok(()) => seen.sockets += 1,
            Err(error) => seen.failures.push(format!("a socket: {error:#}")),
        }
        tokio::time::sleep(BETWEEN_SOCKETS).await;
    }
    seen
}

/// The gateway speaks first.
async fn greeting(to: SocketAddr) -> Result<()> {
    let (mut socket, _) = tokio_tungstenite::connect_async(format!("ws://{to}/")).await?;
    let first = socket.next().await;
    let first = first.ok_or_else(|| anyhow::anyhow!("it closed without a word"))??;
    ensure!(first.to_string().contains("connect.challenge"), "{first}");
    Ok(socket.close(None).await?)
}

async fn in_time<T>(asking: impl Future<Output = Result<T>>) -> Result<T> {
    let answer = timeout(PATIENCE, asking).await;
    answer.unwrap_or_else(|_| Err(anyhow::anyhow!("no answer within {PATIENCE:?}")))
}

fn over(stop: &watch::Receiver<bool>) -> bool {
    *stop.borrow() || stop.has_changed().is_err()
}
