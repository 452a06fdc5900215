//! Shapes of heads, good and bad, through one `check`.

use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits {
    request_line: 64,
    head: 256,
    headers: 5,
    linger: 0,
};

fn check(input: &[u8], expect: Scan) {
    assert_eq!(scan(input, &LIMITS), expect, "{}", input.escape_ascii());
}

fn refused(input: &[u8], refusal: Refusal) {
    check(input, Scan::Refused(refusal));
}

/// A head of HTTP/1.1 with a host and these lines, each ended by CRLF.
fn with(lines: &[u8]) -> Vec<u8> {
    [b"GET / HTTP/1.1\r\nHost: a\r\n", lines, b"\r\n"].concat()
}

fn complete(input: &[u8], framing: Framing) {
    let len = input.len();
    let head = Head {
        len,
        framing,
        upgrade: false,
        respell: false,
    };
    check(input, Scan::Complete(head));
}

#[test]
fn good_heads_are_complete() {
    let good: &[&[u8]] = &[
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.0\r\n\r\n",
        b"GET / HTTP/1.0\r\nHost: a\r\n\r\n",
        b"\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n",
        b"OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n",
        b"M-SEARCH /\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
        b"GET / HTTP/1.1\r\nhOST:a:80  \r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX:\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: \ta\tb\xff \r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n!#$%&'*+-.^_`|~09azAZ: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nTransfer: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n",
        b"GET / HTTP/1.0\r\nUpgrade: websocket\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nTE: trailers\r\n\r\n",
    ];
    for head in good {
        complete(head, Framing::None);
    }
}

#[test]
fn framing_follows_the_headers() {
    complete(&with(b"Content-Length: 5\r\n"), Framing::Length(5));
    complete(&with(b"content-length:  007 \r\n"), Framing::Length(7));
    complete(
        &with(b"Content-Length: 9223372036854775807\r\n"),
        Framing::Length(i64::MAX as u64),
    );
    complete(&with(b"Transfer-Encoding: chunked\r\n"), Framing::Chunked);
    complete(&with(b"TRANSFER-ENCODING:  CHUNKED \r\n"), Framing::Chunked);
    complete(
        b"POST / HTTP/1.0\r\nContent-Length: 5\r\n\r\n",
        Framing::Length(5),
    );
}

#[test]
fn an_upgrade_is_flagged() {
    let input = with(b"Connection: upgrade\r\nUpgrade: websocket\r\n");
    let Scan::Complete(head) = scan(&input, &LIMITS) else {
        panic!("refused");
    };
    assert!(head.upgrade);
}

#[test]
fn bytes_after_the_head_are_not_looked_at() {
    let input = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n\0\n";
    let head = Head {
        len: input.len() - 2,
        framing: Framing::None,
        upgrade: false,
        respell: false,
    };
    check(input, Scan::Complete(head));
}

#[test]
fn bad_request_lines_are_refused() {
    let table: &[(&[u8], Refusal)] = &[
        (b"\r\n\r\nGET / HTTP/1.1\r\n", Refusal::RequestLine),
        (b"\nGET / HTTP/1.1\r\n", Refusal::RequestLine),
        (b"\rGET / HTTP/1.1\r\n", Refusal::BareCr),
        (b" GET / HTTP/1.1\r\n", Refusal::Method),
        (b"\x16\x03\x01\x02", Refusal::Method),
        (b"get / HTTP/1.1\r\n", Refusal::Method),
        (b"G\0T / HTTP/1.1\r\n", Refusal::Method),
        (b"GET\t/ HTTP/1.1\r\n", Refusal::Method),
        (b"GET@ / HTTP/1.1\r\n", Refusal::Method),
        (b"G\xc3\x89T / HTTP/1.1\r\n", Refusal::Method),
        (b"CONNECT a:443 HTTP/1.1\r\n", Refusal::Connect),
        (
            b"OVERGROW-REFUSED /host HTTP/1.1\r\n",
            Refusal::ReservedMethod,
        ),
        (b"GET\r\n", Refusal::RequestLine),
        (b"GET\n", Refusal::RequestLine),
        (b"GET  / HTTP/1.1\r\n", Refusal::RequestLine),
        (b"GET /\r\n", Refusal::RequestLine),
        (b"GET /\n", Refusal::RequestLine),
        (b"GET / \r\n", Refusal::RequestLine),
        (b"GET /a b HTTP/1.1\r\n", Refusal::RequestLine),
        (b"GET /  HTTP/1.1\r\n", Refusal::RequestLine),
        (b"GET / HTTP/1.1 \r\n", Refusal::RequestLine),
        (b"GET / http/1.1\r\n", Refusal::RequestLine),
        (b"GET / HTTP/1.10\r\n", Refusal::RequestLine),
        (b"GET / HTTP/11\r\n", Refusal::RequestLine),
        (b"GET / HTTP/x.1\r\n", Refusal::RequestLine),
        (b"GET / HTTP/+1.1\r\n", Refusal::RequestLine),
        (b"GET / HTTPS/1.1\r\n", Refusal::RequestLine),
        (b"GET / HTTP/1.1\n", Refusal::BareLf),
        (b"GET / HTTP/1.1\r\r\n", Refusal::RequestLine),
        (b"GET / HTTP/1.1\rHost: a\r\n", Refusal::RequestLine),
        (b"GET * HTTP/1.1\r\n", Refusal::Target),
        (b"GET a HTTP/1.1\r\n", Refusal::Target),
        (b"GET ?a HTTP/1.1\r\n", Refusal::Target),
        (b"GET a:80 HTTP/1.1\r\n", Refusal::Target),
        (b"GET ://a HTTP/1.1\r\n", Refusal::Target),
        (b"GET http:// HTTP/1.1\r\n", Refusal::Target),
        (b"GET http:///a HTTP/1.1\r\n", Refusal::Target),
        (b"GET http://a@b/ HTTP/1.1\r\n", Refusal::Target),
        (b"GET http://a_b/ HTTP/1.1\r\n", Refusal::Target),
        (b"GET http://a:b/ HTTP/1.1\r\n", Refusal::Target),
        (b"GET 5http://a/ HTTP/1.1\r\n", Refusal::Target),
        (b"GET /\0 HTTP/1.1\r\n", Refusal::Target),
        (b"GET /\t HTTP/1.1\r\n", Refusal::Target),
        (b"GET /\x7f HTTP/1.1\r\n", Refusal::Target),
        (b"GET /\x0b HTTP/1.1\r\n", Refusal::Target),
        (b"GET / HTTP/2.0\r\n", Refusal::Version),
        (b"PRI * HTTP/2.0\r\n", Refusal::Version),
        (b"GET / HTTP/1.2\r\n", Refusal::Version),
        (b"GET / HTTP/0.9\r\n", Refusal::Version),
        (b"GET / HTTP/3.0\r\n", Refusal::Version),
    ];
    for (line, refusal) in table {
        refused(line, *refusal);
    }
}

