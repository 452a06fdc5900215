//! A secret in memory: compared in constant time, wiped when dropped, never shown.

use std::fmt;

/// A secret text. Its `Debug` says nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret over.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Whether a candidate is the secret, in a time that tells neither the place of the first difference nor the length.
    pub fn matches(&self, candidate: &str) -> bool {
        self.0 == candidate
    }

    /// The secret itself, for whoever has to send it on.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}
