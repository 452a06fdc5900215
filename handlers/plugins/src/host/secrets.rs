//! Secrets: use without seeing.
//!
//! The bytes stay here: the host signs, compares, and puts them into requests to the secret's own hosts. The surprise: what
//! a plugin stored itself wins over the place that the grant names, because a refresh token outdates the one it came from.

mod source;

use std::fmt;
use std::sync::Arc;

use overgrow_keep::NewSecret;
use ring::{digest, hmac};
use subtle::ConstantTimeEq;
use wasmtime::component::Resource;
use zeroize::Zeroizing;

use super::{State, answer};
use crate::bindings::overgrow::plugin::secrets::{Error, Host, HostSecret, Mac};
use crate::grant::{HostPattern, Reveal, SecretGrant, Write};
use crate::who::Who;

/// A secret that was opened; cheap to clone. Its `Debug` says its name only.
#[derive(Clone)]
pub struct Secret {
    pub(super) name: String,
    pub(super) bytes: Arc<Zeroizing<Vec<u8>>>,
    pub(super) hosts: Vec<HostPattern>,
    reveal: Reveal,
}

impl Host for State {
    async fn open(&mut self, name: String) -> wasmtime::Result<Result<Resource<Secret>, Error>> {
        Ok(match self.secret(&name).await {
            Ok(secret) => {
                self.mask.add(&secret.name, &secret.bytes);
                Ok(self.table.push(secret)?)
            }
            Err(error) => Err(error),
        })
    }

    async fn store(&mut self, name: String, value: Vec<u8>) -> wasmtime::Result<Result<(), Error>> {
        Ok(self.store_secret(&name, Zeroizing::new(value)).await)
    }
}

impl HostSecret for State {
    fn sign(
        &mut self,
        secret: Resource<Secret>,
        alg: Mac,
        data: Vec<u8>,
    ) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let key = hmac::Key::new(algorithm(alg), &self.table.get(&secret)?.bytes);
        Ok(Ok(hmac::sign(&key, &data).as_ref().to_vec()))
    }

    fn matches(&mut self, secret: Resource<Secret>, presented: Vec<u8>) -> wasmtime::Result<bool> {
        Ok(same(&self.table.get(&secret)?.bytes, &presented))
    }

    fn reveal(&mut self, secret: Resource<Secret>) -> wasmtime::Result<Result<Vec<u8>, Error>> {
        let Secret {
            name,
            bytes,
            reveal,
            ..
        } = self.table.get(&secret)?;
        if *reveal == Reveal::Never {
            let missing = format!("secrets = [{{ name = \"{name}\", reveal = true }}]");
            return Ok(Err(self.who.denied("secrets", &missing)));
        }
        let (plugin, call) = (self.who.name.as_str(), self.ask.id.as_str());
        tracing::info!(plugin, call, secret = %name, "a secret was revealed to a plugin");
        Ok(Ok(bytes.to_vec()))
    }

    async fn drop(&mut self, secret: Resource<Secret>) -> wasmtime::Result<()> {
        self.table.delete(secret)?;
        Ok(())
    }
}

impl State {
    async fn secret(&mut self, name: &str) -> Result<Secret, Error> {
        let who = Arc::clone(&self.who);
        let grant = who.secret(name)?;
        let bytes = match self.stored(grant).await? {
            Some(stored) => stored,
            None => source::read(&grant.source, &who.hands).await?,
        };
        if bytes.is_empty() {
            return Err(Error::NotFound);
        }
        Ok(Secret {
            name: name.to_owned(),
            bytes: Arc::new(bytes),
            hosts: grant.hosts.clone(),
            reveal: grant.reveal,
        })
    }

    /// What the plugin stored under a name that it may write to.
    async fn stored(&mut self, grant: &SecretGrant) -> Result<Option<Zeroizing<Vec<u8>>>, Error> {
        if grant.write == Write::Denied {
            return Ok(None);
        }
        if let Some(planned) = self.overlay.secrets.get(&grant.name) {
            return Ok(Some(planned.clone()));
        }
        let Some(keep) = &self.who.hands.keep else {
            return Ok(None);
        };
        let stored = keep.stored_secret(&self.who.name, &grant.name).await;
        Ok(stored.map_err(answer::kept)?.map(Zeroizing::new))
    }

    async fn store_secret(&mut self, name: &str, value: Zeroizing<Vec<u8>>) -> Result<(), Error> {
        if self.who.secret(name)?.write == Write::Denied {
            let missing = format!("secrets = [{{ name = {name:?}, write = true }}]");
            return Err(self.who.denied("secrets", &missing));
        }
        let effects = &self.ask.effects;
        let secret = NewSecret {
            plugin: self.who.name.clone(),
            name: name.to_owned(),
            value: value.to_vec(),
        };
        let keep = self.who.keep()?;
        let stored = keep.store_secret(effects, secret).await;
        stored.map_err(answer::kept)?;
        self.mask.add(name, &value);
        if effects.is_planning() {
            self.overlay.secrets.insert(name.to_owned(), value);
        }
        Ok(())
    }
}

impl Who {
    fn secret(&self, name: &str) -> Result<&SecretGrant, Error> {
        let mut granted = self.grant.secrets.iter();
        granted.find(|grant| grant.name == name).ok_or_else(|| {
            let missing = format!("secrets = [{{ name = {name:?} }}]");
            self.denied("secrets", &missing)
        })
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({})", self.name)
    }
}

#[cfg(test)]
impl Secret {
    /// A secret of this value, without hosts.
    pub(super) fn fixed(name: &str, value: &str) -> Self {
        Self {
            name: name.to_owned(),
            bytes: Arc::new(value.as_bytes().to_vec().into()),
            hosts: Vec::new(),
            reveal: Reveal::Never,
        }
    }
}

fn algorithm(mac: Mac) -> hmac::Algorithm {
    match mac {
        Mac::HmacSha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Mac::HmacSha256 => hmac::HMAC_SHA256,
        Mac::HmacSha512 => hmac::HMAC_SHA512,
    }
}

/// Hashes are compared, so that not even a difference in length shows in the time.
fn same(secret: &[u8], presented: &[u8]) -> bool {
    let hash = |bytes: &[u8]| digest::digest(&digest::SHA256, bytes);
    let (ours, theirs) = (hash(secret), hash(presented));
    ours.as_ref().ct_eq(theirs.as_ref()).into()
}
