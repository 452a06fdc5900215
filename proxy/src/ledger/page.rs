//! What a book keeps: the evidence of the open epoch, the versions it was seen under, and the dial.
//!
//! It must not know files. The surprise: it remembers how it stands in one, because an epoch that another process has
//! taken over may still be read and added to, but not written.

use overgrow_parity::Evidence;
use serde::{Deserialize, Serialize};

use super::store::{Draft, Epoch, Tenure};
use super::versions::Versions;

/// A route's page. What is serialised survives a restart.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Page {
    pub(super) evidence: Evidence,
    pub(super) versions: Versions,
    pub(super) dial: Option<Stop>,
    /// The epoch in which the pilot took the route from rust, if it did.
    pub(super) rolled_back: Option<u32>,
    #[serde(skip)]
    filing: Filing,
}

/// Where the dial stands, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stop {
    /// Percent of the requests that rust answers.
    pub percent: f64,
    /// When it came there, unix seconds.
    pub since: u64,
}

/// How an epoch stands in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Filing {
    /// It is to be written, over this revision; 0 when it is not there yet.
    Mine(Tenure, i64),
    /// Another process writes it.
    TakenOver,
}

impl Default for Filing {
    fn default() -> Self {
        Self::Mine(Tenure::First, 0)
    }
}

/// What is left of an epoch that has ended.
#[derive(Serialize)]
struct Summary {
    compared: u64,
    mismatched: u64,
    bound: f64,
}

impl Page {
    /// A route's first page.
    pub(super) fn first(fingerprint: &str, now: u64) -> Self {
        Self {
            evidence: Evidence::begin(1, fingerprint.to_owned(), now),
            ..Self::default()
        }
    }

    /// The page that an epoch in the file is the text of. None of a page that cannot be read.
    pub(super) fn read(epoch: &Epoch) -> Option<Self> {
        let mut page: Self = serde_json::from_str(&epoch.page).ok()?;
        page.filing = Filing::Mine(Tenure::First, epoch.revision);
        Some(page)
    }

    /// Continues what is in the file, or begins the epoch after it if that speaks of something else.
    pub(super) fn after(epoch: &Epoch, fingerprint: &str, now: u64) -> Self {
        let mut page = Self::read(epoch).unwrap_or_default();
        page.evidence.epoch = epoch.number;
        // A page that could not be read has no fingerprint.
        if page.evidence.fingerprint != fingerprint {
            page.turn(fingerprint, now);
        }
        page
    }

    /// Ends the epoch and begins the next one.
    pub(super) fn turn(&mut self, fingerprint: &str, now: u64) {
        self.evidence = self.evidence.next(fingerprint.to_owned(), now);
        self.filing = Filing::default();
    }

    /// What is to be written, none while another process writes the epoch. Serialised by the caller, out of any lock.
    pub(super) fn copy(&self) -> Option<Copy> {
        let Filing::Mine(tenure, revision) = self.filing else {
            return None;
        };
        let page = Page {
            evidence: self.evidence.clone(),
            versions: self.versions.clone(),
            dial: self.dial,
            rolled_back: self.rolled_back,
            filing: self.filing,
        };
        Some(Copy {
            page,
            tenure,
            revision,
        })
    }

    /// The epoch was written.
    pub(super) fn filed(&mut self, number: u32, revision: i64) {
        if self.evidence.epoch == number {
            self.filing = Filing::Mine(Tenure::Own, revision);
        }
    }

    /// Another process wrote the epoch after it was read here. What this one has learnt since is dropped, unless the
    /// other one's evidence speaks of something else: then this is the epoch after it.
    pub(super) fn adopt(&mut self, epoch: &Epoch) {
        if epoch.number != self.evidence.epoch {
            return;
        }
        match Self::read(epoch) {
            Some(page) if epoch.fingerprint == self.evidence.fingerprint => {
                *self = page;
                self.filing = Filing::Mine(Tenure::Own, epoch.revision);
            }
            _ => {
                self.evidence.epoch = epoch.number.saturating_add(1);
                self.filing = Filing::default();
            }
        }
    }

    /// Another process continues this epoch.
    pub(super) fn taken_over(&mut self, number: u32) {
        if self.evidence.epoch == number {
            self.filing = Filing::TakenOver;
        }
    }

    /// There is another file, and nothing of this is in it.
    pub(super) fn unfiled(&mut self) {
        self.filing = Filing::default();
    }
}

/// A page at one moment, with how it stands in the file.
pub(super) struct Copy {
    page: Page,
    tenure: Tenure,
    revision: i64,
}

impl Copy {
    /// The page as text.
    ///
    /// # Errors
    /// When the evidence cannot be put into JSON, which is a mistake of ours.
    pub(super) fn draft(self, route: &str) -> serde_json::Result<Draft> {
        let evidence = &self.page.evidence;
        let summary = Summary {
            compared: evidence.compared(),
            mismatched: evidence.mismatched(),
            bound: evidence.bound(),
        };
        let epoch = Epoch {
            route: route.to_owned(),
            number: evidence.epoch,
            fingerprint: evidence.fingerprint.clone(),
            began: i64::try_from(evidence.begun).unwrap_or(i64::MAX),
            revision: self.revision,
            page: serde_json::to_string(&self.page)?,
            summary: serde_json::to_string(&summary)?,
        };
        Ok(Draft {
            epoch,
            tenure: self.tenure,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_cannot_be_read_begins_the_next_epoch() {
        let copy = Page::first("one", 1).copy().unwrap();
        let mut epoch = copy.draft("orders").unwrap().epoch;
        assert_eq!(Page::after(&epoch, "one", 2).evidence.epoch, 1);
        epoch.page = "{\"evidence\": 5}".into();
        let next = Page::after(&epoch, "one", 2).evidence;
        assert_eq!((next.epoch, next.fingerprint.as_str()), (2, "one"));
    }

    #[test]
    fn what_speaks_of_something_else_is_not_adopted() {
        let mut page = Page::first("two", 1);
        let copy = Page::first("one", 1).copy().unwrap();
        page.adopt(&copy.draft("orders").unwrap().epoch);
        assert_eq!(
            (page.evidence.epoch, page.evidence.fingerprint.as_str()),
            (2, "two")
        );
    }
}
