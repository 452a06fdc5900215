//! Odd but legal requests, byte by byte: the gateway's own server answers them, so the sidecar has to as well.
//!
//! It must not know the answers; both sides are asked. The surprise: what the sidecar refuses on purpose (two hosts, bare line
//! feeds) is not here but in the smuggling corpus.

/// A name and the whole request.
pub type Shape = (&'static str, &'static [u8]);

/// The requests.
pub const SHAPES: &[Shape] = &[
    ("header.empty", b"POST /hooks/wake HTTP/1.1\r\nHost: a\r\nAuthorization:\r\nX-OpenClaw-Token: legacy-hook-token\r\nContent-Length: 2\r\n\r\n{}"),
    ("header.latin1", b"POST /hooks/wake HTTP/1.1\r\nHost: a\r\nX-OpenClaw-Token: \xe9\xff\r\nContent-Length: 0\r\n\r\n"),
    ("header.twice", b"POST /hooks/wake HTTP/1.1\r\nHost: a\r\nX-OpenClaw-Token:\r\nX-OpenClaw-Token: legacy-hook-token\r\nContent-Length: 2\r\n\r\n{}"),
    ("header.padded", b"POST /hooks/wake HTTP/1.1\r\nHost: a\r\nAuthorization: \t Bearer legacy-hook-token \t\r\nContent-Length: 2\r\n\r\n{}"),
    ("header.15k", &PADDED),
    ("method.head", b"HEAD /favicon.svg HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method.head-404", b"HEAD /ui HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method.head-hooks", b"HEAD /hooks/wake HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method.head-canvas", b"HEAD /__openclaw__/canvas/ HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method.options-star", b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method.trace", b"TRACE / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method.m-search", b"M-SEARCH / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("method.query", b"QUERY /hooks/wake HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"),
    ("method.get-with-body", b"GET /hooks/wake HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"),
    ("target.slashes", b"GET /// HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target.network-path", b"GET //a:b/hooks/wake HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target.backslash", b"GET /hooks\\wake HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target.absolute-upper", b"GET HTTP://x/hooks/wake?a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target.escapes", b"GET /%00%zz%?% HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target.raw-json", b"GET /hooks/wake?q={\"a\":[\"<b>\"]}|^` HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("target.raw-path", b"GET /hooks/<`>/{\"}| HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("body.chunked-trailers", b"POST /hooks/wake HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer legacy-hook-token\r\nTransfer-Encoding: chunked\r\n\r\nD;x=y\r\n{\"text\":\"hi\"}\r\n0\r\nX-T: 1\r\n\r\n"),
    ("body.chunked-odd-case", b"POST /hooks/wake HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer legacy-hook-token\r\ntransfer-encoding: Chunked\r\n\r\n00D\r\n{\"text\":\"hi\"}\r\n000\r\n\r\n"),
    ("expect.odd-case", b"POST /hooks/wake HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nAuthorization: Bearer legacy-hook-token\r\nContent-Length: 2\r\n\r\n{}"),
    ("expect.empty", b"GET / HTTP/1.1\r\nHost: a\r\nExpect:\r\n\r\n"),
    ("connection.close", b"GET /avatar/main HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n"),
    ("connection.odd", b"GET /avatar/main HTTP/1.1\r\nHost: a\r\nConnection: foo, , keep-alive\r\nProxy-Connection: x\r\nKeep-Alive: 3\r\n\r\n"),
    ("connection.leading-line", b"\r\nGET /avatar/main HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("upgrade.h2c", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n"),
    ("upgrade.h2c-alone", b"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n"),
    ("upgrade.two", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket, h2c\r\n\r\n"),
    ("upgrade.twice", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nUpgrade: websocket\r\n\r\n"),
    ("upgrade.post-with-body", b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nContent-Length: 2\r\n\r\n{}"),
    ("upgrade.unnamed", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\n\r\n"),
];

/// A head just short of the 16 KiB at which Node stops; the sidecar's own headers have to fit in as well.
const PADDED: [u8; 16_000] = {
    let head = b"GET /avatar/main HTTP/1.1\r\nHost: a\r\nX: ";
    let mut bytes = [b'x'; 16_000];
    let mut at = 0;
    while at < head.len() {
        bytes[at] = head[at];
        at += 1;
    }
    bytes[15_996] = b'\r';
    bytes[15_997] = b'\n';
    bytes[15_998] = b'\r';
    bytes[15_999] = b'\n';
    bytes
};
