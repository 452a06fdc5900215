use overgrow_handler::RequestId;

use super::*;

const REMOTE: &str = "192.0.2.1";
const LOCAL: &str = "127.0.0.1";

struct From<'a> {
    peer: &'a str,
    proxy: bool,
    tls: bool,
    upgrade: Upgrade,
    version: Version,
}

fn plain(peer: &str) -> From<'_> {
    From {
        peer,
        proxy: false,
        tls: false,
        upgrade: Upgrade::None,
        version: Version::HTTP_11,
    }
}

fn forward(from: &From<'_>, headers: &[(&str, &str)]) -> Vec<String> {
    let mut request = Request::builder().uri("/").version(from.version);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let peer: IpAddr = from.peer.parse().unwrap();
    let caller = Caller {
        peer,
        client: peer,
        request_id: RequestId::from_bits(1),
        forced: None,
        wants_debug: false,
        is_proxy: from.proxy,
        is_loopback: peer.is_loopback(),
    };
    let request = request.body(Body::empty()).unwrap();
    let seen = Seen::of(request.headers());
    let request = to_backend(request, seen, &caller, from.tls, from.upgrade);
    let lines = request
        .headers()
        .iter()
        .filter(|(name, _)| *name != X_REQUEST_ID);
    let mut lines: Vec<String> = lines
        .map(|(name, value)| format!("{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    lines
}

#[test]
fn a_remote_clients_claims_are_replaced() {
    let claims = [
        ("host", "front"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1"),
        ("x-forwarded-prefix", "/admin"),
        ("x-forwarded-host", "localhost"),
        ("tailscale-user-login", "root@example.com"),
        ("x_forwarded_for", "127.0.0.1"),
        ("tailscale_user_login", "root@example.com"),
    ];
    let expect = [
        "host: front",
        "x-forwarded-for: 192.0.2.1",
        "x-forwarded-host: front",
        "x-forwarded-proto: http",
    ];
    assert_eq!(forward(&plain(REMOTE), &claims), expect);
}

#[test]
fn a_plain_local_client_stays_as_local_as_it_is() {
    assert_eq!(
        forward(&plain(LOCAL), &[("host", "localhost")]),
        ["host: localhost"]
    );
}

#[test]
fn a_local_client_that_claims_to_forward_is_not_believed() {
    let lines = forward(
        &plain(LOCAL),
        &[
            ("host", "h"),
            ("x-forwarded-for", "8.8.8.8"),
            ("x-real-ip", "8.8.8.8"),
        ],
    );
    assert_eq!(
        lines,
        [
            "host: h",
            "x-forwarded-for: 127.0.0.1",
            "x-forwarded-host: h",
            "x-forwarded-proto: http"
        ]
    );
}

#[test]
fn tailscale_in_front_on_this_machine_is_passed_through() {
    let headers = [
        ("tailscale-user-login", "a@b"),
        ("x-forwarded-for", "100.64.0.1"),
        ("x-forwarded-host", "box.ts.net"),
        ("x-forwarded-proto", "https"),
    ];
    assert_eq!(
        forward(&plain(LOCAL), &headers),
        [
            "tailscale-user-login: a@b",
            "x-forwarded-for: 100.64.0.1",
            "x-forwarded-host: box.ts.net",
            "x-forwarded-proto: https"
        ]
    );
}

#[test]
fn a_trusted_proxys_chain_is_kept_and_grows() {
    let proxy = From {
        proxy: true,
        ..plain(REMOTE)
    };
    let lines = forward(
        &proxy,
        &[
            ("x-forwarded-for", "8.8.8.8"),
            ("x-forwarded-proto", "https"),
        ],
    );
    assert_eq!(
        lines,
        [
            "x-forwarded-for: 8.8.8.8, 192.0.2.1",
            "x-forwarded-proto: https"
        ]
    );
}

#[test]
fn hop_by_hop_headers_and_those_connection_names_end_here() {
    let headers = [
        (
            "connection",
            "keep-alive, X-Secret-Hop, host, content-length",
        ),
        ("x-secret-hop", "1"),
        ("keep-alive", "timeout=5"),
        ("proxy-connection", "keep-alive"),
        ("proxy-authorization", "Basic x"),
        ("te", "gzip, trailers"),
        ("host", "h"),
        ("content-length", "0"),
        ("upgrade", "h2c"),
        ("expect", "100-Continue"),
    ];
    assert_eq!(
        forward(&plain(LOCAL), &headers),
        ["content-length: 0", "host: h", "te: trailers"]
    );
}

#[test]
fn an_upgrade_keeps_its_two_headers() {
    let from = From {
        upgrade: Upgrade::WebSocket,
        ..plain(LOCAL)
    };
    let lines = forward(
        &from,
        &[
            ("connection", "keep-alive, Upgrade"),
            ("upgrade", "websocket"),
        ],
    );
    assert_eq!(lines, ["connection: Upgrade", "upgrade: websocket"]);
}

#[test]
fn the_backend_sees_an_upgrade_that_is_asked_for_twice() {
    let from = From {
        upgrade: Upgrade::WebSocket,
        ..plain(LOCAL)
    };
    let lines = forward(
        &from,
        &[
            ("connection", "upgrade"),
            ("upgrade", "websocket"),
            ("upgrade", "websocket"),
        ],
    );
    assert_eq!(
        lines,
        [
            "connection: Upgrade",
            "upgrade: websocket",
            "upgrade: websocket"
        ]
    );
}

#[test]
fn the_other_headers_keep_their_order_around_a_removed_one() {
    let response = Response::builder()
        .header("x-first", "1")
        .header("connection", "close, x-hop")
        .header("set-cookie", "a")
        .header("x-hop", "1")
        .header("set-cookie", "b")
        .header("content-type", "text/html")
        .header("content-length", "0")
        .body(Body::empty())
        .unwrap();
    let response = to_client(response, Version::HTTP_11);
    let names: Vec<&str> = response.headers().iter().map(|(n, _)| n.as_str()).collect();
    assert_eq!(
        names,
        [
            "x-first",
            "set-cookie",
            "set-cookie",
            "content-type",
            "content-length"
        ]
    );
}

#[test]
fn of_two_framings_in_an_answer_only_the_one_that_was_read_goes_on() {
    let response = Response::builder()
        .header("content-length", "5")
        .header("transfer-encoding", "chunked")
        .body(Body::empty())
        .unwrap();
    let response = to_client(response, Version::HTTP_11);
    assert!(!response.headers().contains_key("content-length"));
    assert!(response.headers().contains_key("transfer-encoding"));
}

#[test]
fn commands_to_the_sidecar_do_not_travel_on() {
    let headers = [
        ("x-overgrow-backend", "rust"),
        ("x-overgrow-shadow", "1"),
        ("x-other", "1"),
    ];
    assert_eq!(forward(&plain(LOCAL), &headers), ["x-other: 1"]);
}

#[test]
fn http10_expects_nothing() {
    let old = From {
        version: Version::HTTP_10,
        ..plain(LOCAL)
    };
    assert!(forward(&old, &[("expect", "foo")]).is_empty());
}

#[test]
fn an_unmet_expectation_is_the_backends_to_refuse() {
    assert_eq!(
        forward(&plain(LOCAL), &[("expect", "foo")]),
        ["expect: foo"]
    );
}
