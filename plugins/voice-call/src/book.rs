//! The book of calls that are on: what is written where in the durable state.
//!
//! It must not know providers. The surprise: webhooks of one call come at one time, so a call is only ever changed by
//! writing it if nobody else has, and a call whose end is never reported is forgotten when its time is up, which
//! keeps it from taking a place for ever.

use serde::{Deserialize, Serialize};

use crate::call::{Call, State};
use crate::outside::{Outside, Trouble, Write};

/// How often a change is tried again when somebody else was first. Only webhooks of the same call compete.
const TRIES: usize = 20;

/// How long the end of a call is remembered, ms: reports that come late begin nothing new.
const GONE: u64 = 3_600_000;

/// How long calls stay in the log, ms.
const LOGGED: u64 = 30 * 24 * 3_600_000;

/// How many calls stay in the log.
const LOG: u32 = 200;

/// Longest id that is taken from outside, bytes.
const ID: usize = 200;

/// A call and what only we need to know of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// What the agent is shown.
    pub call: Call,
    /// When it is forgotten whatever happens, Unix ms.
    pub until: u64,
    /// Where webhooks of this call go.
    pub webhook: Option<String>,
    /// The document it was made to hear, until it is fetched.
    pub notice: Option<String>,
    /// What waits to be spoken.
    pub words: Option<String>,
    /// The provider's id of the request that was to become this call.
    pub request: Option<String>,
    /// How many things the person has said.
    pub heard: u64,
    /// Who waits for the next of them.
    pub listener: Option<String>,
}

/// A place that is taken.
#[derive(Debug, Serialize, Deserialize)]
struct Place {
    id: String,
    until: u64,
}

/// How many places there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Places {
    /// So many.
    Limited(usize),
    /// Somebody else decides that.
    Unlimited,
}

/// The book.
#[derive(Debug)]
pub struct Book<'a, O>(pub &'a O);

