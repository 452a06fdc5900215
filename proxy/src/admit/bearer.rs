//! JWTs: the token of a request, the keys that it may be signed with, and where they come from.
//!
//! Keys of an issuer are fetched when they are first needed and again every few minutes; those that came last hold for
//! as long as the issuer cannot be reached. The surprise: an unknown key is worth one more look at the issuer, but
//! not one for each token that a stranger makes up.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwapOption;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use overgrow_auth::bearer;
use overgrow_auth::jwt::{Expected, JwtError, KeySet, Keys, Verifier};
use overgrow_fetch::{Fetcher, Limits, Outcome, Policy};
use overgrow_handler::Effects;
use overgrow_settings::Secret;
use tokio::sync::Mutex;
use tokio::time::Instant;
use url::Url;

use super::{Denied, Unusable};
use crate::config::{JwtConfig, KeysConfig};

/// How long keys hold before they are fetched again: issuers roll theirs in days.
const FRESH: Duration = Duration::from_secs(300);
/// Between two fetches at the least.
const PAUSE: Duration = Duration::from_secs(10);
/// How long a fetch may take: a request waits for it.
const FETCH: Duration = Duration::from_secs(5);
/// Bytes of a key set.
const SIZE: usize = 256 * 1024;

/// Believes or does not believe JWTs.
#[derive(Debug)]
pub(super) struct Bearers {
    expected: Expected,
    keys: Source,
}

#[derive(Debug)]
enum Source {
    Fixed(Keys),
    Issuer(Arc<Issuer>),
}

/// Whoever publishes keys.
#[derive(Debug)]
struct Issuer {
    url: Url,
    fetcher: Fetcher,
    keys: ArcSwapOption<Known>,
    /// When it was last asked; held while it is.
    asked: Arc<Mutex<Option<Instant>>>,
}

/// Keys, and when they came.
#[derive(Debug)]
struct Known {
    keys: Keys,
    since: Instant,
}

impl Bearers {
    /// # Errors
    /// When the secret cannot be read or is too short to be one.
    pub(super) fn new(config: &JwtConfig) -> Result<Self, Unusable> {
        let keys = match &config.keys {
            KeysConfig::Secret(secret) => {
                let secret = Secret::new(secret.read()?.as_str());
                Source::Fixed(Keys::secret(secret)?)
            }
            KeysConfig::Jwks(url) => Source::Issuer(Arc::new(Issuer::new(url.clone()))),
        };
        Ok(Self {
            expected: Expected {
                issuer: config.issuer.clone(),
                audience: config.audience.clone(),
            },
            keys,
        })
    }

    pub(super) async fn check(&self, headers: &HeaderMap) -> Result<(), Denied> {
        let token = bearer(headers).ok_or(Denied::Bearer(None))?;
        // Whoever comes after us might read the second one.
        if headers.get_all(AUTHORIZATION).iter().count() > 1 {
            return Err(denied(JwtError::Malformed));
        }
        match &self.keys {
            Source::Fixed(keys) => self.verify(&token, keys.clone()).map_err(denied),
            Source::Issuer(issuer) => self.check_with(issuer, &token).await,
        }
    }

    async fn check_with(&self, issuer: &Arc<Issuer>, token: &str) -> Result<(), Denied> {
        let known = issuer.known().await.ok_or(NO_KEYS)?;
        match self.verify(token, known.keys.clone()) {
            Err(JwtError::UnknownKey) => {}
            verdict => return verdict.map_err(denied),
        }
        issuer.refresh(Some(known.since)).await;
        let known = issuer.keys.load_full().ok_or(NO_KEYS)?;
        self.verify(token, known.keys.clone()).map_err(denied)
    }

    fn verify(&self, token: &str, keys: Keys) -> Result<(), JwtError> {
        let verifier = Verifier {
            keys,
            expected: self.expected.clone(),
        };
        verifier.verify(token, SystemTime::now()).map(drop)
    }
}

const NO_KEYS: Denied = Denied::CannotJudge("the keys that say who may cannot be had");

