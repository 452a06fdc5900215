//! What is remembered between calls: conversations, polls, files that wait, and what was said lately.
//!
//! It must not know what any of it is for.

use overgrow_sdk::Failure;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::consent::{self, Waiting};
use crate::reference::{self, MOST, Recipient, Reference};
use crate::vote::{self, Poll, Vote};
use crate::world::World;

/// How long a message of the bot's own is known as such, ms: a day, as with the legacy.
const OWN: u64 = 24 * 60 * 60 * 1000;
/// How many of them, per conversation.
const OWN_MOST: usize = 200;
/// How often somebody else may be faster.
const RACES: usize = 8;

/// Remembers a conversation, and whose it is.
pub fn remember(world: &impl World, reference: &Reference) -> Result<(), Failure> {
    let fresh = world.recall(&reference.key())?.is_none();
    keep(world, &reference.key(), reference, reference::LIFETIME)?;
    for key in reference.user_keys() {
        keep(world, &key, &reference.conversation, reference::LIFETIME)?;
    }
    match fresh {
        true => prune::<Reference>(world, reference::SHELF, |it| it.seen_at),
        false => Ok(()),
    }
}

/// The conversation that a recipient means; `None` when nothing was ever heard from there.
pub fn find(world: &impl World, recipient: &Recipient) -> Result<Option<Reference>, Failure> {
    match recipient {
        Recipient::Conversation(id) => recall(world, &reference::conversation_key(id)),
        Recipient::User(id) => match recall::<String>(world, &reference::user_key(id))? {
            Some(conversation) => recall(world, &reference::conversation_key(&conversation)),
            None => Ok(None),
        },
    }
}

/// Remembers a poll.
pub fn remember_poll(world: &impl World, poll: &Poll) -> Result<(), Failure> {
    keep(world, &vote::key(&poll.id), poll, vote::LIFETIME)?;
    prune::<Poll>(world, vote::SHELF, |it| it.seen_at)
}

/// Writes down a vote; the poll and what counts, or `None` when there is no such poll.
pub fn record(
    world: &impl World,
    voter: &str,
    vote: &Vote,
) -> Result<Option<(Poll, Vec<u32>)>, Failure> {
    let key = vote::key(&vote.poll);
    for _ in 0..RACES {
        let Some((bytes, version)) = world.recall(&key)? else {
            return Ok(None);
        };
        let mut poll: Poll = serde_json::from_slice(&bytes)?;
        let counted = poll.record(voter, vote, world.now());
        if world.swap(&key, version, &serde_json::to_vec(&poll)?, vote::LIFETIME)? {
            return Ok(Some((poll, counted)));
        }
    }
    Err(Failure::transient("conflict", "too many votes at once"))
}

/// Remembers a file until its person has answered.
pub fn wait(world: &impl World, upload: &str, waiting: &Waiting) -> Result<(), Failure> {
    keep(world, &consent::key(upload), waiting, consent::PATIENCE)
}

/// The file that waits, if it still does.
pub fn waiting(world: &impl World, upload: &str) -> Result<Option<Waiting>, Failure> {
    recall(world, &consent::key(upload))
}

/// Remembers that a message is the bot's own.
pub fn own(world: &impl World, conversation: &str, message: &str) -> Result<(), Failure> {
    let key = own_key(conversation);
    let mut list: Vec<String> = recall(world, &key)?.unwrap_or_default();
    list.retain(|known| known != message);
    list.push(message.to_owned());
    let surplus = list.len().saturating_sub(OWN_MOST);
    keep(world, &key, &list[surplus..].to_vec(), OWN)
}

/// Whether a message is the bot's own.
pub fn is_own(world: &impl World, conversation: &str, message: &str) -> Result<bool, Failure> {
    let list: Vec<String> = recall(world, &own_key(conversation))?.unwrap_or_default();
    Ok(list.iter().any(|known| known == message))
}

/// What is kept under a key; what cannot be read any more is as good as gone.
pub fn recall<T: DeserializeOwned>(world: &impl World, key: &str) -> Result<Option<T>, Failure> {
    let kept = world.recall(key)?;
    Ok(kept.and_then(|(bytes, _)| serde_json::from_slice(&bytes).ok()))
}

/// Keeps a value for `ttl` ms.
pub fn keep<T: Serialize>(
    world: &impl World,
    key: &str,
    value: &T,
    ttl: u64,
) -> Result<(), Failure> {
    world.keep(key, &serde_json::to_vec(value)?, ttl)
}

fn own_key(conversation: &str) -> String {
    format!("own/{conversation}")
}

/// Forgets the oldest when there are too many. Their values are read only then.
fn prune<T: DeserializeOwned>(
    world: &impl World,
    shelf: &str,
    seen_at: impl Fn(&T) -> u64,
) -> Result<(), Failure> {
    let keys = all(world, shelf)?;
    if keys.len() <= MOST {
        return Ok(());
    }
    let mut dated = Vec::with_capacity(keys.len());
    for key in keys {
        let value: Option<T> = recall(world, &key)?;
        dated.push((key, value.as_ref().map_or(0, &seen_at)));
    }
    for key in reference::excess(dated) {
        world.forget(&key)?;
    }
    Ok(())
}

fn all(world: &impl World, shelf: &str) -> Result<Vec<String>, Failure> {
    let mut keys: Vec<String> = Vec::new();
    loop {
        let more = world.keys(shelf, keys.last().map(String::as_str), 1000)?;
        match more.is_empty() {
            true => return Ok(keys),
            false => keys.extend(more),
        }
    }
}
