//! Whose plugins are taken: Ed25519 signatures over the file's bytes, and the keys that count.
//!
//! It reads no files. A signature is what `openssl pkeyutl -sign -rawin` makes with an Ed25519 key, in base64, and
//! stands in `NAME.wasm.sig` beside the plugin.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::signature::{ED25519, UnparsedPublicKey};

/// Which signatures count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trust {
    /// Public keys, 32 bytes each; one of them must have signed.
    pub keys: Vec<[u8; 32]>,
    /// Whether a plugin without a signature is taken.
    pub signatures: Signatures,
}

/// Whether a plugin must be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signatures {
    /// One that is there must be good; none need be there.
    #[default]
    Optional,
    /// None is loaded without.
    Required,
}

/// Why a plugin is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// There is none and one is required.
    #[error("the plugin is not signed")]
    Missing,
    /// It is not base64 of 64 bytes.
    #[error("the signature is not 64 bytes in base64")]
    Malformed,
    /// None of the trusted keys made it over these bytes.
    #[error("the signature is by none of the trusted keys")]
    Untrusted,
}

impl Trust {
    /// Takes a public key as base64 of its 32 bytes or of its DER form (the middle line of `openssl pkey -pubout`).
    pub fn key(text: &str) -> Option<[u8; 32]> {
        /// What DER says before an Ed25519 key (RFC 8410).
        const PREFIX: &[u8] = b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00";
        let bytes = STANDARD.decode(text.trim()).ok()?;
        let key = bytes.strip_prefix(PREFIX).unwrap_or(&bytes);
        key.try_into().ok()
    }

    /// Checks the content of the signature's file, if there is one. Where no keys are trusted and none are required,
    /// signatures are not looked at.
    ///
    /// # Errors
    /// As [`SignatureError`] says.
    pub fn check(&self, wasm: &[u8], signature: Option<&str>) -> Result<(), SignatureError> {
        let Some(text) = signature else {
            return match self.signatures {
                Signatures::Optional => Ok(()),
                Signatures::Required => Err(SignatureError::Missing),
            };
        };
        if self.keys.is_empty() && self.signatures == Signatures::Optional {
            return Ok(());
        }
        let signature = parse(text).ok_or(SignatureError::Malformed)?;
        let signed =
            |key: &[u8; 32]| UnparsedPublicKey::new(&ED25519, key).verify(wasm, &signature);
        let known = self.keys.iter().any(|key| signed(key).is_ok());
        known.then_some(()).ok_or(SignatureError::Untrusted)
    }
}

/// `base64` wraps its lines, so that line ends inside are taken.
fn parse(text: &str) -> Option<[u8; 64]> {
    let line: String = text.split_ascii_whitespace().collect();
    STANDARD.decode(line).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

    fn signer(seed: u8) -> (Ed25519KeyPair, [u8; 32]) {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).expect("a seed");
        let public = pair.public_key().as_ref().try_into().expect("32 bytes");
        (pair, public)
    }

    fn sign(pair: &Ed25519KeyPair, wasm: &[u8]) -> String {
        STANDARD.encode(pair.sign(wasm).as_ref()) + "\n"
    }

    #[test]
    fn one_of_the_keys_must_have_signed_these_bytes() {
        let (ours, public) = signer(1);
        let (theirs, _) = signer(2);
        let trust = Trust {
            keys: vec![[9; 32], public],
            signatures: Signatures::Required,
        };
        let good = sign(&ours, b"wasm");
        assert_eq!(trust.check(b"wasm", Some(&good)), Ok(()));
        let cases = [
            (None, SignatureError::Missing),
            (Some("AAAA".to_owned()), SignatureError::Malformed),
            (Some("%".to_owned()), SignatureError::Malformed),
            (Some(sign(&theirs, b"wasm")), SignatureError::Untrusted),
            (Some(sign(&ours, b"other")), SignatureError::Untrusted),
        ];
        for (signature, expect) in cases {
            assert_eq!(trust.check(b"wasm", signature.as_deref()), Err(expect));
        }
    }

    #[test]
    fn an_optional_signature_must_be_good_when_it_is_there() {
        let (ours, public) = signer(1);
        let trust = Trust {
            keys: vec![public],
            signatures: Signatures::Optional,
        };
        assert_eq!(trust.check(b"wasm", None), Ok(()));
        let wrong = sign(&ours, b"other");
        let refused = trust.check(b"wasm", Some(&wrong));
        assert_eq!(refused, Err(SignatureError::Untrusted));
        assert_eq!(Trust::default().check(b"wasm", Some("anything")), Ok(()));
    }

    /// Made by OpenSSL 3: `openssl pkey -in key.pem -pubout`, `openssl pkeyutl -sign -rawin -in file | base64`.
    #[test]
    fn what_openssl_makes_is_taken() {
        let key = Trust::key("MCowBQYDK2VwAyEA80BSmcaSqAMOGdqXRuGrEcLTOLD57269VH1r/KsUALI=")
            .expect("a key");
        let trust = Trust {
            keys: vec![key],
            signatures: Signatures::Required,
        };
        let signature = "+Y3a6ke5FPnO8kanJQq6ck4ZYkIDvPs1XdxT8NXrwG1i+KAjCFXrC6SX2V6Pj6bnMBbyVRs8smoE\n\
            OBAVO7d6CQ==\n";
        assert_eq!(trust.check(b"a plugin\n", Some(signature)), Ok(()));
        assert_eq!(Trust::key("AAAA"), None);
    }
}
