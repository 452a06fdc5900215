//! A secret in memory: compared in constant time, wiped when dropped, never shown.
//!
//! It must not know where a secret comes from nor what it opens. The surprise: it is compared by its hash, so that not
//! even a difference in length shows in how long a comparison takes.

use std::fmt;

use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

/// A secret text. Its `Debug` says nothing of it, and it has no `Display`.
#[derive(Clone)]
pub struct Secret {
    text: Zeroizing<String>,
    hash: Zeroizing<[u8; 32]>,
}

impl Secret {
    /// Takes a secret over.
    pub fn new(text: impl Into<String>) -> Self {
        let text = Zeroizing::new(text.into());
        let hash = hash(&text);
        Self { text, hash }
    }

    /// Whether a candidate is the secret, in a time that tells neither the place of the first difference nor the length.
    pub fn matches(&self, candidate: &str) -> bool {
        self.hash.ct_eq(hash(candidate).as_slice()).into()
    }

    /// The secret itself, for whoever has to send it on.
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

/// In constant time too: settings are compared at every reload, by whoever wrote the file.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.hash.ct_eq(other.hash.as_slice()).into()
    }
}

impl Eq for Secret {}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

fn hash(text: &str) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(Sha256::digest(text).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_matches() {
        let secret = Secret::new("s3cret");
        assert!(secret.matches("s3cret"));
        for other in ["", "s3cre", "s3crets", "S3cret", "s3cr\u{e9}t"] {
            assert!(!secret.matches(other), "{other}");
        }
    }

    #[test]
    fn it_is_never_shown() {
        let secret = Secret::new("s3cret");
        assert_eq!(
            format!("{secret:?} {:#?}", Some(&secret)),
            "Secret Some(\n    Secret,\n)"
        );
        assert_eq!(secret.reveal(), "s3cret");
    }

    #[test]
    fn equality_is_that_of_the_texts() {
        assert_eq!(Secret::new("a"), Secret::new("a"));
        assert_ne!(Secret::new("a"), Secret::new("b"));
    }
}
