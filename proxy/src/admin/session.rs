//! Sessions of people who showed the token once: few, short, and gone with the process.
//!
//! It must not know the token. The surprise: an id is compared with every session in constant time; there are at most
//! some hundred, and a table of hashes would tell by its timing how close a guess was.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::http::{HeaderMap, header};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::{Choice, ConstantTimeEq};
use tokio::time::Instant;

/// A working day and a bit.
pub(super) const LIFE: Duration = Duration::from_secs(12 * 60 * 60);

/// Sessions at a time; the oldest goes when one more comes.
const MOST: usize = 256;

/// The cookie's name.
const COOKIE: &str = "overgrow_session";

/// 256 bits from the system.
type Id = [u8; 32];

/// Whoever is logged in.
#[derive(Default)]
pub(super) struct Sessions(Mutex<Vec<Session>>);

struct Session {
    id: Id,
    ends: Instant,
}

/// Whether the page came over TLS, as far as the browser says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Plain,
    Encrypted,
}

impl Sessions {
    /// Begins one; gives the cookie's text.
    ///
    /// # Errors
    /// When the system has no randomness to give.
    pub(super) fn begin(&self, channel: Channel) -> Result<String, getrandom::Error> {
        let mut id = Id::default();
        getrandom::fill(&mut id)?;
        let ends = Instant::now() + LIFE;
        let mut live = self.live();
        if live.len() >= MOST {
            // They are in the order of their beginning.
            live.remove(0);
        }
        live.push(Session { id, ends });
        let value = BASE64_URL_SAFE_NO_PAD.encode(id);
        Ok(cookie(&value, LIFE, channel))
    }

    /// Whether a request shows a session that has not ended.
    pub(super) fn knows(&self, headers: &HeaderMap) -> bool {
        shown(headers).is_some_and(|id| {
            self.live()
                .iter()
                .fold(Choice::from(0), |found, session| {
                    found | session.id.ct_eq(&id)
                })
                .into()
        })
    }

    /// Ends the session that a request shows, if it shows one; gives the text that makes the browser forget it.
    pub(super) fn end(&self, headers: &HeaderMap) -> String {
        if let Some(id) = shown(headers) {
            self.live()
                .retain(|session| !bool::from(session.id.ct_eq(&id)));
        }
        cookie("", Duration::ZERO, Channel::Plain)
    }

    /// Those that have not ended.
    fn live(&self) -> MutexGuard<'_, Vec<Session>> {
        let mut live = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        live.retain(|session| session.ends > now);
        live
    }
}

fn cookie(value: &str, life: Duration, channel: Channel) -> String {
    let secure = match channel {
        Channel::Plain => "",
        Channel::Encrypted => "; Secure",
    };
    format!(
        "{COOKIE}={value}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{secure}",
        life.as_secs()
    )
}

/// The id in the cookie; none when two are shown, since one of them was planted.
fn shown(headers: &HeaderMap) -> Option<Id> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let mut values = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(name, _)| *name == COOKIE)
        .map(|(_, value)| value);
    let (value, None) = (values.next()?, values.next()) else {
        return None;
    };
    BASE64_URL_SAFE_NO_PAD.decode(value).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(cookie: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, cookie.parse().unwrap())])
    }

    fn pair(cookie: &str) -> &str {
        cookie.split(';').next().unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn a_session_is_known_until_it_ends() {
        let sessions = Sessions::default();
        let cookie = sessions.begin(Channel::Plain).unwrap();
        for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        assert!(!cookie.contains("Secure"));
        assert!(
            sessions
                .begin(Channel::Encrypted)
                .unwrap()
                .ends_with("; Secure")
        );
        let request = with(&format!("theme=dark; {}", pair(&cookie)));
        assert!(sessions.knows(&request));
        tokio::time::advance(LIFE).await;
        assert!(!sessions.knows(&request));
    }

    #[tokio::test]
    async fn logging_out_ends_one_session_and_no_other() {
        let sessions = Sessions::default();
        let [one, other] = [(); 2].map(|()| sessions.begin(Channel::Plain).unwrap());
        assert!(sessions.end(&with(pair(&one))).contains("Max-Age=0"));
        assert!(!sessions.knows(&with(pair(&one))));
        assert!(sessions.knows(&with(pair(&other))));
    }

    #[tokio::test]
    async fn what_was_made_up_is_not_known() {
        let sessions = Sessions::default();
        let real = sessions.begin(Channel::Plain).unwrap();
        let real = pair(&real);
        for forged in [
            COOKIE.to_owned(),
            format!("{COOKIE}="),
            format!("{COOKIE}=true"),
            format!("{COOKIE}={}", "A".repeat(43)),
            format!("{COOKIE}={}", "A".repeat(4_096)),
            real[..real.len() - 1].to_owned(),
            format!("{real}A"),
            real.replace(COOKIE, "Overgrow_Session"),
            // A page on another port may plant a second one.
            format!("{real}; {real}"),
            format!("{COOKIE}={}; {real}", "A".repeat(43)),
        ] {
            assert!(!sessions.knows(&with(&forged)), "{forged}");
        }
        assert!(sessions.knows(&with(real)));
    }

    #[tokio::test]
    async fn the_oldest_goes_when_there_are_too_many() {
        let sessions = Sessions::default();
        let first = sessions.begin(Channel::Plain).unwrap();
        for _ in 1..MOST {
            sessions.begin(Channel::Plain).unwrap();
        }
        assert!(sessions.knows(&with(pair(&first))));
        sessions.begin(Channel::Plain).unwrap();
        assert!(!sessions.knows(&with(pair(&first))));
    }
}