impl<O: Outside> Book<'_, O> {
    /// Writes a new call; false when all places are taken.
    pub fn open(&self, entry: &Entry, places: Places) -> Result<bool, Trouble> {
        let id = &entry.call.call_id;
        let room = self.places(|taken| {
            let room = match places {
                Places::Limited(count) => taken.len() < count,
                Places::Unlimited => true,
            };
            taken.extend(room.then(|| Place {
                id: id.clone(),
                until: entry.until,
            }));
            room
        })?;
        if room {
            self.0.put(&call(id), &json(entry)?, self.left(entry))?;
            self.index(entry)?;
        }
        Ok(room)
    }

    /// Writes a call that has come in; false when somebody else has written it.
    pub fn admit(&self, entry: &Entry) -> Result<bool, Trouble> {
        let Some(id) = &entry.call.provider_call_id else {
            return Ok(false);
        };
        let ours = entry.call.call_id.as_bytes();
        match self.0.write(&line(id), 0, ours, self.left(entry))? {
            Write::Lost => Ok(false),
            Write::Done => self.open(entry, Places::Unlimited),
        }
    }

    /// The call of that id, ours or the provider's.
    pub fn find(&self, id: &str) -> Result<Option<Entry>, Trouble> {
        if id.is_empty() || id.len() > ID {
            return Ok(None);
        }
        if let Some((entry, _)) = self.load(id)? {
            return Ok(Some(entry));
        }
        let Some((ours, _)) = self.0.read(&line(id))? else {
            return Ok(None);
        };
        let entry = self.load(&String::from_utf8_lossy(&ours))?;
        Ok(entry.map(|(entry, _)| entry))
    }

    /// Why the call of that id is over, if it is and was not long ago.
    pub fn gone(&self, id: &str) -> Result<Option<State>, Trouble> {
        if id.len() > ID {
            return Ok(None);
        }
        let word = self.0.read(&gone(id))?;
        Ok(word.map(|(word, _)| State::ending(&String::from_utf8_lossy(&word))))
    }

    /// Changes the call of our id. `change` may run several times; what it returns last is what happened.
    pub fn change<T>(
        &self,
        id: &str,
        mut change: impl FnMut(&mut Entry) -> T,
    ) -> Result<Option<(Entry, T)>, Trouble> {
        for _ in 0..TRIES {
            let Some((before, version)) = self.load(id)? else {
                return Ok(None);
            };
            let mut entry = before.clone();
            let what = change(&mut entry);
            if entry == before {
                return Ok(Some((entry, what)));
            }
            let lives = self.left(&entry);
            match self.0.write(&call(id), version, &json(&entry)?, lives)? {
                Write::Lost => continue,
                Write::Done => {}
            }
            self.follow(&before, &entry)?;
            return Ok(Some((entry, what)));
        }
        Err(Trouble::passing("the call is being changed by too many"))
    }

    /// Strikes a call that is over; its record goes to the log.
    pub fn close(&self, entry: &Entry) -> Result<(), Trouble> {
        let ended = &entry.call;
        let word = ended.end_reason.unwrap_or(State::Completed).as_str();
        let ids = [Some(&ended.call_id), ended.provider_call_id.as_ref()];
        for id in ids.into_iter().flatten() {
            self.0.put(&gone(id), word.as_bytes(), GONE)?;
        }
        if let Some(id) = &ended.provider_call_id {
            self.0.erase(&line(id))?;
        }
        self.log(ended)?;
        self.0.erase(&call(&ended.call_id))?;
        self.places(|taken| taken.retain(|place| place.id != ended.call_id))
    }

    fn log(&self, ended: &Call) -> Result<(), Trouble> {
        let at = ended.ended_at.unwrap_or(ended.started_at);
        let old = self.0.keys("past/", LOG)?;
        let surplus = (old.len() + 1).saturating_sub(LOG as usize);
        for key in old.iter().take(surplus) {
            self.0.erase(key)?;
        }
        let key = format!("past/{at:014}/{}", ended.call_id);
        self.0.put(&key, &json(ended)?, LOGGED)
    }

    /// Changes which places are taken. Those whose time is up are free.
    fn places<T>(&self, mut change: impl FnMut(&mut Vec<Place>) -> T) -> Result<T, Trouble> {
        let now = self.0.now();
        for _ in 0..TRIES {
            let (bytes, version) = self.0.read("places")?.unwrap_or_default();
            let mut taken: Vec<Place> = serde_json::from_slice(&bytes).unwrap_or_default();
            taken.retain(|place| place.until > now);
            let what = change(&mut taken);
            let last = taken.iter().map(|place| place.until).max();
            let lives = last.unwrap_or(now).saturating_sub(now).max(1);
            match self.0.write("places", version, &json(&taken)?, lives)? {
                Write::Done => return Ok(what),
                Write::Lost => {}
            }
        }
        Err(Trouble::passing("too many calls begin at one time"))
    }

    /// Keeps the way from the provider's id to ours.
    fn follow(&self, before: &Entry, after: &Entry) -> Result<(), Trouble> {
        let (old, new) = (&before.call.provider_call_id, &after.call.provider_call_id);
        if old == new {
            return Ok(());
        }
        self.index(after)?;
        match old {
            Some(old) => self.0.erase(&line(old)),
            None => Ok(()),
        }
    }

    fn index(&self, entry: &Entry) -> Result<(), Trouble> {
        let Some(id) = &entry.call.provider_call_id else {
            return Ok(());
        };
        let ours = entry.call.call_id.as_bytes();
        self.0.put(&line(id), ours, self.left(entry))
    }

    fn load(&self, id: &str) -> Result<Option<(Entry, u64)>, Trouble> {
        let Some((bytes, version)) = self.0.read(&call(id))? else {
            return Ok(None);
        };
        let entry: Entry = serde_json::from_slice(&bytes)
            .map_err(|error| Trouble::lasting(format!("the book is damaged: {error}")))?;
        let on = !entry.call.state.is_over() && entry.until > self.0.now();
        Ok(on.then_some((entry, version)))
    }

    fn left(&self, entry: &Entry) -> u64 {
        // One that ends by this change is still read by whoever strikes it.
        entry.until.saturating_sub(self.0.now()).max(1000)
    }
}

