//! What headers cross the sidecar, in both directions.
//!
//! Forwarding headers are replaced, not appended, unless the peer is a trusted proxy. The surprise: a plain client on
//! loopback gets no forwarding headers at all. The sidecar's own hop looks exactly as local as that client is, so
//! there is nothing to add, and a legacy that asks "is this client local?" goes on getting the right answer.

use std::net::IpAddr;
use std::sync::Once;

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use overgrow_handler::Body;

use super::caller::Caller;
use super::seen::{Kind, Seen};
use super::switch::Upgrade;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
const X_FORWARDED_HOST: HeaderName = HeaderName::from_static("x-forwarded-host");
const X_FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");
const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Headers whose loss would change what the message is; `Connection` cannot name them away.
const ESSENTIAL: [HeaderName; 3] = [
    header::HOST,
    header::CONTENT_LENGTH,
    header::TRANSFER_ENCODING,
];

/// The request as the backend gets it.
pub(super) fn to_backend(
    mut request: Request<Body>,
    seen: Seen,
    caller: &Caller,
    tls: bool,
    upgrade: Upgrade,
) -> Request<Body> {
    let authority = authority_of(&request);
    // HTTP/1.0 has no expectations, and the backend is asked in HTTP/1.1.
    let may_expect = request.version() != Version::HTTP_10;
    let headers = request.headers_mut();
    let named = named_by_connection(headers, seen);
    let expects = may_expect && seen.has(Kind::Expect) && !expects_continue(headers);
    if seen.has_any(&[
        Kind::Connection,
        Kind::Hop,
        Kind::Upgrade,
        Kind::Expect,
        Kind::Ours,
    ]) {
        strip(headers, |name| match Kind::of(name.as_str()) {
            Some(Kind::Connection | Kind::Hop | Kind::Ours) => true,
            Some(Kind::Upgrade) => upgrade == Upgrade::None,
            Some(Kind::Expect) => !expects,
            _ => named.contains(name),
        });
    }
    if upgrade != Upgrade::None {
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    }
    keep_only_trailers(headers, seen);
    forwarded(headers, seen, caller, tls, authority.as_deref());
    headers.insert(X_REQUEST_ID, caller.request_id.header());
    request
}

/// HTTP/2 names the host in the target.
fn authority_of(request: &Request<Body>) -> Option<String> {
    let authority = request
        .uri()
        .authority()
        .filter(|_| request.version() == Version::HTTP_2)?;
    Some(authority.as_str().to_owned())
}

/// A backend's response as the client gets it.
pub(super) fn to_client(mut response: Response<Body>, client: Version) -> Response<Body> {
    let status = response.status();
    if status == StatusCode::SWITCHING_PROTOCOLS {
        return response;
    }
    let headers = response.headers_mut();
    let seen = Seen::of(headers);
    let named = named_by_connection(headers, seen);
    if seen.has_any(&[
        Kind::Connection,
        Kind::Hop,
        Kind::Upgrade,
        Kind::TransferEncoding,
    ]) {
        // Of two framings the client library used this one; the other would be a lie, or hide a second answer.
        let chunked = seen.has(Kind::TransferEncoding);
        strip(headers, |name| match Kind::of(name.as_str()) {
            Some(Kind::Connection | Kind::Hop) => true,
            // A 426 says in it what the client should have asked for.
            Some(Kind::Upgrade) => status != StatusCode::UPGRADE_REQUIRED,
            // The body is framed anew; toward HTTP/1.1 the backend's choice may stand, and keeps its place and case.
            Some(Kind::TransferEncoding) => client != Version::HTTP_11,
            _ => named.contains(name) || (chunked && *name == header::CONTENT_LENGTH),
        });
    }
    keep_only_trailers(headers, seen);
    response
}

/// Removes headers and keeps the order of the others.
fn strip(headers: &mut HeaderMap, gone: impl Fn(&HeaderName) -> bool) {
    let found: Vec<HeaderName> = headers.keys().filter(|name| gone(name)).cloned().collect();
    let Some(first) = found.first() else { return };
    let behind = headers.keys().skip_while(|name| *name != first).count();
    // The map fills a gap with its last header. With one header left to move that is where it belongs anyway.
    if behind - found.len() <= 1 {
        for name in found {
            headers.remove(name);
        }
    } else {
        rebuild(headers, &found);
    }
}

