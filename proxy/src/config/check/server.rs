//! `[server]`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;
use toml::Spanned;

use super::secret::secret;
use crate::config::field::Field;
use crate::config::read::{Item, Section, brief};
use crate::config::value::{duration, filled, size, time_limit};
use crate::config::{Secret, ServerConfig, TlsConfig};

/// More threads than any machine has cores; beyond it a slip of the finger is likelier.
const MOST_THREADS: i128 = 1024;

/// Head sizes: below the least no browser gets through, above the most a head is an attack.
const LEAST_HEAD: u64 = 1 << 10;
const MOST_HEAD: u64 = 1 << 20;

/// The table as it is written.
#[derive(Debug, Default)]
pub(super) struct ServerFile {
    pub(super) listen: Field<Vec<Spanned<SocketAddr>>>,
    pub(super) admin: Field<SocketAddr>,
    pub(super) admin_token: Field<Secret>,
    threads: Field<usize>,
    trusted_proxies: Field<Vec<Spanned<IpNet>>>,
    drain: Field<Duration>,
    data: Field<PathBuf>,
    tls: Field<Option<TlsConfig>>,
    header_timeout: Field<Duration>,
    idle_timeout: Field<Duration>,
    header_size: Field<u64>,
}

impl ServerFile {
    pub(super) fn read(mut section: Section<'_, '_>) -> Self {
        let file = ServerFile {
            listen: section.take("listen", listen),
            admin: section.take("admin", address),
            admin_token: section.take("admin_token", |item| secret(item, "OVERGROW_ADMIN_TOKEN")),
            threads: section.take("threads", threads),
            trusted_proxies: section.take("trusted_proxies", |item| {
                item.list("[\"10.0.0.0/8\"]", network)
            }),
            drain: section.take("drain", duration),
            data: section.take("data", path),
            tls: section.take("tls", |item| {
                item.table("{ cert = \"cert.pem\", key = \"key.pem\" }", tls)
            }),
            header_timeout: section.take("header_timeout", time_limit),
            idle_timeout: section.take("idle_timeout", time_limit),
            header_size: section.take("header_size", header_size),
        };
        section.finish(&[
            ("url", "it belongs in `[legacy]`"),
            ("cert", "it belongs in `tls`"),
            ("key", "it belongs in `tls`"),
        ]);
        file
    }

    pub(super) fn check(self) -> ServerConfig {
        let defaults = ServerConfig::default();
        let bare = |list: Vec<Spanned<IpNet>>| list.into_iter().map(Spanned::into_inner).collect();
        ServerConfig {
            listen: self
                .listen_addresses()
                .into_iter()
                .map(Spanned::into_inner)
                .collect(),
            admin: self.admin_address().into_inner(),
            threads: self.threads.value().unwrap_or(defaults.threads),
            trusted_proxies: self
                .trusted_proxies
                .value()
                .map_or(defaults.trusted_proxies, bare),
            drain: self.drain.value().unwrap_or(defaults.drain),
            data: self.data.value().unwrap_or(defaults.data),
            tls: self.tls.value().flatten(),
            admin_token: self.admin_token.value(),
            header_timeout: self
                .header_timeout
                .value()
                .unwrap_or(defaults.header_timeout),
            idle_timeout: self.idle_timeout.value().unwrap_or(defaults.idle_timeout),
            header_size: self
                .header_size
                .value()
                .map_or(defaults.header_size, |size| size as usize),
        }
    }

    /// The written addresses, or the default at the head of the file.
    pub(super) fn listen_addresses(&self) -> Vec<Spanned<SocketAddr>> {
        let default = || {
            ServerConfig::default()
                .listen
                .into_iter()
                .map(|address| Spanned::new(0..0, address))
                .collect()
        };
        self.listen.get().cloned().unwrap_or_else(default)
    }

    /// The written address, or the default at the head of the file.
    pub(super) fn admin_address(&self) -> Spanned<SocketAddr> {
        self.admin
            .given()
            .cloned()
            .unwrap_or_else(|| Spanned::new(0..0, ServerConfig::default().admin))
    }
}

