//! Where the keys of those who sign for the Bot Framework come from: their own documents, kept for a day.

use overgrow_sdk::Failure;
use serde_json::Value;

use crate::jwt::Keys;
use crate::jwt::authority::Authority;
use crate::jwt::keys::{KeySet, LIFETIME};
use crate::memory;
use crate::outgoing::advice;
use crate::settings::Settings;
use crate::world::{Request, World};

/// Keys by way of the world.
#[derive(Debug)]
pub struct Published<'a, W> {
    /// The world.
    pub world: &'a W,
    /// The operator's settings.
    pub settings: &'a Settings,
}

impl<W: World> Published<'_, W> {
    fn metadata(&self, authority: Authority) -> String {
        authority.metadata(&self.settings.services, &self.settings.tenant)
    }

    fn document(&self, url: &str) -> Result<Value, Failure> {
        let reply = self.world.ask(&Request::get(url))?;
        match reply.is_good() {
            true => Ok(reply.json()),
            false => Err(Failure::new(
                "no-keys",
                format!("{url} answered {}", reply.status),
                advice(reply.status, reply.wait),
            )),
        }
    }
}

impl<W: World> Keys for Published<'_, W> {
    type Error = Failure;

    /// What is kept of another issuer's address is not this one's.
    fn kept(&mut self, authority: Authority) -> Option<KeySet> {
        let kept: Option<KeySet> = memory::recall(self.world, authority.shelf()).ok()?;
        kept.filter(|set| set.source == self.metadata(authority))
    }

    fn fetch(&mut self, authority: Authority) -> Result<KeySet, Failure> {
        let source = self.metadata(authority);
        let metadata = self.document(&source)?;
        let address = metadata["jwks_uri"].as_str();
        let address = address
            .ok_or_else(|| Failure::transient("no-keys", format!("{source} names no keys")))?;
        let list = self.document(address)?;
        let set = KeySet::read(&list, &source, self.world.now())
            .ok_or_else(|| Failure::transient("no-keys", format!("{address} lists no keys")))?;
        memory::keep(self.world, authority.shelf(), &set, LIFETIME)?;
        Ok(set)
    }
}