fn rebuild(headers: &mut HeaderMap, gone: &[HeaderName]) {
    let mut kept = HeaderMap::with_capacity(headers.len());
    for (name, value) in headers.iter().filter(|(name, _)| !gone.contains(name)) {
        kept.append(name, value.clone());
    }
    *headers = kept;
}

/// What `Connection` names besides its options.
fn named_by_connection(headers: &HeaderMap, seen: Seen) -> Vec<HeaderName> {
    if !seen.has(Kind::Connection) {
        return Vec::new();
    }
    let values = headers.get_all(header::CONNECTION).iter();
    let tokens = values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii);
    let names = tokens
        .filter(|token| !is_option(token))
        .filter_map(|token| HeaderName::from_bytes(token).ok());
    names
        .filter(|name| !ESSENTIAL.contains(name) && *name != header::TE)
        .collect()
}

/// Connection options that are not header names.
fn is_option(token: &[u8]) -> bool {
    token.is_empty()
        || [&b"close"[..], b"keep-alive", b"upgrade"]
            .iter()
            .any(|word| token.eq_ignore_ascii_case(word))
}

/// `TE: trailers` is a promise gRPC depends on; any other coding in it is between two neighbours.
fn keep_only_trailers(headers: &mut HeaderMap, seen: Seen) {
    let Some(te) = headers.get(header::TE).filter(|_| seen.has(Kind::Te)) else {
        return;
    };
    let mut codings = te.as_bytes().split(|byte| *byte == b',');
    if codings.any(|coding| coding.trim_ascii().eq_ignore_ascii_case(b"trailers")) {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    } else {
        strip(headers, |name| *name == header::TE);
    }
}

/// The HTTP library answers `100-continue` itself; any other expectation is the backend's to refuse.
fn expects_continue(headers: &HeaderMap) -> bool {
    let expect = headers.get(header::EXPECT);
    expect.is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// Says who the client is, so that nobody can pretend to be somebody else.
fn forwarded(
    headers: &mut HeaderMap,
    seen: Seen,
    caller: &Caller,
    tls: bool,
    authority: Option<&str>,
) {
    if caller.is_loopback && seen.has(Kind::Tailscale) {
        // `tailscale serve` stands in front on this machine: its word is what the legacy checks.
        return;
    }
    if seen.has(Kind::Tailscale) {
        strip(headers, |name| {
            Kind::of(name.as_str()) == Some(Kind::Tailscale)
        });
    }
    if caller.is_proxy {
        return append_hop(headers, caller.peer);
    }
    if seen.has(Kind::Claim) {
        warn_of_unlisted_proxy(caller);
        strip(headers, |name| Kind::of(name.as_str()) == Some(Kind::Claim));
    } else if caller.is_loopback {
        if tls {
            headers.insert(X_FORWARDED_PROTO, HeaderValue::from_static("https"));
        }
        return;
    }
    let host = headers
        .get(header::HOST)
        .cloned()
        .or_else(|| HeaderValue::from_str(authority?).ok());
    headers.insert(X_FORWARDED_FOR, address(caller.peer));
    headers.insert(
        X_FORWARDED_PROTO,
        HeaderValue::from_static(if tls { "https" } else { "http" }),
    );
    if let Some(host) = host {
        headers.insert(X_FORWARDED_HOST, host);
    }
}

/// On loopback it is more likely a proxy that nobody listed than an attacker, and all its clients look local now.
fn warn_of_unlisted_proxy(caller: &Caller) {
    static ONCE: Once = Once::new();
    if caller.is_loopback {
        ONCE.call_once(|| {
            tracing::warn!(
                peer = %caller.peer,
                "a peer on loopback sends X-Forwarded-* and is not believed: is it a proxy that belongs in trusted_proxies?"
            );
        });
    }
}

/// A trusted proxy's chain gets one more link.
fn append_hop(headers: &mut HeaderMap, peer: IpAddr) {
    let chain: Vec<&[u8]> = headers
        .get_all(X_FORWARDED_FOR)
        .iter()
        .map(HeaderValue::as_bytes)
        .collect();
    let mut chain = chain.join(&b", "[..]);
    if !chain.is_empty() {
        chain.extend_from_slice(b", ");
    }
    chain.extend_from_slice(peer.to_string().as_bytes());
    if let Ok(chain) = HeaderValue::from_bytes(&chain) {
        headers.insert(X_FORWARDED_FOR, chain);
    }
}

fn address(address: IpAddr) -> HeaderValue {
    HeaderValue::from_str(&address.to_string()).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests;
