//! The service: one `zca listen` per account, whose lines go to the gateway.
//!
//! It acts only when the settings say that this plugin listens, since the legacy's own plugin does the same as long as it
//! runs. The surprise: a message that the gateway did not take holds up the listening until it does, so that order is
//! kept; the program's output waits in its pipe.

use std::cell::RefCell;
use std::collections::VecDeque;

use overgrow_sdk::host::env;
use overgrow_sdk::host::inbound::{self, ChatKind, Event, Message, Receipt, Sender};
use overgrow_sdk::host::process::{self, Child};
use overgrow_sdk::host::types::{CallContext, Error};
use overgrow_sdk::{Failure, debug, info, warn};

use crate::exports::overgrow::plugin::service::{Guest as Service, Next, StopReason};
use crate::incoming::{self, Incoming};
use crate::settings::{Account, Listens, Settings};
use crate::{CHANNEL, Zalouser, zca};

/// What is waited before a listener that died is started again, as the legacy waits, in ms.
const BACK_OFF: u64 = 5000;

/// Longest wait for a line, in ms: reloads and stops wait for it.
const LINE: u64 = 1000;

/// Lines that are read at a turn, so that one account does not keep the others waiting.
const BURST: usize = 32;

struct Listener {
    account: Account,
    child: Option<Child>,
    /// When to start it again, Unix ms.
    again: u64,
    /// What the gateway has not taken yet.
    left: VecDeque<Incoming>,
    taken: u64,
}

thread_local! {
    static LISTENERS: RefCell<Vec<Listener>> = const { RefCell::new(Vec::new()) };
}

impl Service for Zalouser {
    fn start(_: CallContext, config: String) -> Result<Next, Failure> {
        let settings = Settings::read(&config)?;
        if settings.listens == Listens::Gateway {
            return Ok(Next::Idle);
        }
        let listeners: Vec<_> = settings.accounts.into_iter().map(Listener::new).collect();
        let next = if listeners.is_empty() {
            Next::Idle
        } else {
            Next::After(0)
        };
        LISTENERS.set(listeners);
        Ok(next)
    }

    fn tick(_: CallContext) -> Result<Next, Failure> {
        LISTENERS.with_borrow_mut(|listeners| Ok(turn(listeners, env::now())))
    }

    /// Letting go of a child is what asks it to end.
    fn stop(_: CallContext, _: StopReason) -> Result<(), Failure> {
        LISTENERS.set(Vec::new());
        Ok(())
    }

    fn health() -> Result<String, String> {
        LISTENERS.with_borrow(|listeners| {
            let down = listeners.iter().find(|listener| listener.child.is_none());
            let taken: u64 = listeners.iter().map(|listener| listener.taken).sum();
            match down {
                Some(listener) => Err(format!("zca of {} is not running", listener.account.name)),
                None => Ok(format!("{} listeners, {taken} messages", listeners.len())),
            }
        })
    }
}

/// A turn for each; says when the next one is due.
fn turn(listeners: &mut [Listener], now: u64) -> Next {
    let wait = LINE / (listeners.len().max(1) as u64);
    let waits = listeners
        .iter_mut()
        .map(|listener| listener.turn(now, wait));
    Next::After(waits.min().unwrap_or(BACK_OFF))
}

impl Listener {
    fn new(account: Account) -> Self {
        Self {
            account,
            child: None,
            again: 0,
            left: VecDeque::new(),
            taken: 0,
        }
    }

    /// Gives what may be waited until its next turn, in ms.
    fn turn(&mut self, now: u64, wait: u64) -> u64 {
        if let Err(failure) = self.pass_on() {
            warn!(
                "the gateway takes no message",
                account = self.account.name,
                why = failure.line()
            );
            return BACK_OFF;
        }
        if self.child.is_none() && now < self.again {
            return self.again - now;
        }
        if let Err(why) = self.listen(wait) {
            warn!("zca listener ended", account = self.account.name, why = why);
            self.child = None;
            self.again = now + BACK_OFF;
            return BACK_OFF;
        }
        0
    }

    /// Reads what is there, and waits for the first line only.
    fn listen(&mut self, wait: u64) -> Result<(), String> {
        let child = match self.child.take() {
            Some(child) => child,
            None => self.start()?,
        };
        for count in 0..BURST {
            let wait = if count == 0 { wait } else { 0 };
            match child.next_line(wait) {
                Ok(Some(line)) => self.left.extend(incoming::read(&line)),
                Ok(None) => return Err("it exited".into()),
                Err(Error::Timeout) => break,
                Err(error) => return Err(Failure::from(error).line()),
            }
        }
        self.child = Some(child);
        Ok(())
    }

    fn start(&self) -> Result<Child, String> {
        let args = ["listen", "-r", "-k"].map(String::from).into();
        let args = zca::with_profile(Some(&self.account.profile), args);
        let child = process::spawn(zca::ZCA, &args).map_err(|error| Failure::from(error).line())?;
        info!(
            "listening",
            account = self.account.name,
            profile = self.account.profile
        );
        Ok(child)
    }

    /// What cannot be taken ever is dropped, what cannot be taken now stays.
    fn pass_on(&mut self) -> Result<(), Failure> {
        while let Some(incoming) = self.left.front() {
            match submit(&self.account, incoming.clone()) {
                Err(failure) if failure.is_transient() => return Err(failure),
                Err(failure) => warn!(
                    "a message is refused",
                    account = self.account.name,
                    why = failure.line()
                ),
                Ok(()) => self.taken += 1,
            }
            self.left.pop_front();
        }
        Ok(())
    }
}

fn submit(account: &Account, incoming: Incoming) -> Result<(), Failure> {
    let thread = incoming.thread.clone();
    let name = incoming.thread_name.as_deref().unwrap_or_default();
    if thread.is_group && !account.takes_group(&thread.id, name) {
        debug!(
            "a group is not taken",
            account = account.name,
            group = thread.id
        );
        return Ok(());
    }
    match inbound::submit(&Event::Message(message(account, incoming)), &[])? {
        Receipt::Pairing(Some(words)) => {
            let args = zca::message("send", &thread, vec![zca::words(&words)]);
            if let Err(failure) =
                zca::demand(Some(&account.profile), args, "Failed to send message")
            {
                warn!(
                    "a stranger cannot be told how to pair",
                    account = account.name,
                    why = failure.line()
                );
            }
        }
        Receipt::Filtered(why) => debug!(
            "the gateway takes no message",
            account = account.name,
            why = why
        ),
        Receipt::Accepted(_) | Receipt::Duplicate | Receipt::Pairing(None) => {}
    }
    Ok(())
}

/// The gateway is told that every message is for it: in groups the legacy does not ask for a mention either.
fn message(account: &Account, incoming: Incoming) -> Message {
    Message {
        channel: CHANNEL.into(),
        account: Some(account.name.clone()),
        id: incoming.id,
        sender: Sender {
            id: incoming.sender,
            name: incoming.sender_name,
            handle: None,
            is_self: false,
            is_bot: false,
        },
        chat: match incoming.thread.is_group {
            true => ChatKind::Group,
            false => ChatKind::Direct,
        },
        conversation: incoming.thread.target(),
        conversation_name: incoming.thread_name,
        thread: None,
        reply_to: None,
        text: incoming.text,
        addressed: true,
        sent_at: incoming.sent_at.unwrap_or_else(env::now),
        extra: Vec::new(),
    }
}