fn denied(error: JwtError) -> Denied {
    Denied::Bearer(Some(error))
}

impl Issuer {
    fn new(url: Url) -> Self {
        Self {
            url,
            fetcher: Fetcher::new(Policy::operator()),
            keys: ArcSwapOption::empty(),
            asked: Arc::default(),
        }
    }

    /// The keys, as fresh as they can be had.
    async fn known(self: &Arc<Self>) -> Option<Arc<Known>> {
        let known = self.keys.load_full();
        let since = known.as_ref().map(|known| known.since);
        if since.is_some_and(|since| since.elapsed() < FRESH) {
            return known;
        }
        self.refresh(since).await;
        self.keys.load_full()
    }

    /// Fetches keys that are younger than those, unless somebody just did. The fetch goes on without whoever began it:
    /// clients that leave at once could else keep everybody from the keys for as long as they like.
    async fn refresh(self: &Arc<Self>, than: Option<Instant>) {
        let mut asked = Arc::clone(&self.asked).lock_owned().await;
        // Somebody else may have had them while this one waited for its turn.
        if self.is_younger(than) || !may_ask(*asked) {
            return;
        }
        *asked = Some(Instant::now());
        let issuer = Arc::clone(self);
        let fetching = tokio::spawn(async move {
            issuer.fetch().await;
            drop(asked);
        });
        // It says in the log how it went.
        drop(fetching.await);
    }

    fn is_younger(&self, than: Option<Instant>) -> bool {
        let known = self.keys.load();
        known.as_ref().map(|known| known.since) > than
    }

    async fn fetch(&self) {
        match self.published().await {
            Ok(set) => self.keys.store(Some(Arc::new(Known {
                keys: Keys::Set(set),
                since: Instant::now(),
            }))),
            Err(error) => {
                tracing::warn!(issuer = %self.url, error, "no keys from the issuer, the last ones hold");
            }
        }
    }

    async fn published(&self) -> Result<KeySet, String> {
        let limits = Limits {
            bytes: SIZE,
            time: FETCH,
            ..Limits::default()
        };
        let effects = Effects::performing();
        let fetched = self
            .fetcher
            .get(&effects, self.url.as_str(), HeaderMap::new(), limits);
        match fetched.await.map_err(|error| error.to_string())? {
            Outcome::Fetched(answer) if answer.status.is_success() => {
                KeySet::parse(&answer.body).map_err(|error| error.to_string())
            }
            Outcome::Fetched(answer) => Err(format!("it answered {}", answer.status)),
            Outcome::Planned => Err("nothing was asked".to_owned()),
        }
    }
}

fn may_ask(asked: Option<Instant>) -> bool {
    asked.is_none_or(|asked| asked.elapsed() >= PAUSE)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    /// The public key of RFC 8037.
    const KEYS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;

    #[tokio::test]
    async fn of_two_tokens_neither_is_believed() {
        let bearers = Bearers {
            expected: Expected {
                issuer: None,
                audience: None,
            },
            keys: Source::Fixed(Keys::secret(Secret::new("x".repeat(32))).unwrap()),
        };
        let mut headers = HeaderMap::new();
        headers.append(AUTHORIZATION, "Bearer one".parse().unwrap());
        headers.append(AUTHORIZATION, "Bearer two".parse().unwrap());
        let said = bearers.check(&headers).await;
        assert_eq!(said, Err(denied(JwtError::Malformed)));
    }

    #[tokio::test]
    async fn a_client_that_leaves_does_not_take_the_keys_with_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let issuer = Arc::new(Issuer::new(url.parse().unwrap()));
        let mut first = Box::pin(issuer.known());
        let mut stream = tokio::select! {
            _ = &mut first => panic!("nobody has answered yet"),
            accepted = listener.accept() => accepted.unwrap().0,
        };
        drop(first);
        let answer = format!(
            "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{KEYS}",
            KEYS.len()
        );
        stream.write_all(answer.as_bytes()).await.unwrap();
        assert!(issuer.known().await.is_some());
    }
}
