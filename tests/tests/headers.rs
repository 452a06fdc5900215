//! Which headers cross the sidecar, seen as raw bytes at the origin and at the client.
//!
//! A remote peer is this machine under its own address: the kernel then names that address as the source too.

use anyhow::{Context, Result, ensure};
use nix::ifaddrs::getifaddrs;
use overgrow_tests::legacy::Fastify;
use overgrow_tests::origin::Origin;
use overgrow_tests::raw::{self, Answer, Outcome};
use overgrow_tests::sidecar::{Sidecar, forwarding};
use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};

/// An origin that keeps every head and a sidecar in front of it.
struct Rig {
    origin: Origin,
    sidecar: Sidecar,
    to: SocketAddr,
}

impl Rig {
    /// Clients come from loopback.
    async fn local(server: &str) -> Result<Self> {
        let origin = Origin::start().await?;
        let legacy = format!("url = \"http://{}\"", origin.address());
        let sidecar = Sidecar::start(&forwarding(server, &legacy)).await?;
        let to = sidecar.addr();
        Ok(Self {
            origin,
            sidecar,
            to,
        })
    }

    /// Clients come from this machine's address on the network.
    async fn remote(server: &str) -> Result<Self> {
        let own = own_address()?;
        let mut rig = Self::local(&format!("listen = \"0.0.0.0:0\"\n{server}")).await?;
        rig.to = SocketAddr::from((own, rig.sidecar.addr().port()));
        Ok(rig)
    }

    async fn send(&self, request: &[u8]) -> Result<Answer> {
        answer(raw::exchange(self.to, request).await?)
    }

    /// The head that reached the origin for a GET with these header lines.
    async fn forwarded(&self, lines: &[&str]) -> Result<String> {
        let request = format!("GET / HTTP/1.1\r\n{}\r\n\r\n", lines.join("\r\n"));
        let got = self.send(request.as_bytes()).await?;
        ensure!(got.status() == 200, "{}", got.status_line);
        self.origin
            .heads()
            .pop()
            .context("nothing reached the origin")
    }

    /// The same without the request line and the request id, names in lower case, sorted.
    async fn lines(&self, lines: &[&str]) -> Result<Vec<String>> {
        let head = self.forwarded(lines).await?;
        let lines = head.lines().skip(1).filter(|line| !line.is_empty());
        let mut lines: Vec<String> = lines.map(lower_name).collect();
        lines.retain(|line| !line.starts_with("x-request-id:"));
        lines.sort();
        Ok(lines)
    }

    async fn check(&self, sent: &[&str], expect: &[&str]) -> Result<()> {
        let got = self.lines(sent).await?;
        ensure!(got == expect, "{sent:#?}\nbecame {got:#?}\nnot {expect:#?}");
        Ok(())
    }
}

fn answer(outcome: Outcome) -> Result<Answer> {
    match outcome {
        Outcome::Answer(answer) => Ok(answer),
        Outcome::Silence(silence) => anyhow::bail!("{silence:?}"),
    }
}

fn lower_name(line: &str) -> String {
    match line.split_once(':') {
        Some((name, value)) => format!("{}:{value}", name.to_ascii_lowercase()),
        None => line.to_owned(),
    }
}

