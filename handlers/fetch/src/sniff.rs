//! What bytes are, whatever somebody calls them.
//!
//! The surprise: what a browser would run (HTML, SVG, scripts in XML) has no magic number and is looked for first.

/// The type of content by its first bytes; nothing for what is not known, such as plain text.
pub fn sniff(bytes: &[u8]) -> Option<&'static str> {
    active(bytes).or_else(|| infer::get(bytes).map(|kind| kind.mime_type()))
}

/// Content that a browser would run.
fn active(bytes: &[u8]) -> Option<&'static str> {
    /// Bytes in which browsers look for it.
    const LOOK: usize = 1445;
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = text.get(..LOOK).unwrap_or(text).trim_ascii_start();
    let starts = |tag: &str| {
        let head = text.get(..tag.len());
        head.is_some_and(|head| head.eq_ignore_ascii_case(tag.as_bytes()))
    };
    let lower = text.to_ascii_lowercase();
    let holds = |tag: &[u8]| lower.windows(tag.len()).any(|window| window == tag);
    if [
        "<!doctype html",
        "<html",
        "<head",
        "<body",
        "<script",
        "<iframe",
        "<!--",
    ]
    .iter()
    .any(|tag| starts(tag))
    {
        return Some("text/html");
    }
    if (starts("<?xml") || starts("<svg") || starts("<!doctype svg")) && holds(b"<svg") {
        return Some("image/svg+xml");
    }
    starts("<?xml").then_some("text/xml")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_is_what_its_bytes_say() {
        for (bytes, kind) in [
            (&b"\x89PNG\r\n\x1a\n"[..], Some("image/png")),
            (b"\xff\xd8\xff\xe0\x00\x10JFIF", Some("image/jpeg")),
            (b"GIF89a\x01\x00", Some("image/gif")),
            (b"RIFF\x00\x00\x00\x00WEBPVP8 ", Some("image/webp")),
            (b"%PDF-1.7", Some("application/pdf")),
            (b"PK\x03\x04", Some("application/zip")),
            (b"ID3\x04", Some("audio/mpeg")),
            (b"  <!DOCTYPE html><p>", Some("text/html")),
            (b"\xef\xbb\xbf<HTML>", Some("text/html")),
            (
                b"<?xml version='1.0'?><svg xmlns='x'>",
                Some("image/svg+xml"),
            ),
            (b"<svg onload=alert(1)>", Some("image/svg+xml")),
            (b"<?xml version='1.0'?><feed/>", Some("text/xml")),
            (b"hello", None),
            (b"", None),
        ] {
            assert_eq!(sniff(bytes), kind, "{bytes:?}");
        }
    }
}