#[test]
fn bad_header_lines_are_refused() {
    let table: &[(&[u8], Refusal)] = &[
        (b" X: a\r\n", Refusal::ObsFold),
        (b"\tX: a\r\n", Refusal::ObsFold),
        (b"X: a\r\n b\r\n", Refusal::ObsFold),
        (b"X: a\r\n\tb\r\n", Refusal::ObsFold),
        (b"X: a\r\n \r\n", Refusal::ObsFold),
        (b"X: a\n", Refusal::BareLf),
        (b"X\n", Refusal::BareLf),
        (b"\n", Refusal::BareLf),
        (b"X: a\n\r\n", Refusal::BareLf),
        (b"X: a\rb\r\n", Refusal::BareCr),
        (b"X: a\r\r\n", Refusal::BareCr),
        (b"\rX: a\r\n", Refusal::BareCr),
        (b"\r\r\n", Refusal::BareCr),
        (b"X: a\0b\r\n", Refusal::Control),
        (b"X: \x01\r\n", Refusal::Control),
        (b"X: \x0b\r\n", Refusal::Control),
        (b"X: \x0c\r\n", Refusal::Control),
        (b"X: a\x7f\r\n", Refusal::Control),
        (b"X: a\x1b[0m\r\n", Refusal::Control),
        (b"X : a\r\n", Refusal::SpaceBeforeColon),
        (b"X\t: a\r\n", Refusal::SpaceBeforeColon),
        (b"X Y: a\r\n", Refusal::SpaceBeforeColon),
        (b": a\r\n", Refusal::HeaderName),
        (b"X\r\n", Refusal::HeaderName),
        (b"X\0: a\r\n", Refusal::HeaderName),
        (b"X\x0b: a\r\n", Refusal::HeaderName),
        (b"\xffX: a\r\n", Refusal::HeaderName),
        (b"X(Y): a\r\n", Refusal::HeaderName),
        (b"X/Y: a\r\n", Refusal::HeaderName),
        (b"\"X\": a\r\n", Refusal::HeaderName),
        (b"X=a\r\n", Refusal::HeaderName),
        (b"Transfer-Encoding\x0b: chunked\r\n", Refusal::HeaderName),
        (b"Content-Length : 5\r\n", Refusal::SpaceBeforeColon),
    ];
    for (lines, refusal) in table {
        refused(&with(lines), *refusal);
    }
}

