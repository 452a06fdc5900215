//! Puts a golden trace to a service and says where its answers are not the recorded ones.
//!
//! An entry goes its way alone: `head` writes its bytes, `exchange` and `socket` ask, `judge` compares under the rules that
//! `rulebook` finds for it. It must not know the command line or how findings are shown. The surprise: hyper reads the
//! answers but does not write the questions (`exact`), because it would put some of the recorded targets and headers
//! differently.

mod chatter;
mod exact;
mod exchange;
mod head;
mod judge;
mod rulebook;
mod socket;
mod target;

use std::time::Duration;

use overgrow_parity::AliasBook;
use overgrow_parity::trace::{Answer, Entry};
use tokio::time::Instant;

pub use self::chatter::{Chatter, Mark};
pub use self::judge::Finding;
pub use self::rulebook::Rulebook;
pub use self::target::{Host, Target, Unreachable};

/// Identifiers that are remembered, far more than a trace has.
const IDENTIFIERS: usize = 100_000;

/// Everything goes under one client: a trace does not say who sent an entry.
const CLIENT: u64 = 0;

/// Sends entries, in order, and judges what comes back.
pub struct Replay {
    target: Target,
    rules: Rulebook,
    chatter: Chatter,
    patience: Duration,
    names: AliasBook,
}

impl Replay {
    /// Against `target`, under `rules`. An entry may take as long as `patience`.
    pub fn new(target: Target, rules: Rulebook, patience: Duration) -> Self {
        Self {
            target,
            rules,
            chatter: Chatter::default(),
            patience,
            names: AliasBook::new(IDENTIFIERS),
        }
    }

    /// Leaves out these WebSocket messages on both sides.
    pub fn without(mut self, chatter: Chatter) -> Self {
        self.chatter = chatter;
        self
    }

    /// Sends one entry on a connection of its own; returns every difference, those that a rule covers too. Dropping the
    /// future closes the connection.
    ///
    /// # Errors
    /// When there is no connection. A connection that ends without an answer is a finding.
    pub async fn entry(&mut self, entry: &Entry) -> Result<Vec<Finding>, Unreachable> {
        let deadline = Instant::now() + self.patience;
        let stream = self.target.connect(deadline).await?;
        let bytes = head::bytes(&entry.request, &self.target);
        let room = match &entry.answer {
            Answer::Given(given) => exchange::Room::of(given),
            Answer::Silence(_) => exchange::Room::Whole,
        };
        let mut seen = exchange::ask(stream, &entry.request.method, bytes, room, deadline).await;
        let recorded = entry.conversation.as_ref();
        let recorded = recorded.map(|conversation| self.chatter.taken_from(conversation));
        let heard = match (&recorded, seen.take_upgraded()) {
            (Some(recorded), Some(upgraded)) => {
                Some(socket::play(upgraded, recorded, &self.chatter, deadline).await)
            }
            _ => None,
        };
        let rules = self.rules.of(&entry.request);
        let mut judge = judge::Judge::new(rules, &mut self.names, CLIENT);
        judge.answer(entry, &seen);
        if let (Some(recorded), Some(heard)) = (&recorded, &heard) {
            judge.conversation(recorded, heard);
        }
        Ok(judge.findings())
    }
}
