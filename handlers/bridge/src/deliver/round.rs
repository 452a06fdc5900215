//! One round: takes a batch from the queue, carries it to the legacy in order, and settles what was answered.
//!
//! Wakes that follow each other go over the WebSocket without waiting for each other's answers: the gateway acts in the
//! order of arrival. The surprise: outcomes are kept by the [`Courier`] and not by the round, so that a round which is
//! broken off still settles what it has.

use super::frames;
use super::socket::{self, Answer, Socket, Until};
use super::strikes::Strike;
use super::trouble::Trouble;
use super::verdict::{Verdict, of_refusal};
use super::{Courier, LOOK, REFRESH};
use crate::queue::{Entry, Outcome, Store};
use crate::{Dispatch, Target};

use tokio::time::{Instant, timeout};

/// Entries of one batch: enough for the answers' way back not to count, few enough to be sent again after a cut.
const BATCH: usize = 32;

/// An entry, read.
struct Parcel {
    entry: Entry,
    dispatch: serde_json::Result<Dispatch>,
}

impl Parcel {
    fn new(entry: Entry) -> Self {
        let dispatch = serde_json::from_str(&entry.body);
        Self { entry, dispatch }
    }

    /// What goes over the WebSocket: a wake that fits.
    fn frame(&self, largest: usize) -> Option<String> {
        let Ok(Dispatch::Wake(wake)) = &self.dispatch else {
            return None;
        };
        Some(frames::wake(&self.entry.key, wake)).filter(|frame| frame.len() <= largest)
    }
}

impl Courier {
    /// Round after round until something goes wrong or, refused by the gateway, it is time to ask it again.
    pub(super) async fn rounds(
        &mut self,
        target: &Target,
        socket: Option<&Socket>,
    ) -> Result<(), Trouble> {
        let mut refresh = Instant::now() + REFRESH;
        loop {
            while self.round(target, socket).await? {}
            self.idle(socket).await?;
            if Instant::now() < refresh {
                continue;
            }
            match socket {
                Some(socket) => drop(self.learn_channels(socket).await?),
                None if target.has_gateway() => return Ok(()),
                None => {}
            }
            refresh = Instant::now() + REFRESH;
        }
    }

    /// Waits for something to be added, for a moment: another process may add without telling.
    async fn idle(&self, socket: Option<&Socket>) -> Result<(), Trouble> {
        let Some(socket) = socket else {
            drop(timeout(LOOK, self.queue.added()).await);
            return Ok(());
        };
        tokio::select! {
            _ = timeout(LOOK, self.queue.added()) => Ok(()),
            () = socket.gone() => Err(Trouble::away("it closed its WebSocket")),
        }
    }

    /// Whether there was something to carry.
    async fn round(&mut self, target: &Target, socket: Option<&Socket>) -> Result<bool, Trouble> {
        let entries = self.queue.ask(|store| store.take(BATCH)).await?;
        if entries.is_empty() {
            return Ok(false);
        }
        let parcels: Vec<_> = entries.into_iter().map(Parcel::new).collect();
        let carried = self.carry(target, socket, &parcels).await;
        if carried.is_err() {
            self.land().await?;
        }
        carried.map(|()| true)
    }

    async fn carry(
        &mut self,
        target: &Target,
        socket: Option<&Socket>,
        parcels: &[Parcel],
    ) -> Result<(), Trouble> {
        let mut rest = parcels;
        while let Some((first, behind)) = rest.split_first() {
            let Some((socket, frames)) = socket.and_then(|socket| leading(socket, rest)) else {
                let verdict = self.post(target, first).await?;
                self.note(first.entry.id, verdict)?;
                // At once: a turn that is taken twice costs more than a transaction.
                self.settle().await?;
                rest = behind;
                continue;
            };
            let (wakes, behind) = rest.split_at(frames.len());
            self.wake(socket, wakes, frames).await?;
            self.settle().await?;
            rest = behind;
        }
        Ok(())
    }

    async fn post(&mut self, target: &Target, parcel: &Parcel) -> Result<Verdict, Trouble> {
        let entry = &parcel.entry;
        match &parcel.dispatch {
            Ok(Dispatch::Agent(agent)) => self.hooks.agent(target, entry, agent).await,
            Ok(Dispatch::Wake(wake)) => self.hooks.wake(target, entry, wake).await,
            Err(error) => Ok(Verdict::Dead(format!("it cannot be read: {error}"))),
        }
    }

    /// Sends all, then waits for all. Of several things that go wrong the first is told.
    async fn wake(
        &mut self,
        socket: &Socket,
        wakes: &[Parcel],
        frames: Vec<String>,
    ) -> Result<(), Trouble> {
        let mut replies = Vec::with_capacity(wakes.len());
        for (wake, frame) in wakes.iter().zip(frames) {
            replies.push(
                socket
                    .send(wake.entry.key.clone(), frame, Until::Answered)
                    .await,
            );
        }
        let mut first = Ok(());
        for (wake, reply) in wakes.iter().zip(replies) {
            let answer = socket::answer(reply?).await?;
            first = first.and(self.note(wake.entry.id, verdict(answer)));
        }
        first
    }

    /// Notes how it ended with an entry.
    ///
    /// # Errors
    /// When it did not end, and is to be tried again.
    fn note(&mut self, entry: i64, verdict: Verdict) -> Result<(), Trouble> {
        let outcome = match verdict {
            Verdict::Delivered => Outcome::Delivered,
            Verdict::Dead(reason) => Outcome::Dead(reason),
            Verdict::Later(reason) => return Err(Trouble::Refused(reason)),
            Verdict::Strike(reason) => match self.strikes.count(entry) {
                Strike::Again => return Err(Trouble::Refused(reason)),
                Strike::Out => Outcome::Dead(reason),
            },
        };
        if let Outcome::Dead(reason) = &outcome {
            tracing::error!(entry, "a dispatch to the legacy is a dead letter: {reason}");
        }
        self.outcomes.push((entry, outcome));
        Ok(())
    }

    /// Lets what has an outcome leave the queue.
    ///
    /// # Errors
    /// When the queue fails; then it is delivered again.
    async fn settle(&mut self) -> Result<(), Trouble> {
        let outcomes = std::mem::take(&mut self.outcomes);
        // First, so that whoever sees it counted sees the rest as well.
        if outcomes.iter().any(|(_, o)| *o == Outcome::Delivered) {
            self.thrive();
        }
        let settle = move |store: &mut Store| store.settle(&outcomes);
        Ok(self.queue.ask(settle).await?)
    }

    /// Settles what has an outcome and lets the rest of what was taken wait again.
    ///
    /// # Errors
    /// When the queue fails; then what was delivered is delivered again.
    pub(super) async fn land(&mut self) -> Result<(), Trouble> {
        let settled = self.settle().await;
        self.queue.ask(Store::release).await?;
        settled
    }
}

/// The frames of the wakes that come first; `None` when something else does.
fn leading<'a>(socket: &'a Socket, parcels: &[Parcel]) -> Option<(&'a Socket, Vec<String>)> {
    let frames = parcels.iter().map_while(|p| p.frame(socket.largest));
    let frames: Vec<_> = frames.collect();
    (!frames.is_empty()).then_some((socket, frames))
}

fn verdict(answer: Answer) -> Verdict {
    match answer {
        Ok(_) => Verdict::Delivered,
        Err(refusal) => of_refusal(&refusal),
    }
}
