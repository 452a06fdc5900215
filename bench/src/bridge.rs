//! What a sidecar owes the gateway: wakes that it has accepted and not delivered.
//!
//! It must not know who asks for it. The surprise: a gateway that is gone is owed for ever, so whoever has none must not wait.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use serde::Deserialize;

use crate::error::{During, Error, Result};
use crate::exchange::Exchange;

/// A full queue, and a gateway that takes a thousand in a second.
const PATIENCE: Duration = Duration::from_secs(180);
const BETWEEN: Duration = Duration::from_millis(20);

/// The bridge of one sidecar, by its admin listener.
#[derive(Clone, Copy, Debug)]
pub struct Bridge(pub SocketAddr);

/// How it stands; the counts are since the start.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
pub struct Standing {
    /// Accepted, and not delivered yet.
    pub waiting: u64,
    /// Taken by the gateway.
    pub delivered: u64,
    /// Accepted as the same as the one before.
    pub coalesced: u64,
    /// Refused for good by the gateway.
    pub dead: u64,
}

impl Standing {
    /// What came since an earlier standing; what waits, waits.
    pub fn since(self, before: Self) -> Self {
        Self {
            waiting: self.waiting,
            delivered: self.delivered.saturating_sub(before.delivered),
            coalesced: self.coalesced.saturating_sub(before.coalesced),
            dead: self.dead.saturating_sub(before.dead),
        }
    }
}

impl Bridge {
    /// Asks how it stands.
    ///
    /// # Errors
    /// When the sidecar does not answer, or has no bridge.
    pub fn standing(self) -> Result<Standing> {
        let request = format!("GET /api/bridge HTTP/1.1\r\nHost: {}\r\n\r\n", self.0);
        let asking = "ask the bridge how it stands";
        let mut exchange = Exchange::open(self.0).during(asking)?;
        let told = exchange.ask(request.as_bytes()).during(asking)?;
        serde_json::from_slice(told).map_err(|_| Error::Output {
            program: "overgrow".into(),
            output: String::from_utf8_lossy(told).into_owned(),
        })
    }

    /// Waits until the gateway has everything, and says how long that took.
    ///
    /// # Errors
    /// When it is not done in three minutes.
    pub fn settle(self) -> Result<Duration> {
        let began = Instant::now();
        while self.standing()?.waiting > 0 {
            if began.elapsed() > PATIENCE {
                return Err(Error::Unsettled(PATIENCE));
            }
            std::thread::sleep(BETWEEN);
        }
        Ok(began.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_is_read_and_held_against_an_earlier_one() {
        let told = r#"{"open":true,"waiting":3,"in_flight":1,"dead":0,"coalesced":7,"delivered":9,"last_error":null}"#;
        let now: Standing = serde_json::from_str(told).unwrap();
        let before = Standing {
            waiting: 100,
            delivered: 5,
            ..Standing::default()
        };
        let since = Standing {
            waiting: 3,
            delivered: 4,
            coalesced: 7,
            dead: 0,
        };
        assert_eq!(now.since(before), since);
    }
}
