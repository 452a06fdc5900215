//! The service: asks the provider for updates, or tells it where to send them.
//!
//! It acts only when the settings say that this plugin registers, since the legacy's own plugin does the same as long as
//! it runs. The surprise: an update that the gateway did not take stays here until it does, because the provider gives
//! each only once.

use std::cell::RefCell;
use std::time::Duration;

use overgrow_sdk::host::env;
use overgrow_sdk::host::types::CallContext;
use overgrow_sdk::{Failure, info, warn};
use serde_json::Value;

use crate::api::{Bot, POLL, SLACK};
use crate::exports::overgrow::plugin::service::{Guest as Service, Next, StopReason};
use crate::settings::{Account, Registers, Settings};
use crate::{Zalo, complain, deliver};

/// What is waited after a failure, as the legacy waits.
const BACK_OFF: Next = Next::After(5000);

/// What lives as long as the service.
struct Life {
    settings: Settings,
    /// Whose turn it is, and how many turns there were.
    turns: usize,
    /// An update that was not taken yet, and whose it is.
    left: Option<(String, Value)>,
    last: Result<(), String>,
}

thread_local! {
    static LIFE: RefCell<Option<Life>> = const { RefCell::new(None) };
}

impl Service for Zalo {
    fn start(_: CallContext, config: String) -> Result<Next, Failure> {
        let (settings, faults) = Settings::read(&config);
        complain(&faults);
        if settings.registers == Registers::Gateway {
            return Ok(Next::Idle);
        }
        for account in &settings.accounts {
            register(&settings, account)?;
        }
        let polls = polled(&settings).next().is_some();
        LIFE.set(Some(Life {
            settings,
            turns: 0,
            left: None,
            last: Ok(()),
        }));
        Ok(if polls { Next::After(0) } else { Next::Idle })
    }

    fn tick(ctx: CallContext) -> Result<Next, Failure> {
        LIFE.with_borrow_mut(|life| Ok(life.as_mut().map_or(Next::Idle, |life| life.turn(&ctx))))
    }

    /// What is given back to the legacy stays registered: it goes on with it.
    fn stop(_: CallContext, reason: StopReason) -> Result<(), Failure> {
        let life = LIFE.take();
        if let (Some(life), StopReason::Shutdown | StopReason::Disabled) = (life, reason) {
            life.settings
                .accounts
                .iter()
                .for_each(|account| forget(&life.settings, account));
        }
        Ok(())
    }

    fn health() -> Result<String, String> {
        LIFE.with_borrow(|life| match life {
            None => Ok("the gateway's own plugin registers".into()),
            Some(life) => life.last.clone().map(|()| format!("{} polls", life.turns)),
        })
    }
}

impl Life {
    /// One poll of one account, in turn.
    fn turn(&mut self, ctx: &CallContext) -> Next {
        let last = match self.left.take() {
            Some((account, update)) => self.pass_on(account, update),
            None => self.poll(ctx),
        };
        let next = if last.is_ok() {
            Next::After(0)
        } else {
            BACK_OFF
        };
        if let Err(failure) = &last {
            warn!("polling failed", why = failure.line());
        }
        self.last = last.map_err(|failure| failure.line());
        next
    }

    fn poll(&mut self, ctx: &CallContext) -> Result<(), Failure> {
        let accounts: Vec<_> = polled(&self.settings).collect();
        let Some(account) = accounts.get(self.turns % accounts.len().max(1)) else {
            return Ok(());
        };
        self.turns += 1;
        let wait = wait(ctx.deadline.saturating_sub(env::now()), accounts.len());
        let name = account.name.clone();
        match Bot::open(&self.settings, account)?.get_update(wait)? {
            Some(update) => self.pass_on(name, update),
            None => Ok(()),
        }
    }

    /// To the gateway; kept for another try when that may help.
    fn pass_on(&mut self, account: String, update: Value) -> Result<(), Failure> {
        let Some(known) = self.settings.account(Some(&account)) else {
            return Ok(());
        };
        let passed = deliver::deliver(&self.settings, known, update.clone());
        if let Err(failure) = &passed
            && failure.is_transient()
        {
            self.left = Some((account, update));
        }
        passed
    }
}

fn polled(settings: &Settings) -> impl Iterator<Item = &Account> {
    settings
        .accounts
        .iter()
        .filter(|account| account.webhook.is_none())
}

/// How long one poll may wait: no longer than the call has left, and less where others wait for their turn.
fn wait(left: u64, accounts: usize) -> Duration {
    let left = Duration::from_millis(left).saturating_sub(SLACK);
    let share = POLL / u32::try_from(accounts).unwrap_or(1).max(1);
    share.min(left).max(Duration::from_secs(1))
}

/// A webhook has to be there; that none is there is only asked for, as by the legacy.
fn register(settings: &Settings, account: &Account) -> Result<(), Failure> {
    let bot = Bot::open(settings, account)?;
    match &account.webhook {
        Some(webhook) => {
            bot.set_webhook(webhook)?;
            info!(
                "registered the webhook",
                account = account.name,
                url = webhook.url
            );
        }
        None => {
            if let Err(failure) = bot.delete_webhook() {
                warn!(
                    "the old webhook may still be there",
                    account = account.name,
                    why = failure.line()
                );
            }
        }
    }
    Ok(())
}

/// Best effort: the provider gives up by itself on a webhook that does not answer.
fn forget(settings: &Settings, account: &Account) {
    if account.webhook.is_none() {
        return;
    }
    let forgotten = Bot::open(settings, account).and_then(|bot| bot.delete_webhook());
    if let Err(failure) = forgotten {
        warn!(
            "the webhook is still registered",
            account = account.name,
            why = failure.line()
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_fits_into_its_call_and_leaves_room_for_others() {
        let check = |left: u64, accounts: usize, seconds: u64| {
            assert_eq!(wait(left, accounts), Duration::from_secs(seconds));
        };
        check(60_000, 1, 30);
        check(60_000, 3, 10);
        check(10_000, 1, 5);
        check(2_000, 1, 1);
        check(60_000, 100, 1);
    }
}