/// Whether an id from outside may be written down.
pub fn fits(id: &str) -> bool {
    !id.is_empty() && id.len() <= ID
}

fn call(id: &str) -> String {
    format!("call/{id}")
}

fn line(id: &str) -> String {
    format!("line/{id}")
}

fn gone(id: &str) -> String {
    format!("gone/{id}")
}

fn json(value: &impl Serialize) -> Result<Vec<u8>, Trouble> {
    serde_json::to_vec(value).map_err(|error| Trouble::lasting(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::call::tests::call as made;
    use crate::outside::bench::Bench;

    fn entry(id: &str, bench: &Bench) -> Entry {
        let mut call = made();
        call.call_id = id.into();
        call.provider_call_id = Some(format!("p-{id}"));
        Entry {
            call,
            until: bench.now() + 1000,
            webhook: None,
            notice: None,
            words: None,
            request: None,
            heard: 0,
            listener: None,
        }
    }

    fn open(bench: &Bench, id: &str) -> bool {
        let entry = entry(id, bench);
        let opened = Book(bench).open(&entry, Places::Limited(1));
        opened.expect("a book")
    }

    #[test]
    fn a_place_is_free_again_after_the_end_or_when_time_is_up() {
        let bench = Bench::new();
        assert!(open(&bench, "a") && !open(&bench, "b"));
        let book = Book(&bench);
        book.close(&entry("a", &bench)).expect("closed");
        assert!(open(&bench, "b") && !open(&bench, "c"));
        bench.pass(1001);
        assert_eq!(book.find("b"), Ok(None));
        assert!(open(&bench, "c"));
    }

    #[test]
    fn a_call_is_found_by_either_id_until_it_is_closed() {
        let bench = Bench::new();
        assert!(open(&bench, "a"));
        let book = Book(&bench);
        for id in ["a", "p-a"] {
            assert!(book.find(id).expect("a book").is_some(), "{id}");
        }
        let renamed = book.change("a", |entry| entry.call.provider_call_id = Some("q".into()));
        let (entry, ()) = renamed.expect("a book").expect("a call");
        assert!(book.find("q").expect("a book").is_some());
        assert_eq!(book.find("p-a"), Ok(None));
        book.close(&entry).expect("closed");
        assert_eq!(book.find("a"), Ok(None));
        assert_eq!(book.gone("q"), Ok(Some(State::Completed)));
        assert_eq!(bench.keys("past/", 9).expect("keys").len(), 1);
    }

    #[test]
    fn who_comes_second_looks_again() {
        let bench = Bench::new();
        assert!(open(&bench, "a"));
        let faster = |bench: &Bench| {
            let heard = Book(bench).change("a", |entry| entry.heard += 1);
            heard.expect("a book").expect("a call");
        };
        *bench.rival.borrow_mut() = Some(Box::new(faster));
        let changed = Book(&bench).change("a", |entry| entry.heard += 10);
        let (entry, ()) = changed.expect("a book").expect("a call");
        assert_eq!(entry.heard, 11);
    }

    #[test]
    fn a_call_comes_in_once() {
        let bench = Bench::new();
        let book = Book(&bench);
        let mut twin = entry("b", &bench);
        twin.call.provider_call_id = Some("p-a".into());
        assert_eq!(book.admit(&entry("a", &bench)), Ok(true));
        assert_eq!(book.admit(&twin), Ok(false));
        assert_eq!(book.find("b"), Ok(None));
    }

    #[test]
    fn the_log_keeps_the_last_calls() {
        let bench = Bench::new();
        for at in 0..=LOG {
            bench.pass(1);
            let mut entry = entry(&at.to_string(), &bench);
            entry.call.ended_at = Some(bench.now());
            Book(&bench).close(&entry).expect("closed");
        }
        let keys = bench.keys("past/", 1000).expect("keys");
        assert_eq!(keys.len(), LOG as usize);
        assert!(keys[0].ends_with("/1"), "{}", keys[0]);
    }
}
