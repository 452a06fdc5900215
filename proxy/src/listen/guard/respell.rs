//! Percent-encodes the few characters of a target that clients send as they are and the engine refuses.
//!
//! It must not know what is a good target. The one surprise: this is the only change the guard makes to a request. A
//! query such as `?q={"a":1}` is common, legacy servers take it, and a WHATWG parser behind spells it exactly so.

use bytes::{BufMut, BytesMut};

/// Whether the request line `line` has a character that may have to be respelled.
pub(super) fn needs_respelling(line: &[u8]) -> bool {
    memchr::memchr3(b'"', b'<', b'>', line).is_some() || memchr::memchr(b'`', line).is_some()
}

/// Copies `head` to `out` with its target respelled.
pub(super) fn respell(head: &[u8], out: &mut BytesMut) {
    let start = memchr::memchr(b' ', head).map_or(head.len(), |space| space + 1);
    let len = memchr::memchr(b' ', &head[start..]).unwrap_or(0);
    let (target, rest) = head[start..].split_at(len);
    out.extend_from_slice(&head[..start]);
    respell_target(target, out);
    out.extend_from_slice(rest);
}

fn respell_target(target: &[u8], out: &mut BytesMut) {
    let query = memchr::memchr(b'?', target).unwrap_or(target.len());
    for (at, &byte) in target.iter().enumerate() {
        match byte {
            b'<' => out.extend_from_slice(b"%3C"),
            b'>' => out.extend_from_slice(b"%3E"),
            b'"' if at > query => out.extend_from_slice(b"%22"),
            b'`' if at < query => out.extend_from_slice(b"%60"),
            _ => out.put_u8(byte),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(target: &str, expect: &str) {
        let head = |target| format!("\r\nGET {target} HTTP/1.1\r\nHost: a\r\nX: <\"`>\r\n\r\n");
        let mut out = BytesMut::new();
        respell(head(target).as_bytes(), &mut out);
        assert_eq!(out, head(expect));
        // What comes out is what the engine takes.
        http::Uri::try_from(expect).unwrap();
    }

    #[test]
    fn only_what_the_engine_refuses_is_respelled() {
        check(r#"/a?q={"b":[1]}"#, "/a?q={%22b%22:[1]}");
        check("/<a>`b`?`<c>`?\"", "/%3Ca%3E%60b%60?`%3Cc%3E`?%22");
        check(r#"/{"a"}|^?x|^\{}'"#, r#"/{"a"}|^?x|^\{}'"#);
        check("http://a/<?>", "http://a/%3C?%3E");
    }
}
