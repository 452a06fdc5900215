//! Reads JSON Web Tokens and says whose they are.
//!
//! It must not fetch keys or look at a clock; both are passed in. The surprise: what a token says of itself only
//! chooses among what its key allows, so `none`, and an RSA key used as an HMAC secret, are not cases that somebody
//! remembered but ways that do not exist.

mod algorithm;
mod claims;
mod keys;
mod token;
mod unique;

use std::time::SystemTime;

pub use claims::{Claims, Expected};
pub use keys::{KeySet, Keys};

/// Largest token in bytes: twice what servers commonly take for all headers together.
pub const TOKEN: usize = 16 * 1024;

/// Why a token is nobody's, or keys are none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// It is longer than [`TOKEN`].
    #[error("the token is too large")]
    TooLarge,
    /// It is no token: not three parts, not Base64url, no JSON object, or a member comes twice.
    #[error("the token is malformed")]
    Malformed,
    /// It asks for something that must be understood and is not.
    #[error("the token has critical extensions")]
    Critical,
    /// It is a token for something else, such as a logout.
    #[error("the token is of another type")]
    Type,
    /// Its algorithm is unknown, or not its key's.
    #[error("the token's algorithm is not allowed")]
    Algorithm,
    /// No key of that name: worth fetching the keys again, now and then.
    #[error("the token's key is not known")]
    UnknownKey,
    /// It was signed by somebody else, or changed.
    #[error("the token's signature is wrong")]
    Signature,
    /// It has ended, or never ends.
    #[error("the token has expired")]
    Expired,
    /// It does not hold yet.
    #[error("the token is not valid yet")]
    NotYet,
    /// Somebody else gave it out.
    #[error("the token's issuer is another")]
    Issuer,
    /// It is for somebody else.
    #[error("the token's audience is another")]
    Audience,
    /// It says nobody.
    #[error("the token names no subject")]
    Subject,
    /// A key set that is none.
    #[error("the key set cannot be read")]
    KeySet,
    /// A secret of fewer than 32 bytes can be guessed from one token.
    #[error("the secret is shorter than 32 bytes")]
    WeakSecret,
}

/// Says whose a token is.
#[derive(Debug, Clone)]
pub struct Verifier {
    /// The keys that it may be signed with.
    pub keys: Keys,
    /// What it must say.
    pub expected: Expected,
}

impl Verifier {
    /// Reads a token: its signature first, then what it says.
    ///
    /// # Errors
    /// When it is not to be believed.
    pub fn verify(&self, token: &str, now: SystemTime) -> Result<Claims, JwtError> {
        if token.len() > TOKEN {
            return Err(JwtError::TooLarge);
        }
        let parts = token::Parts::of(token)?;
        let header = parts.header()?;
        self.keys
            .verify(&header, parts.signed, &parts.signature()?)?;
        self.expected.check(parts.claims()?, now)
    }
}

#[cfg(test)]
mod tests;
