//! Lets a caller in or not, in the legacy's order: the tailnet first, then token or password.
//!
//! It must not know HTTP answers. The surprise: a caller on this machine is never asked for its tailnet identity, and
//! a tailnet identity that does not hold is no refusal; token or password decide then.

use http::Uri;
use http::header::HeaderMap;
use overgrow_settings::Gateway;

use crate::credentials::{self, Method, Presented, Refused};
use crate::headers;
use crate::local::{self, Origin, Proxies, Reading};
use crate::whois::Whois;

/// A request for admission.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Where it comes from.
    pub origin: Origin,
    /// The login that `Tailscale-User-Login` claims.
    pub claims: Option<String>,
    /// What it shows.
    pub presented: Presented,
}

/// A caller that is let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passed {
    /// By what.
    pub method: Method,
    /// The tailnet login, when it was that.
    pub user: Option<String>,
}

impl Asked {
    /// Reads a request; `peer` is the other end of its connection.
    pub fn of(peer: std::net::IpAddr, headers: &HeaderMap, uri: &Uri) -> Self {
        Self {
            origin: Origin::of(peer, headers, uri),
            claims: headers::joined(headers, "tailscale-user-login")
                .filter(|text| !text.is_empty()),
            presented: Presented::in_headers(headers),
        }
    }

    /// Shows something else than its bearer, as a WebSocket's `connect` does.
    #[must_use]
    pub fn presenting(mut self, presented: Presented) -> Self {
        self.presented = presented;
        self
    }
}

/// Decides. Dropping the future gives up the whois, if one is under way.
///
/// # Errors
/// When the caller is not let in, with why.
pub async fn authorize(
    gateway: &Gateway,
    asked: &Asked,
    whois: &dyn Whois,
) -> Result<Passed, Refused> {
    if let Some(user) = tailnet_user(gateway, asked, whois).await {
        return Ok(Passed {
            method: Method::Tailscale,
            user: Some(user),
        });
    }
    let method = credentials::check(&gateway.auth, &asked.presented)?;
    Ok(Passed { method, user: None })
}

/// The login that both `tailscale serve` and the whois name, of a caller that is not on this machine. Dropping the
/// future gives up the whois.
pub async fn tailnet_user(gateway: &Gateway, asked: &Asked, whois: &dyn Whois) -> Option<String> {
    let proxies = Proxies::new(&gateway.trusted_proxies);
    if !gateway.auth.allow_tailscale || asked.origin.is_local_direct(&proxies, Reading::Legacy) {
        return None;
    }
    let claimed = asked.claims.as_deref()?;
    let address = served(&asked.origin)?;
    let known = whois.whois(address).await.ok().flatten()?;
    let same = known.login.trim().to_lowercase() == claimed.trim().to_lowercase();
    same.then_some(known.login)
}

/// The tailnet address, if `tailscale serve` on this machine stands in front.
fn served(origin: &Origin) -> Option<std::net::IpAddr> {
    let forwarded = &origin.forwarded;
    if !origin.is_loopback() || forwarded.proto.is_none() || forwarded.host.is_none() {
        return None;
    }
    local::address(forwarded.leftmost()?)
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use async_trait::async_trait;
    use overgrow_settings::{Auth, Bind, Mode, Secret, Tailscale};

    use super::*;
    use crate::local::Forwarded;
    use crate::whois::{Identity, WhoisError};

    struct Ada;

    #[async_trait]
    impl Whois for Ada {
        async fn whois(&self, address: IpAddr) -> Result<Option<Identity>, WhoisError> {
            match address.to_string().as_str() {
                "100.64.0.1" => Ok(Some(Identity {
                    login: "Ada@example.com".to_owned(),
                    name: None,
                })),
                "100.64.0.2" => Err(WhoisError::TimedOut),
                _ => Ok(None),
            }
        }
    }

    fn gateway() -> Gateway {
        Gateway {
            auth: Auth {
                mode: Mode::Token,
                token: Some(Secret::new("t")),
                password: None,
                allow_tailscale: true,
            },
            trusted_proxies: Vec::new(),
            bind: Bind::Loopback,
            port: 18789,
            tailscale: Tailscale::Serve,
            insecure_control_ui: false,
            endpoints: overgrow_settings::Endpoints::default(),
        }
    }

    /// As `tailscale serve` hands it on.
    fn served() -> Asked {
        Asked {
            origin: Origin {
                peer: IpAddr::from([127, 0, 0, 1]),
                host: "box.ts.net".to_owned(),
                forwarded: Forwarded {
                    chain: Some("100.64.0.1".to_owned()),
                    real_ip: None,
                    host: Some("box.ts.net".to_owned()),
                    proto: Some("https".to_owned()),
                },
            },
            claims: Some(" ada@EXAMPLE.com".to_owned()),
            presented: Presented::default(),
        }
    }

    async fn check(change: impl FnOnce(&mut Gateway, &mut Asked), expect: Result<&str, Refused>) {
        let (mut gateway, mut asked) = (gateway(), served());
        change(&mut gateway, &mut asked);
        let user = authorize(&gateway, &asked, &Ada)
            .await
            .map(|passed| passed.user);
        assert_eq!(user, expect.map(|user| Some(user.to_owned())), "{asked:?}");
    }

    #[tokio::test]
    async fn a_tailnet_user_is_let_in_after_a_whois() {
        check(|_, _| {}, Ok("Ada@example.com")).await;
    }

    #[tokio::test]
    async fn a_tailnet_identity_that_does_not_hold_leaves_it_to_the_token() {
        let missing = Err(Refused::TokenMissing);
        check(|gateway, _| gateway.auth.allow_tailscale = false, missing).await;
        check(|_, asked| asked.claims = None, missing).await;
        check(
            |_, asked| asked.claims = Some("eve@example.com".to_owned()),
            missing,
        )
        .await;
        check(
            |_, asked| asked.origin.peer = IpAddr::from([192, 0, 2, 1]),
            missing,
        )
        .await;
        check(|_, asked| asked.origin.forwarded.proto = None, missing).await;
        check(|_, asked| asked.origin.forwarded.host = None, missing).await;
        for chain in ["100.64.0.2", "100.64.0.3", "nobody", ", 100.64.0.1"] {
            check(
                |_, asked| asked.origin.forwarded.chain = Some(chain.to_owned()),
                missing,
            )
            .await;
        }
    }

    #[tokio::test]
    async fn a_caller_on_this_machine_is_not_asked_for_its_tailnet_identity() {
        let local = |gateway: &mut Gateway, asked: &mut Asked| {
            gateway.trusted_proxies = vec!["127.0.0.1".to_owned()];
            asked.origin.forwarded.chain = Some("127.0.0.1".to_owned());
        };
        check(local, Err(Refused::TokenMissing)).await;
    }

    #[tokio::test]
    async fn a_token_lets_in_whoever_is_not_of_the_tailnet() {
        let mut asked = served();
        asked.claims = None;
        asked.presented.token = Some("t".to_owned());
        let passed = authorize(&gateway(), &asked, &Ada).await;
        let method = passed.map(|passed| passed.method);
        assert_eq!(method, Ok(Method::Token));
    }
}
