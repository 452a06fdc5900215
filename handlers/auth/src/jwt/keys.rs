//! The keys that tokens may be signed with: one secret, or a set of public keys as issuers publish it (RFC 7517).
//!
//! It must not fetch them. The surprise: a published set never yields a secret, and a secret never verifies what a
//! public key should, so neither can be taken for the other.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use overgrow_settings::Secret;
use ring::signature::RsaPublicKeyComponents;
use serde::Deserialize;

use super::JwtError;
use super::algorithm::{Algorithm, Material};
use super::token::Header;

/// Largest key set in bytes; the largest issuers publish 10 KB.
const DOCUMENT: usize = 256 * 1024;
/// Keys of one set that are kept.
const KEYS: usize = 64;
/// Bytes of an HMAC's secret, at least: RFC 7518, section 3.2.
const SECRET: usize = 32;

/// What tokens may be signed with.
#[derive(Debug, Clone)]
pub enum Keys {
    /// One secret that both sides have; HS256, HS384 and HS512.
    Secret(Secret),
    /// The issuer's public keys; everything else.
    Set(KeySet),
}

/// The public keys of an issuer.
#[derive(Clone, Default)]
pub struct KeySet(Vec<Key>);

#[derive(Clone)]
struct Key {
    name: Option<String>,
    /// The one algorithm that the issuer allows it, if it says so.
    only: Option<Algorithm>,
    material: Material,
}

/// A key as it is published; members that are not known do not matter.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
}

#[derive(Deserialize)]
struct Document {
    keys: Vec<serde_json::Value>,
}

impl Keys {
    /// Takes a secret.
    ///
    /// # Errors
    /// [`JwtError::WeakSecret`] when it has fewer than 32 bytes.
    pub fn secret(secret: Secret) -> Result<Self, JwtError> {
        if secret.reveal().len() < SECRET {
            return Err(JwtError::WeakSecret);
        }
        Ok(Self::Secret(secret))
    }

    pub(super) fn verify(
        &self,
        header: &Header,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), JwtError> {
        match self {
            Self::Secret(secret) => {
                let material = Material::Secret(secret.reveal().as_bytes().to_vec());
                material.verify(header.algorithm, signed, signature)
            }
            Self::Set(set) => set.verify(header, signed, signature),
        }
    }
}

impl KeySet {
    /// Reads a published set. Keys of a kind that is not known, and those for encryption, are passed over, as the RFC
    /// asks; secrets, which nobody should publish, are too.
    ///
    /// # Errors
    /// [`JwtError::KeySet`] when it is too large, no key set, or has no key that could be used.
    pub fn parse(json: &[u8]) -> Result<Self, JwtError> {
        if json.len() > DOCUMENT {
            return Err(JwtError::KeySet);
        }
        let document: Document = serde_json::from_slice(json).map_err(|_| JwtError::KeySet)?;
        let keys = document.keys.into_iter().filter_map(Key::of);
        let keys: Vec<Key> = keys.take(KEYS).collect();
        if keys.is_empty() {
            return Err(JwtError::KeySet);
        }
        Ok(Self(keys))
    }

    /// Tries the keys that the token may mean: those of its name, or the only one, if it names none.
    fn verify(&self, header: &Header, signed: &[u8], signature: &[u8]) -> Result<(), JwtError> {
        let mut said = Err(JwtError::UnknownKey);
        for key in self.meant(header)? {
            said = key.verify(header.algorithm, signed, signature);
            if said.is_ok() {
                break;
            }
        }
        said
    }

    fn meant(&self, header: &Header) -> Result<Vec<&Key>, JwtError> {
        let Some(name) = &header.key else {
            let fit = self.0.iter().filter(|key| key.does(header.algorithm));
            let fit: Vec<&Key> = fit.collect();
            return if fit.len() == 1 {
                Ok(fit)
            } else {
                Err(JwtError::UnknownKey)
            };
        };
        let named = self.0.iter().filter(|key| key.name.as_ref() == Some(name));
        Ok(named.collect())
    }
}

/// Says how many there are.
impl std::fmt::Debug for KeySet {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KeySet({})", self.0.len())
    }
}

impl Key {
    fn of(json: serde_json::Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(json).ok()?;
        if !jwk.is_for_signatures() {
            return None;
        }
        let only = jwk.alg.as_deref().map(Algorithm::of).transpose().ok()?;
        let material = jwk.material()?;
        Some(Self {
            name: jwk.kid,
            only,
            material,
        })
    }

    fn does(&self, algorithm: Algorithm) -> bool {
        self.only.is_none_or(|only| only == algorithm) && self.material.does(algorithm)
    }

    fn verify(
        &self,
        algorithm: Algorithm,
        signed: &[u8],
        signature: &[u8],
    ) -> Result<(), JwtError> {
        if !self.does(algorithm) {
            return Err(JwtError::Algorithm);
        }
        self.material.verify(algorithm, signed, signature)
    }
}

impl Jwk {
    fn is_for_signatures(&self) -> bool {
        let purpose = self.purpose.as_deref();
        let may_verify = |may: &Vec<String>| may.iter().any(|may| may == "verify");
        purpose.is_none_or(|purpose| purpose == "sig")
            && self.key_ops.as_ref().is_none_or(may_verify)
    }

    fn material(&self) -> Option<Material> {
        match (&*self.kty, self.crv.as_deref()) {
            ("RSA", _) => Some(Material::Rsa(RsaPublicKeyComponents {
                n: number(self.n.as_deref()?)?,
                e: number(self.e.as_deref()?)?,
            })),
            ("EC", Some("P-256")) => self.point::<32>().map(Material::P256),
            ("EC", Some("P-384")) => self.point::<48>().map(Material::P384),
            ("OKP", Some("Ed25519")) => bytes(self.x.as_deref()?)
                .filter(|key| key.len() == 32)
                .map(Material::Ed25519),
            _ => None,
        }
    }

    /// The point in its uncompressed form.
    fn point<const SIDE: usize>(&self) -> Option<Vec<u8>> {
        let (x, y) = (bytes(self.x.as_deref()?)?, bytes(self.y.as_deref()?)?);
        let fits = x.len() == SIDE && y.len() == SIDE;
        fits.then(|| [&[4], &*x, &*y].concat())
    }
}

/// A number without the leading zeros that some issuers write and the cryptography refuses.
fn number(text: &str) -> Option<Vec<u8>> {
    let bytes = bytes(text)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Some(bytes[zeros..].to_vec())
}

fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}
