//! What bytes are, by their own look: nobody's headers or file names are asked.
//!
//! Formats are known by `infer`; their names are those of the legacy's `file-type` where the two differ. The surprise:
//! markup is seen with a wider eye than a browser has, because something that runs scripts and is taken for text is
//! worse than a text that is taken for markup.

/// Bytes in which an SVG's root element has to begin; comments and a document type come before it.
const ROOT_WITHIN: usize = 4096;

/// The media type of bytes, `None` when they have no look that is known. Text without markup has none.
pub fn sniff(bytes: &[u8]) -> Option<&'static str> {
    markup(bytes)
        .or_else(|| infer::get(bytes).and_then(|kind| as_the_legacy(kind.mime_type(), bytes)))
}

fn markup(bytes: &[u8]) -> Option<&'static str> {
    let text = narrow(&bytes[..bytes.len().min(ROOT_WITHIN)]);
    let text = text.trim_ascii_start();
    let second = text.strip_prefix(b"<")?.first()?;
    if !second.is_ascii_alphabetic() && !b"!?/".contains(second) {
        return None;
    }
    Some(match text {
        _ if holds(text, b"<html") => "text/html",
        _ if holds(text, b"<svg") || holds(text, b":svg") => "image/svg+xml",
        _ if holds(&text[..text.len().min(5)], b"<?xml") => "application/xml",
        _ => "text/html",
    })
}

/// The text in one byte for each character, without its byte order mark; of UTF-16 what is ASCII in it.
fn narrow(bytes: &[u8]) -> Vec<u8> {
    match bytes {
        [0xef, 0xbb, 0xbf, rest @ ..] => rest.to_vec(),
        [0xff, 0xfe, rest @ ..] | [0xfe, 0xff, rest @ ..] => {
            rest.iter().copied().filter(|byte| *byte != 0).collect()
        }
        _ => bytes.to_vec(),
    }
}

fn holds(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len())
        .any(|window| window.eq_ignore_ascii_case(part))
}

fn as_the_legacy(infer: &'static str, bytes: &[u8]) -> Option<&'static str> {
    Some(match infer {
        "application/octet-stream" => return None,
        "application/font-sfnt" if bytes.starts_with(b"OTTO") => "font/otf",
        "application/font-sfnt" => "font/ttf",
        "application/font-woff" if bytes.starts_with(b"wOF2") => "font/woff2",
        "application/font-woff" => "font/woff",
        "application/vnd.microsoft.portable-executable" => "application/x-msdownload",
        "application/vnd.rar" => "application/x-rar-compressed",
        "application/vnd.sqlite3" => "application/x-sqlite3",
        "application/x-ole-storage" => "application/x-cfb",
        "audio/m4a" => "audio/x-m4a",
        "audio/opus" => "audio/ogg; codecs=opus",
        "audio/x-aiff" => "audio/aiff",
        "audio/x-ape" => "audio/ape",
        "audio/x-flac" => "audio/flac",
        "audio/x-wav" => "audio/wav",
        "image/heif" if matches!(bytes.get(8..12), Some(b"heic" | b"heix")) => "image/heic",
        "image/vnd.microsoft.icon" => "image/x-icon",
        "video/x-matroska" => "video/matroska",
        "video/x-ms-wmv" => "video/x-ms-asf",
        "video/x-msvideo" => "video/vnd.avi",
        known => known,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(bytes: &[u8], expect: Option<&str>) {
        assert_eq!(sniff(bytes), expect, "{:?}", String::from_utf8_lossy(bytes));
    }

    #[test]
    fn formats_have_the_legacys_names() {
        check(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some("image/png"));
        check(b"\xff\xd8\xff\xe0\0\x10JFIF\0", Some("image/jpeg"));
        check(b"GIF89a\x01\0\x01\0", Some("image/gif"));
        check(b"RIFF\0\0\0\0WEBPVP8 ", Some("image/webp"));
        check(
            b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf",
            Some("image/avif"),
        );
        check(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", Some("image/heic"));
        check(b"RIFF\0\0\0\0WAVEfmt ", Some("audio/wav"));
        check(b"ID3\x04\0\0\0\0\0\0", Some("audio/mpeg"));
        check(
            b"OggS\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0OpusHead",
            Some("audio/ogg; codecs=opus"),
        );
        check(b"fLaC\0\0\0\x22", Some("audio/flac"));
        check(b"\0\0\0\x18ftypM4A \0\0\0\0M4A mp42", Some("audio/x-m4a"));
        check(b"\0\0\0\x18ftypisom\0\0\x02\0isomiso2", Some("video/mp4"));
        check(b"\0\0\0\x14ftypqt  \0\0\0\0qt  ", Some("video/quicktime"));
        check(b"%PDF-1.7\n", Some("application/pdf"));
        check(b"PK\x03\x04\x14\0\0\0\0\0", Some("application/zip"));
        check(b"\x1f\x8b\x08\0\0\0\0\0", Some("application/gzip"));
        check(b"MZ\x90\0\x03\0\0\0", Some("application/x-msdownload"));
        check(b"wOF2\0\x01\0\0", Some("font/woff2"));
        check(b"OTTO\0\x0b\0\x80", Some("font/otf"));
    }

    #[test]
    fn markup_is_not_taken_for_text() {
        for html in [
            "<!DOCTYPE html><html>",
            "<html>",
            "\u{feff}<HTML>",
            " \r\n\t<script>alert(1)</script>",
            "<!-- comment --><script>",
            "<img src=x onerror=alert(1)>",
            "</p><script>",
            "<?xml version='1.0'?><html xmlns='http://www.w3.org/1999/xhtml'>",
        ] {
            check(html.as_bytes(), Some("text/html"));
        }
        for svg in [
            "<svg xmlns='http://www.w3.org/2000/svg'>",
            "<?xml version='1.0'?>\n<!-- x --><SVG>",
            "<s:svg xmlns:s=''>",
        ] {
            check(svg.as_bytes(), Some("image/svg+xml"));
        }
        check(b"<?xml version='1.0'?><feed>", Some("application/xml"));
        check(b"\xff\xfe<\0h\0t\0m\0l\0>\0", Some("text/html"));
        check(b"\xfe\xff\0<\0s\0v\0g\0>", Some("image/svg+xml"));
    }

    #[test]
    fn what_has_no_look_has_no_type() {
        for plain in ["", "<", "< 3", "<3", "hello", "a <b>", "{\"a\": 1}"] {
            check(plain.as_bytes(), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_are_too_odd(start in 0..STARTS.len(), rest in proptest::collection::vec(any::<u8>(), 0..600)) {
            let bytes = [STARTS[start], &rest].concat();
            for length in 0..bytes.len().min(64) {
                sniff(&bytes[..length]);
            }
            sniff(&bytes);
        }
    }

    const STARTS: [&[u8]; 10] = [
        b"",
        b"<",
        b"\xff\xfe",
        b"RIFF",
        b"\0\0\0\x20ftyp",
        b"PK\x03\x04",
        b"\xd0\xcf\x11\xe0",
        b"OggS",
        b"\x1aE\xdf\xa3",
        b"ID3",
    ];
}