impl Default for ServerConfig {
    fn default() -> Self {
        ServerConfig {
            listen: vec![SocketAddr::from(([127, 0, 0, 1], 8080))],
            admin: SocketAddr::from(([127, 0, 0, 1], 9901)),
            threads: 0,
            trusted_proxies: Vec::new(),
            drain: Duration::from_secs(5),
            data: PathBuf::from("overgrow-data"),
            tls: None,
            admin_token: None,
            header_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            header_size: 64 << 10,
        }
    }
}

fn listen(item: &mut Item<'_, '_>) -> Option<Vec<Spanned<SocketAddr>>> {
    if !item.is_list() {
        return address(item).map(|address| vec![Spanned::new(item.span(), address)]);
    }
    match item.list("[\"127.0.0.1:8080\"]", address)? {
        none if none.is_empty() => {
            item.refuse("no address to listen on", "write \"127.0.0.1:8080\"")
        }
        some => Some(some),
    }
}

fn address(item: &mut Item<'_, '_>) -> Option<SocketAddr> {
    if let Some(port) = item.integer() {
        return item.refuse(
            "a port alone says not on which address",
            format!("write \"127.0.0.1:{port}\""),
        );
    }
    let text = item.string("\"127.0.0.1:8080\"")?;
    match text.parse() {
        Ok(address) => Some(address),
        Err(_) => item.refuse(
            format!("`{}` is not an address and port", brief(text)),
            address_help(text),
        ),
    }
}

fn address_help(text: &str) -> String {
    let port = |text: &str| text.parse::<u16>().is_ok();
    match text.rsplit_once(':') {
        Some(("localhost", number)) if port(number) => format!("write \"127.0.0.1:{number}\""),
        Some(("" | "*", number)) if port(number) => {
            format!("write \"0.0.0.0:{number}\" for every interface")
        }
        _ if text.parse::<std::net::Ipv4Addr>().is_ok() => format!("add the port: \"{text}:8080\""),
        _ if text.parse::<std::net::Ipv6Addr>().is_ok() => {
            format!("add the port: \"[{text}]:8080\"")
        }
        _ => "for example \"127.0.0.1:8080\" or \"[::1]:8080\"; names are not resolved here".into(),
    }
}

fn threads(item: &mut Item<'_, '_>) -> Option<usize> {
    match item.integer() {
        Some(count) if (0..=MOST_THREADS).contains(&count) => Some(count as usize),
        Some(count) => item.refuse(
            format!("{count} is not a number of threads"),
            format!("write 0 for one per core, or up to {MOST_THREADS}"),
        ),
        None => item.mismatch("a whole number", "0 for one per core"),
    }
}

fn network(item: &mut Item<'_, '_>) -> Option<IpNet> {
    let text = item.string("\"10.0.0.0/8\"")?;
    let bare = || text.parse::<IpAddr>().ok().map(IpNet::from);
    match text.parse::<IpNet>().ok().or_else(bare) {
        Some(network) => Some(network.trunc()),
        None => item.refuse(
            format!("`{}` is not an address or a network", brief(text)),
            "for example \"10.0.0.0/8\", \"192.0.2.7\" or \"fd00::/8\"",
        ),
    }
}

fn path(item: &mut Item<'_, '_>) -> Option<PathBuf> {
    filled(item, "\"overgrow-data\"").map(PathBuf::from)
}

fn tls(mut section: Section<'_, '_>) -> Option<TlsConfig> {
    const HELP: &str = "TLS needs both: tls = { cert = \"cert.pem\", key = \"key.pem\" }";
    let file = |item: &mut Item<'_, '_>| filled(item, "\"cert.pem\"").map(PathBuf::from);
    let cert = section.require("cert", HELP, file);
    let key = section.require("key", HELP, file);
    section.finish(&[]);
    Some(TlsConfig {
        cert: cert?.into_inner(),
        key: key?.into_inner(),
    })
}

fn header_size(item: &mut Item<'_, '_>) -> Option<u64> {
    match size(item)? {
        bytes if (LEAST_HEAD..=MOST_HEAD).contains(&bytes) => Some(bytes),
        bytes => item.refuse(
            format!("{bytes} bytes is out of range"),
            "write a size from \"1KiB\" to \"1MiB\"",
        ),
    }
}
