//! A sidecar that asks for credentials, and both sides behind it, which count what reaches them.

use crate::rig::with_settings;
use anyhow::Result;
use overgrow_tests::ask::{Ask, get};
use overgrow_tests::raw::Answer;
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::Sidecar;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tempfile::TempDir;

/// Of the gateway, whose tailnet is on, and of its hooks.
const SETTINGS: &str = r#"{
  gateway: { auth: { mode: "token", token: "the-gateway-token", allowTailscale: true }, tailscale: { mode: "serve" } },
  hooks: { enabled: true, token: "the-hooks-token" },
}"#;

/// 32 bytes are the least that a secret may have.
pub(crate) const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// A sidecar that asks for credentials in front of a legacy and of another service.
pub(crate) struct Gate {
    legacy: Service,
    rust: Service,
    sidecar: Sidecar,
    _folder: TempDir,
}

/// What a client sees of a refusal.
pub(crate) type Refusal<'a> = (u16, Option<&'a str>, Option<&'a str>, &'a str);

impl Gate {
    /// `keys` may name the secret's file as SECRET.
    pub(crate) async fn start(keys: &str) -> Result<Self> {
        let (legacy, rust) = (
            Service::start("legacy").await?,
            Service::start("rust").await?,
        );
        let folder = tempfile::tempdir()?;
        let (settings, secret) = (
            folder.path().join("openclaw.json"),
            folder.path().join("secret"),
        );
        std::fs::write(&settings, SETTINGS)?;
        std::fs::write(&secret, SECRET)?;
        let keys = keys.replace("SECRET", &format!("{{ file = {secret:?} }}"));
        let handler = format!("handler = \"http://{}\"\nrust = true", rust.address());
        let routes = [("legacy", ""), ("rust", &handler)].map(|(side, handler)| {
            format!("[[route]]\nid = \"{side}\"\nmatch = {{ path = \"/{side}/*\" }}\n{keys}\n{handler}\n")
        });
        let text = with_settings(legacy.address(), &settings, &routes.concat())?;
        let everywhere = text.replace("listen = \"127.0.0.1:0\"", "listen = \"0.0.0.0:0\"");
        Ok(Self {
            legacy,
            rust,
            sidecar: Sidecar::start(&everywhere).await?,
            _folder: folder,
        })
    }

    /// Its address, as seen at that one of this machine.
    pub(crate) fn at(&self, address: IpAddr) -> SocketAddr {
        (address, self.sidecar.addr().port()).into()
    }

    /// Asks over loopback.
    pub(crate) async fn ask(&self, ask: Ask) -> Result<Answer> {
        ask.send(self.at(Ipv4Addr::LOCALHOST.into())).await
    }

    /// Shows a token to the route in front of the other service.
    pub(crate) async fn shown(&self, token: &str) -> Result<Answer> {
        self.ask(bearer(get("/rust/x"), token)).await
    }

    /// What that comes to.
    pub(crate) async fn status(&self, token: &str) -> Result<u16> {
        Ok(self.shown(token).await?.status())
    }

    /// The request is let in on both routes, each of which is answered by its own side and no other.
    pub(crate) async fn passes(&self, present: impl Fn(Ask) -> Ask) -> Result<()> {
        let before = self.asked();
        for side in ["legacy", "rust"] {
            let answer = self.ask(present(get(&format!("/{side}/x")))).await?;
            assert_eq!(
                (answer.status(), answer.header("x-backend")),
                (200, Some(side))
            );
        }
        assert_eq!(self.asked(), (before.0 + 1, before.1 + 1));
        Ok(())
    }

    /// The request is refused on both routes, and neither side hears of it.
    pub(crate) async fn refuses(
        &self,
        present: impl Fn(Ask) -> Ask,
        expected: Refusal<'_>,
    ) -> Result<()> {
        let before = self.asked();
        for side in ["legacy", "rust"] {
            let answer = self.ask(present(get(&format!("/{side}/x")))).await?;
            assert_eq!(
                refusal(&answer),
                (expected.0, expected.1, expected.2, expected.3.to_owned())
            );
        }
        assert_eq!(self.asked(), before);
        Ok(())
    }

    /// How often either side was asked.
    pub(crate) fn asked(&self) -> (usize, usize) {
        (self.legacy.asked(), self.rust.asked())
    }
}

/// Takes a refusal off an answer.
pub(crate) fn refusal(answer: &Answer) -> (u16, Option<&str>, Option<&str>, String) {
    let (kind, challenge) = (
        answer.header("content-type"),
        answer.header("www-authenticate"),
    );
    (answer.status(), kind, challenge, answer.text())
}

/// Shows a token.
pub(crate) fn bearer(ask: Ask, token: &str) -> Ask {
    ask.header("authorization", &format!("Bearer {token}"))
}
