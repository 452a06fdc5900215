//! What concerns several addresses: listeners that overlap, an admin listener open to the network, a loop.

use std::net::{IpAddr, SocketAddr};

use toml::Spanned;

use super::legacy::LegacyFile;
use super::server::ServerFile;
use crate::config::UpstreamUrl;
use crate::config::fault::Notes;

pub(super) fn check(server: &ServerFile, legacy: &LegacyFile, notes: &mut Notes) {
    let listen = server.listen_addresses();
    for (at, address) in listen.iter().enumerate() {
        if let Some(first) = listen[..at]
            .iter()
            .find(|first| overlap(*first.get_ref(), *address.get_ref()))
        {
            clash((first, "listen"), address, notes);
        }
    }
    admin(server, &listen, notes);
    for url in legacy.upstreams() {
        if let Some(own) = listen
            .iter()
            .find(|own| reaches(url.get_ref(), *own.get_ref()))
        {
            looped(own, &url, notes);
        }
    }
}

fn admin(server: &ServerFile, listen: &[Spanned<SocketAddr>], notes: &mut Notes) {
    let admin = server.admin_address();
    if let Some(traffic) = listen
        .iter()
        .find(|traffic| overlap(*traffic.get_ref(), *admin.get_ref()))
    {
        match admin.span().is_empty() {
            true => clash((&admin, "admin"), traffic, notes),
            false => clash((traffic, "listen"), &admin, notes),
        }
    }
    if !admin.get_ref().ip().to_canonical().is_loopback() && server.admin_token.is_absent() {
        let open = format!(
            "admin on {} is open to the network and has no token",
            admin.get_ref()
        );
        notes
            .add(admin.span(), open)
            .help("add admin_token = { env = \"OVERGROW_ADMIN_TOKEN\" }, or listen on 127.0.0.1");
    }
}

/// The later of two addresses is the fault; a default has no place of its own to point at.
fn clash(first: (&Spanned<SocketAddr>, &str), second: &Spanned<SocketAddr>, notes: &mut Notes) {
    let (first, key) = first;
    let message = match (first.get_ref(), second.get_ref()) {
        (first, second) if first == second => format!("{second} is taken twice"),
        (first, second) => format!("{second} overlaps {first}"),
    };
    let note = notes.add(second.span(), message);
    if first.span().is_empty() {
        note.help(format!(
            "{} is what `{key}` is without being written; choose another port",
            first.get_ref()
        ));
    } else {
        note.help("two listeners cannot share an address and port")
            .other(first.span(), format!("taken by `{key}`"));
    }
}

fn looped(own: &Spanned<SocketAddr>, url: &Spanned<UpstreamUrl>, notes: &mut Notes) {
    let message = format!(
        "{} is this proxy itself: every request would go round for ever",
        url.get_ref()
    );
    let note = notes
        .add(url.span(), message)
        .help("give the legacy and the proxy different ports");
    if !own.span().is_empty() {
        note.other(own.span(), "listens here");
    }
}

/// Whether the system refuses the second of two. Port 0 is a port of its own each time; `[::]` takes IPv4 as well.
fn overlap(a: SocketAddr, b: SocketAddr) -> bool {
    if a.port() != b.port() || a.port() == 0 {
        return false;
    }
    let (a, b) = (a.ip().to_canonical(), b.ip().to_canonical());
    let takes =
        |wide: IpAddr, other: IpAddr| wide.is_unspecified() && (wide.is_ipv6() || other.is_ipv4());
    a == b || takes(a, b) || takes(b, a)
}

/// Whether an upstream on this machine is the listener `own`. An address of an interface cannot be told from elsewhere.
fn reaches(url: &UpstreamUrl, own: SocketAddr) -> bool {
    let host = match url.host.as_str() {
        "localhost" => Some(IpAddr::from([127, 0, 0, 1])),
        host => host.parse().ok(),
    };
    host.is_some_and(|host| {
        let local = host.is_loopback() || host.is_unspecified() || host == own.ip();
        local && overlap(SocketAddr::new(host, url.port), own)
    })
}
