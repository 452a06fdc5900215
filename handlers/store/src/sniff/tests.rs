use proptest::prelude::*;

use super::*;

fn check(bytes: &[u8], expect: &str) {
    assert_eq!(
        sniff(bytes),
        Some(expect),
        "{:?}",
        &bytes[..bytes.len().min(32)]
    );
}

#[test]
fn what_begins_with_a_mark_or_a_tag_counts_from_behind_it() {
    check(b"\xef\xbb\xbf<?xml version", "application/xml");
    check(b"ID3\x04\0\0\0\0\0\x02--\xff\xfb", "audio/mpeg");
    check(b"ID3\x04\0\0\0\0\0\x02--fLaC", "audio/flac");
    check(b"ID3\x04\0\0\0\0\x7f\x7f", "audio/mpeg");
    // The loose rules do not look behind a byte order mark.
    assert_eq!(sniff(b"\xef\xbb\xbf\xff\xfb"), None);
    assert_eq!(sniff(&b"\xef\xbb\xbf".repeat(100_000)), None);
}

#[test]
fn text_is_unknown_and_its_utf_16_is_music() {
    assert_eq!(sniff(b"hello"), None);
    assert_eq!(sniff(b"{\"a\":1}"), None);
    assert_eq!(sniff(b"<html>"), None);
    check(b"\xff\xfeh\0i\0", "audio/mpeg");
    assert_eq!(sniff(b"\xfe\xff\0h\0i"), None);
    assert_eq!(sniff(b"B"), None);
}

#[test]
fn an_animated_png_is_told_from_a_plain_one() {
    let head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR.................";
    let with = |chunk: &[u8]| [&head[..], b"\0\0\0\x01", chunk, b"....."].concat();
    check(&with(b"acTL"), "image/apng");
    check(&with(b"IDAT"), "image/png");
    check(&with(b"tEXt"), "image/png");
    check(head, "image/png");
    assert_eq!(sniff(b"\x89PNG\r\n\x1a\n\0\0\0\x0cIHDR"), None);
}

#[test]
fn webm_is_told_from_matroska() {
    let with = |name: &[u8]| [b"\x1a\x45\xdf\xa3\x93\x42\x86\x81\x01\x42\x82\x88", name].concat();
    check(&with(b"webm\0\0\0\0"), "video/webm");
    check(&with(b"matroska"), "video/matroska");
    assert_eq!(sniff(&with(b"unheard!")), None);
    assert_eq!(sniff(&with(b"short")), None);
}

/// One stored entry.
fn entry(name: &str, content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_le_bytes();
    let name_length = u16::try_from(name.len()).unwrap().to_le_bytes();
    let head = [
        b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0",
        &length[..],
        &length,
    ]
    .concat();
    [&head[..], &name_length, b"\0\0", name.as_bytes(), content].concat()
}

#[test]
fn documents_are_told_from_other_zips() {
    let word = b"<Override ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml\"/>";
    let zip = |entries: &[Vec<u8>]| entries.concat();
    let docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    check(
        &zip(&[
            entry("_rels/.rels", b"x"),
            entry("[Content_Types].xml", word),
        ]),
        docx,
    );
    check(
        &entry("mimetype", b"application/epub+zip\n"),
        "application/epub+zip",
    );
    check(
        &entry("lib/classes2.dex", b""),
        "application/vnd.android.package-archive",
    );
    check(&entry("a.txt", b"x"), "application/zip");
    check(&entry("mimetype", b"text/plain"), "application/zip");
    check(b"PK\x03\x04", "application/zip");
    check(b"PK\x05\x06", "application/zip");
}

const STARTS: &[&[u8]] = &[
    b"",
    b"PK\x03\x04",
    b"\x1a\x45\xdf\xa3",
    b"\x89PNG\r\n\x1a\n",
    b"II*\0",
    b"MM\0*",
    b"OggS",
    b"ID3",
    b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9",
    b"\x04\0\0\0",
    b"\xef\xbb\xbf",
    b"\0\0\0\x0cjP  \r\n\x87\n",
];

proptest! {
    #[test]
    fn no_bytes_panic(
        start in proptest::sample::select(STARTS),
        rest in proptest::collection::vec(any::<u8>(), 0..700),
    ) {
        sniff(&[start, &rest[..]].concat());
    }
}
