//! Tells others of the pilot's moves: a `POST` of JSON, three times at most.
//!
//! No move waits for it, and none fails with it: what finds no room is dropped and counted. The surprise: where it goes
//! is read anew for each one, so that an edit of `[pilot]` counts at once; and it is never shown, for the paths of such
//! addresses are secrets.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use bytes::Bytes;
use http::{HeaderValue, Request, header};
use overgrow_fetch::{Fetcher, Limits, Policy};
use overgrow_handler::Effects;
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::time::sleep;
use url::Url;

use super::decide::Turn;
use crate::config::{PilotConfig, Secret};
use crate::gateway::Generation;
use crate::metrics::PilotMetrics;

/// Moves that may wait: every route of a large file rolling back at once.
const QUEUE: usize = 256;

/// Tries of one webhook, and the pauses before the second and the third.
const PAUSES: [Duration; 3] = [
    Duration::ZERO,
    Duration::from_secs(1),
    Duration::from_secs(4),
];

/// What one try may take. Nobody reads the answer.
const LIMITS: Limits = Limits {
    bytes: 64 * 1024,
    time: Duration::from_secs(5),
    redirects: 0,
};

/// A move that others are told of.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) turn: Turn,
    /// Unix seconds.
    pub(super) at: u64,
}

/// Where moves are given up to be told.
pub(super) struct Webhook {
    running: Arc<ArcSwap<Generation>>,
    metrics: PilotMetrics,
    queue: mpsc::Sender<Told>,
    waiting: Mutex<Option<mpsc::Receiver<Told>>>,
}

/// Why a webhook was not taken.
#[derive(Debug, thiserror::Error)]
enum WebhookError {
    #[error("the token cannot be read")]
    Token(#[from] crate::config::SecretError),
    #[error("the token is no header")]
    NoHeader(#[from] http::Error),
    #[error("no answer")]
    Fetch(#[from] overgrow_fetch::FetchError),
    #[error("it answers {0}")]
    Status(u16),
}

impl Webhook {
    pub(super) fn new(running: Arc<ArcSwap<Generation>>, metrics: PilotMetrics) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        Self {
            running,
            metrics,
            queue,
            waiting: Mutex::new(Some(waiting)),
        }
    }

    /// Gives a move up. Never waits.
    pub(super) fn tell(&self, told: Told) {
        let wanted = self.running.load().config.pilot.webhook.is_some();
        if wanted && self.queue.try_send(told).is_err() {
            self.metrics.webhook("dropped");
            tracing::warn!("a webhook of the pilot is dropped: too many are waiting");
        }
    }

    /// Delivers what is given up, one after another, until the webhook is dropped. To be run once.
    pub(super) fn deliveries(&self) -> impl Future<Output = ()> + use<> {
        let waiting = self.waiting.lock();
        let waiting = waiting.unwrap_or_else(PoisonError::into_inner).take();
        let (running, metrics) = (Arc::clone(&self.running), self.metrics.clone());
        async move {
            let Some(mut waiting) = waiting else { return };
            let fetcher = Fetcher::new(Policy::operator());
            while let Some(told) = waiting.recv().await {
                let config = running.load().config.pilot.clone();
                metrics.webhook(deliver(&fetcher, &config, &told).await);
            }
        }
    }
}

/// Tries until it is taken, and gives the result in a word.
async fn deliver(fetcher: &Fetcher, config: &PilotConfig, told: &Told) -> &'static str {
    let Some(url) = &config.webhook else {
        return "dropped";
    };
    for pause in PAUSES {
        sleep(pause).await;
        match send(fetcher, url, config.webhook_token.clone(), told).await {
            Ok(()) => return "ok",
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                let (host, route) = (url.host_str(), &told.turn.route);
                tracing::warn!(host, route, %error, cause, "a webhook of the pilot was not taken");
            }
        }
    }
    "failed"
}

async fn send(
    fetcher: &Fetcher,
    url: &Url,
    token: Option<Secret>,
    told: &Told,
) -> Result<(), WebhookError> {
    let mut request = Request::post(url.as_str()).header(header::CONTENT_TYPE, "application/json");
    if let Some(token) = token {
        request = request.header(header::AUTHORIZATION, bearer(token).await?);
    }
    let request = request.body(Bytes::from(document(told).to_string()))?;
    let effects = Effects::performing();
    let sent = fetcher.request(&effects, request, LIMITS).await?;
    match sent.fetched() {
        Some(answer) if !answer.status.is_success() => {
            Err(WebhookError::Status(answer.status.as_u16()))
        }
        _ => Ok(()),
    }
}

/// A keychain may keep it waiting.
async fn bearer(token: Secret) -> Result<HeaderValue, WebhookError> {
    let read = tokio::task::spawn_blocking(move || token.read()).await;
    let token = read.unwrap_or_else(|_| Err(crate::config::SecretError::Empty("it".to_owned())))?;
    let text = zeroize::Zeroizing::new(format!("Bearer {}", &*token));
    let mut value = HeaderValue::from_str(&text).map_err(http::Error::from)?;
    value.set_sensitive(true);
    Ok(value)
}

fn document(told: &Told) -> Value {
    let Told { turn, at } = told;
    let time = std::time::UNIX_EPOCH + Duration::from_secs(*at);
    json!({
        "event": "pilot.move",
        "route": turn.route,
        "at": humantime::format_rfc3339_seconds(time).to_string(),
        "by": "pilot",
        "direction": turn.direction.name(),
        "from": turn.from.percent(),
        "to": turn.to.percent(),
        "why": turn.why,
    })
}
