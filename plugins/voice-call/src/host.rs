//! The real host behind [`Outside`].
//!
//! It must not decide anything about calls. The surprise: the answer of a provider that refused is quoted to the agent
//! as the legacy quotes it, cut to a length that a log can bear.

use overgrow_sdk::host::http::{self, Body, Credential, Redirects};
use overgrow_sdk::host::secrets::{self, Mac, Secret};
use overgrow_sdk::host::types::{Error, Failure, RetryAdvice};
use overgrow_sdk::host::{env, kv, log, timers};

use crate::ask::{Absent, Ask, Auth};
use crate::outside::{Again, Note, Order, Outside, Trouble, Write};
use crate::signature::{Digest, Keyed};

/// How much of a refusal is quoted, bytes.
const QUOTE: u32 = 2000;

/// How long a provider may take, ms; less than what a tool call has.
const PATIENCE: u64 = 8000;

/// Largest answer of a provider that is read, bytes.
const ANSWER: u64 = 256 * 1024;

/// The host of this instance.
#[derive(Debug)]
pub(crate) struct Host;

/// A secret that stays where it is.
#[derive(Debug)]
pub(crate) struct Handle(Secret);

impl Keyed for Handle {
    type Error = Trouble;

    fn digest(&self, digest: Digest, data: &[u8]) -> Result<Vec<u8>, Trouble> {
        let mac = match digest {
            Digest::Sha1 => Mac::HmacSha1,
            Digest::Sha256 => Mac::HmacSha256,
        };
        self.0.sign(mac, data).map_err(Trouble::from)
    }
}

impl Outside for Host {
    type Secret = Handle;

    fn now(&self) -> u64 {
        env::now()
    }

    fn unique(&self) -> String {
        uuid(&env::random(16))
    }

    fn read(&self, key: &str) -> Result<Option<(Vec<u8>, u64)>, Trouble> {
        let entry = kv::get(key)?;
        Ok(entry.map(|entry| (entry.value, entry.version)))
    }

    fn write(&self, key: &str, expected: u64, value: &[u8], lives: u64) -> Result<Write, Trouble> {
        match kv::compare_and_set(key, expected, value, Some(lives)) {
            Ok(_) => Ok(Write::Done),
            Err(Error::Conflict) => Ok(Write::Lost),
            Err(error) => Err(error.into()),
        }
    }

    fn put(&self, key: &str, value: &[u8], lives: u64) -> Result<(), Trouble> {
        kv::set(key, value, Some(lives))?;
        Ok(())
    }

    fn erase(&self, key: &str) -> Result<(), Trouble> {
        kv::delete(key)?;
        Ok(())
    }

    fn keys(&self, prefix: &str, limit: u32) -> Result<Vec<String>, Trouble> {
        Ok(kv::list_keys(prefix, None, limit)?)
    }

    fn arm(&self, name: &str, at: u64, order: &Order) -> Result<(), Trouble> {
        let timer = timers::Timer {
            name: name.to_owned(),
            at,
            every: None,
            payload: payload(std::slice::from_ref(order)),
        };
        Ok(timers::arm(&timer)?)
    }

    fn disarm(&self, name: &str) -> Result<(), Trouble> {
        timers::cancel(name)?;
        Ok(())
    }

    fn send(&self, ask: &Ask) -> Result<Vec<u8>, Trouble> {
        let name = match &ask.auth {
            Auth::Basic(_, name) | Auth::Bearer(name) => name,
        };
        let secret = open(name)?;
        let response = http::send(&request(ask, &secret))?;
        let head = response.head();
        match head.status {
            200..=299 => Ok(response.body()?),
            404 if ask.absent == Absent::Suffices => Ok(Vec::new()),
            status => {
                let quote = response.read(QUOTE).ok().flatten().unwrap_or_default();
                Err(refused(ask.whose, status, &quote, head.retry_after))
            }
        }
    }

    fn secret(&self, name: &str) -> Result<Handle, Trouble> {
        open(name).map(Handle)
    }