/// An address of this machine that is not loopback. A machine without one cannot run these tests, and says so.
fn own_address() -> Result<Ipv4Addr> {
    let addresses = getifaddrs()?.filter_map(|interface| interface.address);
    let mut own = addresses
        .filter_map(|address| Some(address.as_sockaddr_in()?.ip()))
        .filter(|address| !address.is_loopback());
    own.next()
        .context("a remote peer needs a network interface with an IPv4 address beside loopback")
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

const TRUSTED: &str = "trusted_proxies = [\"127.0.0.0/8\"]";

#[tokio::test]
async fn a_plain_local_client_gets_no_forwarding_headers() -> Result<()> {
    let rig = Rig::local("").await?;
    rig.check(&["Host: front", "X-Own: 1"], &["host: front", "x-own: 1"])
        .await
}

#[tokio::test]
async fn a_local_client_that_claims_to_forward_is_not_believed() -> Result<()> {
    let rig = Rig::local("").await?;
    let expect = [
        "host: front",
        "x-forwarded-for: 127.0.0.1",
        "x-forwarded-host: front",
        "x-forwarded-proto: http",
    ];
    for claim in [
        "X-Forwarded-For: 8.8.8.8",
        "X-Real-IP: 8.8.8.8",
        "Forwarded: for=8.8.8.8",
        "X-Forwarded-Host: admin",
    ] {
        rig.check(&["Host: front", claim], &expect).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_remote_client_cannot_look_local() -> Result<()> {
    let rig = Rig::remote("").await?;
    let own = format!("x-forwarded-for: {}", own_address()?);
    let sent = [
        "Host: front",
        "X-Forwarded-For: 127.0.0.1",
        "X-Forwarded-For: ::1",
        "X-Real-IP: 127.0.0.1",
        "Forwarded: for=127.0.0.1;host=localhost",
        "X-Forwarded-Host: localhost",
        "X-Forwarded-Prefix: /admin",
        "X-Forwarded-Proto: https",
        "Tailscale-User-Login: root@example.com",
        "TAILSCALE-User-Name: Root",
    ];
    let expect = [
        "host: front",
        &own,
        "x-forwarded-host: front",
        "x-forwarded-proto: http",
    ];
    rig.check(&sent, &expect).await?;
    rig.check(&["Host: front"], &expect).await
}

#[tokio::test]
async fn tailscale_on_this_machine_is_believed() -> Result<()> {
    let rig = Rig::local("").await?;
    let sent = [
        "Host: box.ts.net",
        "Tailscale-User-Login: a@b",
        "X-Forwarded-For: 100.64.0.1",
        "X-Forwarded-Proto: https",
    ];
    let expect = sent.map(lower_name);
    let mut expect = expect.each_ref().map(String::as_str);
    expect.sort();
    rig.check(&sent, &expect).await
}

#[tokio::test]
async fn a_trusted_proxys_word_stands_and_its_chain_grows() -> Result<()> {
    let rig = Rig::local(TRUSTED).await?;
    let sent = [
        "Host: front",
        "X-Forwarded-For: 8.8.8.8",
        "X-Forwarded-For: 9.9.9.9",
        "X-Forwarded-Proto: https",
        "X-Real-IP: 8.8.8.8",
    ];
    let expect = [
        "host: front",
        "x-forwarded-for: 8.8.8.8, 9.9.9.9, 127.0.0.1",
        "x-forwarded-proto: https",
        "x-real-ip: 8.8.8.8",
    ];
    rig.check(&sent, &expect).await
}

#[tokio::test]
async fn a_trusted_proxy_elsewhere_may_not_speak_for_tailscale() -> Result<()> {
    let own = own_address()?;
    let rig = Rig::remote(&format!("trusted_proxies = [\"{own}\"]")).await?;
    let sent = [
        "Host: front",
        "X-Forwarded-For: 8.8.8.8",
        "Tailscale-User-Login: root@example.com",
    ];
    let chain = format!("x-forwarded-for: 8.8.8.8, {own}");
    rig.check(&sent, &["host: front", &chain]).await
}

#[tokio::test]
async fn headers_of_one_hop_end_here_with_those_that_connection_names() -> Result<()> {
    let rig = Rig::local("").await?;
    let sent = [
        "Host: front",
        "Connection: keep-alive, X-Secret-Hop",
        "Connection: Other-Hop, host, content-length",
        "X-Secret-Hop: 1",
        "Other-Hop: 1",
        "Keep-Alive: timeout=5",
        "Proxy-Connection: keep-alive",
        "Proxy-Authorization: Basic eDp5",
        "TE: gzip, trailers",
        "Upgrade: h2c",
        "X-Stays: 1",
    ];
    rig.check(&sent, &["host: front", "te: trailers", "x-stays: 1"])
        .await
}

#[tokio::test]
async fn header_names_and_their_order_reach_the_origin_as_sent() -> Result<()> {
    let rig = Rig::local("").await?;
    let sent = [
        "Host: front",
        "X-ODD-Case: 1",
        "aCCept: */*",
        "b: 2",
        "X-B: 3",
    ];
    let head = rig.forwarded(&sent).await?;
    let lines: Vec<&str> = head.lines().skip(1).collect();
    ensure!(lines[..sent.len()] == sent, "{head}");
    Ok(())
}

#[tokio::test]
async fn the_host_is_kept_as_sent() -> Result<()> {
    let rig = Rig::local("").await?;
    for host in ["front", "Front.Example:8443", "[::1]:80", "127.0.0.1"] {
        let head = rig.forwarded(&[&format!("Host: {host}")]).await?;
        ensure!(header(&head, "host") == Some(host), "{head}");
    }
    Ok(())
}

#[tokio::test]
async fn the_target_reaches_the_origin_byte_by_byte() -> Result<()> {
    let rig = Rig::local("").await?;
    for target in [
        "/a%2Fb/../c?x=%zz",
        "/a/./b//c/",
        "//two/slashes",
        "/%7e/%41?",
        "/?a=1&a=2&?",
        "/back\\slash|pipe^",
        // UTF-8, one char per byte as everywhere here.
        "/caf\u{c3}\u{a9}",
        "/a;p=1/..%2e/",
        "http://other.example:81/a%2Fb/../c?x=%zz",
        "http://front/?x",
    ] {
        let bytes: Vec<u8> = format!("GET {target} HTTP/1.1\r\nHost: front\r\n\r\n")
            .chars()
            .map(|c| c as u8)
            .collect();
        rig.send(&bytes).await?;
        let head = rig.origin.heads().pop().context(target)?;
        let got = head.split(' ').nth(1).unwrap_or_default();
        ensure!(got == target, "{target} became {got}");
    }
    Ok(())
}

#[tokio::test]
async fn a_request_id_is_kept_from_this_machine_and_drawn_for_others() -> Result<()> {
    let (local, remote) = (Rig::local("").await?, Rig::remote("").await?);
    let sent = ["Host: front", "X-Request-Id: mine-1"];
    let head = local.forwarded(&sent).await?;
    ensure!(header(&head, "x-request-id") == Some("mine-1"), "{head}");
    let mut ids = HashSet::new();
    for _ in 0..3 {
        let head = remote.forwarded(&sent).await?;
        ids.insert(header(&head, "x-request-id").context("no id")?.to_owned());
        let head = local.forwarded(&["Host: front"]).await?;
        ids.insert(header(&head, "x-request-id").context("no id")?.to_owned());
    }
    ensure!(ids.len() == 6 && !ids.contains("mine-1"), "{ids:?}");
    Ok(())
}

#[tokio::test]
async fn a_problem_answer_carries_the_request_id() -> Result<()> {
    let rig = Rig::local("").await?;
    let Rig {
        origin, sidecar, ..
    } = rig;
    origin.stop().await;
    let request = b"GET / HTTP/1.1\r\nHost: front\r\nX-Request-Id: mine-2\r\n\r\n";
    let got = answer(raw::exchange(sidecar.addr(), request).await?)?;
    let problem: serde_json::Value = serde_json::from_slice(&got.body)?;
    ensure!(got.status() == 502, "{}", got.status_line);
    ensure!(
        got.header("x-request-id") == Some("mine-2"),
        "{:?}",
        got.lines()
    );
    ensure!(problem["request_id"] == "mine-2", "{problem}");
    Ok(())
}

#[tokio::test]
async fn commands_to_the_sidecar_do_not_travel_on() -> Result<()> {
    for rig in [
        Rig::local("").await?,
        Rig::local(TRUSTED).await?,
        Rig::remote("").await?,
    ] {
        let sent = [
            "Host: front",
            "X-Overgrow-Backend: rust",
            "x-overgrow-debug: 1",
            "X-OVERGROW-Shadow: 1",
            "X-Overgrow-Request-Id: 7",
        ];
        let lines = rig.lines(&sent).await?;
        let ours = lines.iter().any(|line| line.contains("overgrow"));
        ensure!(!ours, "{lines:?}");
    }
    Ok(())
}

#[tokio::test]
async fn debug_headers_are_for_trusted_peers_that_ask() -> Result<()> {
    let (local, remote) = (Rig::local("").await?, Rig::remote("").await?);
    let asks = b"GET / HTTP/1.1\r\nHost: front\r\nX-Overgrow-Debug: 1\r\n\r\n";
    let told = local.send(asks).await?;
    ensure!(
        told.header("x-overgrow-backend") == Some("legacy"),
        "{:?}",
        told.lines()
    );
    ensure!(
        told.header("x-overgrow-route") == Some("-"),
        "{:?}",
        told.lines()
    );
    let silent = local.send(b"GET / HTTP/1.1\r\nHost: front\r\n\r\n").await?;
    for answer in [silent, remote.send(asks).await?] {
        ensure!(
            answer.header("x-overgrow-backend").is_none(),
            "{:?}",
            answer.lines()
        );
        ensure!(
            answer.header("x-overgrow-route").is_none(),
            "{:?}",
            answer.lines()
        );
    }
    Ok(())
}

/// What belongs to one connection or to one moment.
fn is_comparable(line: &str) -> bool {
    let name = line.split(':').next().unwrap_or_default();
    !["connection", "keep-alive", "date"].contains(&name.to_ascii_lowercase().as_str())
}

#[tokio::test]
async fn an_answers_header_lines_keep_their_case_and_order() -> Result<()> {
    let legacy = Fastify::start(&[]).await?;
    let sidecar = Sidecar::in_front_of(legacy.address()).await?;
    for path in [
        "/case",
        "/set-cookies",
        "/echo",
        "/status/404",
        "/status/204",
        "/trailers",
        "/download?bytes=10",
        "/missing",
        "/sse?n=1&ms=1",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        let direct = answer(raw::exchange(legacy.address(), request.as_bytes()).await?)?;
        let through = answer(raw::exchange(sidecar.addr(), request.as_bytes()).await?)?;
        ensure!(
            direct.status_line == through.status_line,
            "{path}: {}",
            through.status_line
        );
        let kept = |answer: &Answer| -> Vec<String> {
            let lines = answer.lines().into_iter();
            // The lengths of two echoes differ by the request id.
            lines
                .filter(|line| is_comparable(line))
                .filter(|line| path != "/echo" || !line.starts_with("content-length"))
                .collect()
        };
        ensure!(
            kept(&direct) == kept(&through),
            "{path}: {:#?}\nnot {:#?}",
            kept(&through),
            kept(&direct)
        );
    }
    Ok(())
}

#[tokio::test]
async fn hop_by_hop_headers_of_an_answer_end_here() -> Result<()> {
    let origin = Origin::start_with(|mut stream| async move {
        let says = "HTTP/1.1 200 OK\r\nA: 1\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nB: 2\r\nContent-Length: 2\r\nC: 3\r\n\r\nhi";
        let mut reader = tokio::io::BufReader::new(&mut stream);
        let _ = overgrow_tests::origin::read_head(&mut reader).await;
        let _ = tokio::io::AsyncWriteExt::write_all(&mut stream, says.as_bytes()).await;
    })
    .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let mut wire = raw::Wire::connect(sidecar.addr()).await?;
    for _ in 0..2 {
        let got = answer(wire.exchange(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await)?;
        ensure!(
            got.lines() == ["A: 1", "B: 2", "Content-Length: 2", "C: 3"],
            "{:?}",
            got.lines()
        );
    }
    Ok(())
}
