//! Whether a webhook comes from the provider.
//!
//! It must not hold a secret: keyed digests are asked of whoever has it. The surprise: a digest is compared as bytes,
//! in the same time whatever they are, after the host has made it.

mod plivo;
mod telnyx;
mod twilio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use subtle::ConstantTimeEq as _;
use url::Url;

pub use plivo::check as plivo;
pub use telnyx::{Key, check as telnyx};
pub use twilio::check as twilio;

/// What of a request its signature covers.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// The address as the provider saw it.
    pub url: &'a Url,
    /// Headers by lower-case name.
    pub headers: &'a Headers,
    /// The bytes as they came.
    pub body: &'a [u8],
}

/// Headers of a request; the first of a name counts.
#[derive(Debug, Clone, Default)]
pub struct Headers(Vec<(String, String)>);

/// A digest that a secret makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Digest {
    /// HMAC with SHA-1.
    Sha1,
    /// HMAC with SHA-256.
    Sha256,
}

/// Whoever can make keyed digests.
pub trait Keyed {
    /// Why it could not.
    type Error;
    /// The digest of some bytes.
    fn digest(&self, digest: Digest, data: &[u8]) -> Result<Vec<u8>, Self::Error>;
}

/// Why a request is not believed; for the log only, the answer says nothing of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Distrust {
    /// There is no signature.
    #[error("the signature is missing")]
    Missing,
    /// It is not of these bytes, or not by that key.
    #[error("the signature is not of this request")]
    Wrong,
    /// It is of another time.
    #[error("the signature is too old or too new")]
    Stale,
    /// There is no key to check it with.
    #[error("there is no public key to check with")]
    Keyless,
    /// The key is none.
    #[error("the public key cannot be read")]
    BadKey,
}

impl Headers {
    /// Takes headers in any case.
    pub fn new(headers: &[(String, String)]) -> Self {
        let lower = |(name, value): &(String, String)| (name.to_ascii_lowercase(), value.clone());
        Self(headers.iter().map(lower).collect())
    }

    /// The first of that lower-case name, unless it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|(key, _)| key == name)?;
        Some(value.as_str()).filter(|value| !value.is_empty())
    }
}

/// Whether a presented digest is the one.
fn same(presented: &str, digest: &[u8]) -> bool {
    STANDARD
        .decode(presented)
        .is_ok_and(|bytes| bytes.ct_eq(digest).into())
}

#[cfg(test)]
pub(crate) mod testing {
    //! A secret that is not one.

    use super::{Digest, Keyed};
    use hmac::{Hmac, KeyInit as _, Mac as _};

    pub(crate) struct Secret(pub(crate) &'static str);

    impl Keyed for Secret {
        type Error = std::convert::Infallible;

        fn digest(&self, digest: Digest, data: &[u8]) -> Result<Vec<u8>, Self::Error> {
            let key = self.0.as_bytes();
            Ok(match digest {
                Digest::Sha1 => Hmac::<sha1::Sha1>::new_from_slice(key)
                    .expect("any length")
                    .chain_update(data)
                    .finalize()
                    .into_bytes()
                    .to_vec(),
                Digest::Sha256 => Hmac::<sha2::Sha256>::new_from_slice(key)
                    .expect("any length")
                    .chain_update(data)
                    .finalize()
                    .into_bytes()
                    .to_vec(),
            })
        }
    }
}