    fn reveal(&self, name: &str) -> Result<String, Trouble> {
        let bytes = open(name)?.reveal()?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn pause(&self, ms: u64) -> Result<(), Trouble> {
        env::pause(ms);
        Ok(())
    }

    fn note(&self, note: Note, message: &str, call_id: &str) {
        let level = match note {
            Note::Plain => log::Level::Info,
            Note::Odd => log::Level::Warn,
        };
        log::write(level, message, &[("call".into(), call_id.into())]);
    }
}

/// Orders as the payload of a job.
pub(crate) fn payload(orders: &[Order]) -> String {
    serde_json::to_string(orders).unwrap_or_default()
}

fn open(name: &str) -> Result<Secret, Trouble> {
    secrets::open(name).map_err(|error| match error {
        Error::NotFound => Trouble::lasting(format!("the secret {name} is not set")),
        other => other.into(),
    })
}

fn request<'a>(ask: &Ask, secret: &'a Secret) -> http::Request<'a> {
    let (kind, body) = match &ask.body {
        Some((kind, bytes)) => (Some(*kind), Body::Bytes(bytes.clone())),
        None => (None, Body::None),
    };
    http::Request {
        method: ask.method.into(),
        url: ask.url.clone(),
        headers: kind
            .map(|kind| ("Content-Type".into(), kind.into()))
            .into_iter()
            .collect(),
        body,
        credentials: vec![match &ask.auth {
            Auth::Basic(user, _) => Credential::Basic((user.clone(), secret)),
            Auth::Bearer(_) => Credential::Bearer(secret),
        }],
        redirects: Redirects::Manual,
        timeout: Some(PATIENCE),
        max_response: Some(ANSWER),
        idempotency_key: None,
    }
}

fn refused(whose: &str, status: u16, quote: &[u8], retry_after: Option<u64>) -> Trouble {
    let quote = String::from_utf8_lossy(quote);
    Trouble {
        message: format!("{whose} API error: {status} {quote}"),
        again: match (status, retry_after) {
            (408 | 429 | 500 | 502..=504, Some(wait)) => Again::After(wait),
            (408 | 429 | 500 | 502..=504, None) => Again::Later,
            _ => Again::Never,
        },
    }
}

/// A random UUID of 16 random bytes.
fn uuid(bytes: &[u8]) -> String {
    let mut number = bytes.iter().fold(0u128, |number, byte| {
        number.wrapping_shl(8) | u128::from(*byte)
    });
    number = number & !(0xf << 76) | 4 << 76;
    number = number & !(0b11 << 62) | 0b10 << 62;
    let hex = format!("{number:032x}");
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        let failure = Failure::from(error);
        Self {
            message: failure.message,
            again: match failure.retry {
                RetryAdvice::Never => Again::Never,
                RetryAdvice::Backoff => Again::Later,
                RetryAdvice::After(wait) => Again::After(wait),
            },
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        let retry = match trouble.again {
            Again::Never => RetryAdvice::Never,
            Again::Later => RetryAdvice::Backoff,
            Again::After(wait) => RetryAdvice::After(wait),
        };
        Self::new("voice-call", trouble.message, retry)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_a_random_uuid() {
        assert_eq!(uuid(&[0xff; 16]), "ffffffff-ffff-4fff-bfff-ffffffffffff");
        assert_eq!(uuid(&[0; 16]), "00000000-0000-4000-8000-000000000000");
    }

    #[test]
    fn a_refusal_is_quoted_and_says_whether_to_ask_again() {
        let trouble = refused("Twilio", 400, b"{\"code\":21211}", None);
        assert_eq!(
            trouble,
            Trouble::lasting("Twilio API error: 400 {\"code\":21211}")
        );
        let again = |status, wait| refused("Plivo", status, b"", wait).again;
        assert_eq!(again(429, Some(1500)), Again::After(1500));
        assert_eq!(again(503, None), Again::Later);
        assert_eq!(again(401, Some(1)), Again::Never);
    }

    #[test]
    fn orders_are_read_back() {
        let orders = [
            Order::Greet {
                call_id: "c".into(),
                text: "Hi".into(),
            },
            Order::HangUp {
                call_id: "c".into(),
            },
        ];
        let text = payload(&orders);
        assert_eq!(
            text,
            r#"[{"do":"greet","callId":"c","text":"Hi"},{"do":"hang-up","callId":"c"}]"#
        );
        let read: Vec<Order> = serde_json::from_str(&text).expect("orders");
        assert_eq!(read, orders);
    }
}
