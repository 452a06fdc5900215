//! The algorithms of RFC 7518 that are worth having, and what each does with a key.
//!
//! The surprise: there is no pair of a key and an algorithm that does not belong together; [`Material::verify`] says no
//! to it.

use ring::hmac;
use ring::signature::{
    self, ECDSA_P256_SHA256_FIXED, ECDSA_P384_SHA384_FIXED, ED25519, RsaParameters,
    RsaPublicKeyComponents, UnparsedPublicKey,
};

use super::JwtError;

/// How a token says that it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    Hmac(Hash),
    Rsa(Hash),
    RsaPss(Hash),
    P256,
    P384,
    Ed25519,
}

/// The length of a SHA-2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// A key, of one kind.
#[derive(Clone)]
pub(super) enum Material {
    Secret(Vec<u8>),
    Rsa(RsaPublicKeyComponents<Vec<u8>>),
    /// An uncompressed point.
    P256(Vec<u8>),
    /// An uncompressed point.
    P384(Vec<u8>),
    Ed25519(Vec<u8>),
}

impl Algorithm {
    pub(super) fn of(name: &str) -> Result<Self, JwtError> {
        Ok(match name {
            "HS256" => Self::Hmac(Hash::Sha256),
            "HS384" => Self::Hmac(Hash::Sha384),
            "HS512" => Self::Hmac(Hash::Sha512),
            "RS256" => Self::Rsa(Hash::Sha256),
            "RS384" => Self::Rsa(Hash::Sha384),
            "RS512" => Self::Rsa(Hash::Sha512),
            "PS256" => Self::RsaPss(Hash::Sha256),
            "PS384" => Self::RsaPss(Hash::Sha384),
            "PS512" => Self::RsaPss(Hash::Sha512),
            "ES256" => Self::P256,
            "ES384" => Self::P384,
            // The second name is RFC 9864's.
            "EdDSA" | "Ed25519" => Self::Ed25519,
            _ => return Err(JwtError::Algorithm),
        })
    }
}

impl Hash {
    fn hmac(self) -> hmac::Algorithm {
        match self {
            Self::Sha256 => hmac::HMAC_SHA256,
            Self::Sha384 => hmac::HMAC_SHA384,
            Self::Sha512 => hmac::HMAC_SHA512,
        }
    }

    /// Keys of fewer than 2048 bits are refused by all of them.
    fn rsa(self) -> &'static RsaParameters {
        match self {
            Self::Sha256 => &signature::RSA_PKCS1_2048_8192_SHA256,
            Self::Sha384 => &signature::RSA_PKCS1_2048_8192_SHA384,
            Self::Sha512 => &signature::RSA_PKCS1_2048_8192_SHA512,
        }
    }

    fn rsa_pss(self) -> &'static RsaParameters {
        match self {
            Self::Sha256 => &signature::RSA_PSS_2048_8192_SHA256,
            Self::Sha384 => &signature::RSA_PSS_2048_8192_SHA384,
            Self::Sha512 => &signature::RSA_PSS_2048_8192_SHA512,
        }
    }
}

impl Material {
    /// Whether this key can be asked to do that.
    pub(super) fn does(&self, algorithm: Algorithm) -> bool {
        matches!(
            (self, algorithm),
            (Self::Secret(_), Algorithm::Hmac(_))
                | (Self::Rsa(_), Algorithm::Rsa(_) | Algorithm::RsaPss(_))
                | (Self::P256(_), Algorithm::P256)
                | (Self::P384(_), Algorithm::P384)
                | (Self::Ed25519(_), Algorithm::Ed25519)
        )
    }

    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), JwtError> {
        let verified = match (self, algorithm) {
            (Self::Secret(secret), Algorithm::Hmac(hash)) => {
                hmac::verify(&hmac::Key::new(hash.hmac(), secret), signed, signature)
            }
            (Self::Rsa(key), Algorithm::Rsa(hash)) => key.verify(hash.rsa(), signed, signature),
            (Self::Rsa(key), Algorithm::RsaPss(hash)) => {
                key.verify(hash.rsa_pss(), signed, signature)
            }
            (Self::P256(point), Algorithm::P256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(signed, signature)
            }
            (Self::P384(point), Algorithm::P384) => {
                UnparsedPublicKey::new(&ECDSA_P384_SHA384_FIXED, point).verify(signed, signature)
            }
            (Self::Ed25519(key), Algorithm::Ed25519) => {
                UnparsedPublicKey::new(&ED25519, key).verify(signed, signature)
            }
            _ => return Err(JwtError::Algorithm),
        };
        verified.map_err(|_| JwtError::Signature)
    }
}
