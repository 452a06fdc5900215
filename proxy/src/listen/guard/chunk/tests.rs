//! Chunked bodies, whole and in pieces: the verdict must be the same.

use proptest::prelude::*;

use super::*;

/// Feeds `bytes` in pieces of `step`; a verdict's offset counts from the start.
fn feed(bytes: &[u8], step: usize) -> Progress {
    let mut chunks = Chunks::default();
    for (index, piece) in bytes.chunks(step).enumerate() {
        let before = index * step;
        match chunks.advance(piece) {
            Progress::More => {}
            Progress::Done(len) => return Progress::Done(before + len),
            Progress::Refused(len, refusal) => return Progress::Refused(before + len, refusal),
        }
    }
    Progress::More
}

fn check(bytes: &[u8], expect: Progress) {
    for step in [1, 2, 3, 7, bytes.len()] {
        assert_eq!(
            feed(bytes, step),
            expect,
            "{} by {step}",
            bytes.escape_ascii()
        );
    }
}

#[test]
fn good_bodies_end_where_they_should() {
    let good: &[&[u8]] = &[
        b"0\r\n\r\n",
        b"5\r\nhello\r\n0\r\n\r\n",
        b"5\r\n\r\n0\r\n\r\n0\r\n\r\n",
        b"A\r\n0123456789\r\n0\r\n\r\n",
        b"a\r\n0123456789\r\n000\r\n\r\n",
        b"0000000000000001\r\nx\r\n0\r\n\r\n",
        b"1;a=b\r\nx\r\n0;c\r\n\r\n",
        b"1;a=\"b\tc;\xff\"\r\nx\r\n0\r\n\r\n",
        b"0\r\nX: a\r\ny:\r\n\r\n",
        b"0\r\nX-Content-Length: 5\r\nHosts: b\r\n\r\n",
    ];
    for body in good {
        check(body, Progress::Done(body.len()));
        let more = [body, b"GET".as_slice()].concat();
        check(&more, Progress::Done(body.len()));
        check(&body[..body.len() - 1], Progress::More);
    }
}

#[test]
fn bad_bodies_are_refused_at_the_byte() {
    let table: &[(&[u8], usize, Refusal)] = &[
        (b"\r\n", 0, Refusal::ChunkSize),
        (b"+5\r\n", 0, Refusal::ChunkSize),
        (b"-5\r\n", 0, Refusal::ChunkSize),
        (b" 5\r\n", 0, Refusal::ChunkSize),
        (b"5 \r\n", 1, Refusal::ChunkSize),
        (b"5\t;a\r\n", 1, Refusal::ChunkSize),
        (b"0x5\r\n", 1, Refusal::ChunkSize),
        (b"g\r\n", 0, Refusal::ChunkSize),
        (b"5_0\r\n", 1, Refusal::ChunkSize),
        (b";a\r\n", 0, Refusal::ChunkSize),
        (b"00000000000000001\r\n", 16, Refusal::ChunkSize),
        (b"8000000000000000\r\n", 16, Refusal::ChunkSize),
        (b"5\n", 1, Refusal::BareLf),
        (b"5\rh", 2, Refusal::BareCr),
        (b"5;a\n", 3, Refusal::BareLf),
        (b"5;a\rb", 4, Refusal::BareCr),
        (b"5;a\0\r\n", 3, Refusal::ChunkExtension),
        (b"5;\x7f\r\n", 2, Refusal::ChunkExtension),
        (b"1\r\nxy", 4, Refusal::ChunkEnd),
        (b"1\r\nx\n", 4, Refusal::ChunkEnd),
        (b"1\r\nx\r0", 5, Refusal::ChunkEnd),
        (b"0\r\n\n", 3, Refusal::BareLf),
        (b"0\r\n\rX", 4, Refusal::BareCr),
        (b"0\r\n X: a\r\n", 3, Refusal::ObsFold),
        (b"0\r\nX: a\r\n b\r\n", 9, Refusal::ObsFold),
        (b"0\r\n: a\r\n", 3, Refusal::HeaderName),
        (b"0\r\nX\r\n", 4, Refusal::HeaderName),
        (b"0\r\nX : a\r\n", 4, Refusal::SpaceBeforeColon),
        (b"0\r\nX: a\n", 7, Refusal::BareLf),
        (b"0\r\nX: a\rb", 8, Refusal::BareCr),
        (b"0\r\nX: \0\r\n", 6, Refusal::Control),
        (b"0\r\nContent-Length: 5\r\n", 17, Refusal::ForbiddenTrailer),
        (
            b"0\r\nTRANSFER-encoding: chunked\r\n",
            20,
            Refusal::ForbiddenTrailer,
        ),
        (b"0\r\nHost: a\r\n", 7, Refusal::ForbiddenTrailer),
    ];
    for (body, offset, refusal) in table {
        check(body, Progress::Refused(*offset, *refusal));
    }
}

#[test]
fn extensions_and_trailers_are_limited() {
    let extension = |length: usize| format!("1;{}\r\nx\r\n", "a".repeat(length)).into_bytes();
    check(&extension(256), Progress::More);
    check(
        &extension(257),
        Progress::Refused(258, Refusal::ChunkExtensionTooLong),
    );
    assert_eq!(feed(&extension(200).repeat(76), 1000), Progress::More);
    let endless = feed(&extension(200).repeat(100), 1000);
    assert!(matches!(
        endless,
        Progress::Refused(_, Refusal::ChunkExtensionTooLong)
    ));
    let lines = |count: usize| [b"0\r\n".to_vec(), b"X: a\r\n".repeat(count)].concat();
    check(&lines(64), Progress::More);
    check(&lines(65), Progress::Refused(387, Refusal::TrailersTooLong));
    let long = format!("0\r\nX: {}", "a".repeat(17_000));
    assert!(matches!(
        feed(long.as_bytes(), 1),
        Progress::Refused(_, Refusal::TrailersTooLong)
    ));
}

proptest! {
    #[test]
    fn pieces_and_whole_give_the_same_verdict(
        parts in proptest::collection::vec(prop_oneof![
            Just(b"5\r\nhello\r\n".to_vec()), Just(b"2;a=b\r\nhi\r\n".to_vec()), Just(b"0\r\n".to_vec()),
            Just(b"X: y\r\n".to_vec()), Just(b"\r\n".to_vec()), proptest::collection::vec(any::<u8>(), 0..2),
        ], 0..10),
        step in 1usize..20,
    ) {
        let bytes = parts.concat();
        let whole = feed(&bytes, bytes.len().max(1));
        prop_assert_eq!(feed(&bytes, 1), whole);
        prop_assert_eq!(feed(&bytes, step), whole);
    }
}
