//! Of what type a file is.
//!
//! Pure. The surprise is the order: the bytes speak first, but a generic answer of theirs (`application/zip`) yields to
//! the extension, because an office document is a zip too.

use crate::sniff;

/// Types with the extension that a new file gets. The last of an extension wins when an extension is looked up, which is
/// why `.m4a` is `audio/mp4`.
const TYPES: &[(&str, &str)] = &[
    ("image/heic", ".heic"),
    ("image/heif", ".heif"),
    ("image/jpeg", ".jpg"),
    ("image/png", ".png"),
    ("image/webp", ".webp"),
    ("image/gif", ".gif"),
    ("audio/ogg", ".ogg"),
    ("audio/mpeg", ".mp3"),
    ("audio/x-m4a", ".m4a"),
    ("audio/mp4", ".m4a"),
    ("video/mp4", ".mp4"),
    ("video/quicktime", ".mov"),
    ("application/pdf", ".pdf"),
    ("application/json", ".json"),
    ("application/zip", ".zip"),
    ("application/gzip", ".gz"),
    ("application/x-tar", ".tar"),
    ("application/x-7z-compressed", ".7z"),
    ("application/vnd.rar", ".rar"),
    ("application/msword", ".doc"),
    ("application/vnd.ms-excel", ".xls"),
    ("application/vnd.ms-powerpoint", ".ppt"),
    (
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ".docx",
    ),
    (
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        ".xlsx",
    ),
    (
        "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        ".pptx",
    ),
    ("text/csv", ".csv"),
    ("text/plain", ".txt"),
    ("text/markdown", ".md"),
];

/// What is known of a file's type beside its bytes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Hints<'a> {
    /// Its extension with the dot, in lower case; empty when there is none.
    pub extension: &'a str,
    /// What its sender said, parameters and all.
    pub declared: Option<&'a str>,
}

/// The type of a file, or `None` when nothing speaks for any.
pub fn detect(bytes: &[u8], hints: Hints<'_>) -> Option<String> {
    let sniffed = sniff::sniff(bytes);
    let by_extension = of_extension(hints.extension);
    let declared = hints.declared.and_then(bare);
    let certain = sniffed.filter(|found| !is_generic(found) || by_extension.is_none());
    if let Some(found) = certain.or(by_extension) {
        return Some(found.to_owned());
    }
    // What is left is generic or declared, and sniffing was settled above unless the extension spoke.
    declared
}

/// The extension, with its dot, of a new file: by what its sender declared, else by the type that was found; empty when
/// neither has one. Only the declared type is freed of its parameters, so opus gets none by its bytes, as in the legacy.
pub fn extension_for(declared: Option<&str>, found: Option<&str>) -> &'static str {
    let by_sender = declared.and_then(bare).and_then(|name| usual(&name));
    by_sender.or_else(|| found.and_then(usual)).unwrap_or("")
}

fn usual(content_type: &str) -> Option<&'static str> {
    let row = TYPES.iter().find(|(name, _)| *name == content_type);
    row.map(|(_, extension)| *extension)
}

fn of_extension(extension: &str) -> Option<&'static str> {
    if extension == ".jpeg" {
        return Some("image/jpeg");
    }
    let row = TYPES.iter().rev().find(|(_, known)| *known == extension);
    row.map(|(name, _)| *name)
}

/// A type without its parameters, in lower case; `None` when nothing is left.
fn bare(content_type: &str) -> Option<String> {
    let bare = content_type.split(';').next()?.trim().to_lowercase();
    (!bare.is_empty()).then_some(bare)
}

fn is_generic(name: &str) -> bool {
    matches!(name, "application/octet-stream" | "application/zip")
}

#[cfg(test)]
mod tests {
    use super::*;

    const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";
    const ZIP: &[u8] = b"PK\x05\x06";

    fn check(bytes: &[u8], extension: &str, declared: Option<&str>, expect: Option<&str>) {
        let hints = Hints {
            extension,
            declared,
        };
        assert_eq!(detect(bytes, hints).as_deref(), expect, "{hints:?}");
    }

    #[test]
    fn bytes_speak_before_the_extension_and_it_before_the_sender() {
        check(PNG, ".txt", Some("text/csv"), Some("image/png"));
        check(b"x", ".txt", Some("text/csv"), Some("text/plain"));
        check(b"x", ".html", Some("Text/CSV; charset=x"), Some("text/csv"));
        check(b"x", "", None, None);
        check(b"x", "", Some("  "), None);
    }

    #[test]
    fn a_generic_answer_yields_to_the_extension() {
        check(ZIP, ".docx", None, extension_type(".docx"));
        check(ZIP, ".unknown", Some("text/csv"), Some("application/zip"));
        check(b"x", "", Some("application/zip"), Some("application/zip"));
    }

    #[test]
    fn extensions_and_types_need_not_be_each_others_inverse() {
        check(b"x", ".m4a", None, Some("audio/mp4"));
        check(b"x", ".jpeg", None, Some("image/jpeg"));
        assert_eq!(extension_for(Some("audio/x-m4a"), None), ".m4a");
    }

    #[test]
    fn the_sender_names_the_extension_before_the_bytes_do() {
        let plain = Some("TEXT/plain; charset=utf-8");
        assert_eq!(extension_for(plain, Some("image/png")), ".txt");
        assert_eq!(extension_for(Some("text/html"), Some("image/png")), ".png");
        assert_eq!(extension_for(None, Some("audio/ogg; codecs=opus")), "");
    }

    fn extension_type(extension: &str) -> Option<&'static str> {
        let found = of_extension(extension);
        assert!(found.is_some());
        found
    }
}