#[test]
fn bad_lengths_are_refused() {
    let table: &[(&[u8], Refusal)] = &[
        (b"Content-Length: \r\n", Refusal::ContentLength),
        (b"Content-Length:\t5\r\n", Refusal::ContentLength),
        (
            b"Transfer-Encoding: chunked\t\r\n",
            Refusal::TransferEncoding,
        ),
        (b"Content-Length: +5\r\n", Refusal::ContentLength),
        (b"Content-Length: -5\r\n", Refusal::ContentLength),
        (b"Content-Length: 0x5\r\n", Refusal::ContentLength),
        (b"Content-Length: 5 5\r\n", Refusal::ContentLength),
        (b"Content-Length: 5, 5\r\n", Refusal::ContentLength),
        (b"Content-Length: 5,\r\n", Refusal::ContentLength),
        (b"Content-Length: 5.0\r\n", Refusal::ContentLength),
        (b"Content-Length: 5e1\r\n", Refusal::ContentLength),
        (b"Content-Length: \xd9\xa5\r\n", Refusal::ContentLength),
        (
            b"Content-Length: 9223372036854775808\r\n",
            Refusal::ContentLength,
        ),
        (
            b"Content-Length: 5\r\nContent-Length: 5\r\n",
            Refusal::TwoContentLengths,
        ),
        (
            b"Content-Length: 5\r\ncontent-length: 6\r\n",
            Refusal::TwoContentLengths,
        ),
        (
            b"Content-Length: 0\r\nContent-Length: 5\r\n",
            Refusal::TwoContentLengths,
        ),
    ];
    for (lines, refusal) in table {
        refused(&with(lines), *refusal);
    }
}

#[test]
fn bad_codings_are_refused() {
    let table: &[(&[u8], Refusal)] = &[
        (b"Transfer-Encoding:\r\n", Refusal::TransferEncoding),
        (
            b"Transfer-Encoding: identity\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: xchunked\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: chunkedx\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: \"chunked\"\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: chunked;q=1\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: chunked,\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: , chunked\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: chunked, chunked\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: chunked, identity\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: identity, chunked\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: chunked, gzip\r\n",
            Refusal::TransferEncoding,
        ),
        (b"Transfer-Encoding: gzip\r\n", Refusal::TransferEncoding),
        (
            b"Transfer-Encoding: gzip, chunked\r\n",
            Refusal::TransferCoding,
        ),
        (b"Transfer-Encoding: \x0bchunked\r\n", Refusal::Control),
        (
            b"Transfer-Encoding: \xa0chunked\r\n",
            Refusal::TransferEncoding,
        ),
        (
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            Refusal::TwoTransferEncodings,
        ),
        (
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n",
            Refusal::TwoTransferEncodings,
        ),
        (
            b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            Refusal::ContentLengthAndTransferEncoding,
        ),
        (
            b"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
            Refusal::ContentLengthAndTransferEncoding,
        ),
    ];
    for (lines, refusal) in table {
        refused(&with(lines), *refusal);
    }
    refused(
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
        Refusal::TransferEncodingInHttp10,
    );
}

#[test]
fn bad_hosts_are_refused() {
    refused(b"GET / HTTP/1.1\r\n\r\n", Refusal::NoHost);
    refused(b"GET / HTTP/1.1\r\nX: a\r\n\r\n", Refusal::NoHost);
    refused(
        b"GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n",
        Refusal::TwoHosts,
    );
    refused(&with(b"Host: a\r\n"), Refusal::TwoHosts);
    refused(&with(b"host:\r\n"), Refusal::TwoHosts);
    for host in [
        "a b", "a/b", "a@b", "a:b", "a, b", "a\\b", "[::1", "http://a", "a?", "a#", "<a>",
        "a\u{e9}",
    ] {
        let head = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        refused(head.as_bytes(), Refusal::Host);
    }
}

#[test]
fn limits_hold_from_the_first_byte_too_many() {
    let line =
        |length: usize| format!("GET /{} HTTP/1.1\r\n", "a".repeat(length - 16)).into_bytes();
    check(&line(64), Scan::Partial);
    refused(&line(65), Refusal::RequestLineTooLong);
    refused(&[b'G'; 64], Refusal::RequestLineTooLong);
    check(&[b'G'; 63], Scan::Partial);
    let long = |length: usize| with(format!("X: {}\r\n", "a".repeat(length - 32)).as_bytes());
    assert_eq!(long(256).len(), 256);
    complete(&long(256), Framing::None);
    refused(&long(257), Refusal::HeadTooLong);
    refused(&long(257)[..256], Refusal::HeadTooLong);
    check(&long(257)[..255], Scan::Partial);
    complete(&with(&b"X: a\r\n".repeat(4)), Framing::None);
    refused(&with(&b"X: a\r\n".repeat(5)), Refusal::TooManyHeaders);
}

#[test]
fn every_part_of_a_good_head_is_partial() {
    let head = b"\r\nPOST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nX: a\tb\r\n\r\n";
    for end in 0..head.len() {
        check(&head[..end], Scan::Partial);
    }
    complete(head, Framing::Length(5));
}

proptest! {
    #[test]
    fn nothing_that_is_refused_in_part_is_accepted_whole(
        bytes in proptest::collection::vec(prop_oneof![
            Just(b"GET / HTTP/1.1\r\n".to_vec()), Just(b"Host: a\r\n".to_vec()), Just(b"\r\n".to_vec()),
            Just(b"Content-Length: 3\r\n".to_vec()), proptest::collection::vec(any::<u8>(), 0..3),
        ], 0..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = bytes.concat();
        let part = &bytes[..cut.index(bytes.len() + 1)];
        match scan(part, &LIMITS) {
            Scan::Partial => {}
            verdict => prop_assert_eq!(verdict, scan(&bytes, &LIMITS)),
        }
    }
}
