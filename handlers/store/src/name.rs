//! How a new file is named, and what it was called before.
//!
//! Pure; the random part is given. The surprise: the rules are those of the legacy's JavaScript down to counting in UTF-16
//! code units, because agents and channels read the original name back out of the stored one.

use uuid::Uuid;

use crate::id::is_plain;

/// Longest original name that is kept, in UTF-16 code units and without its extension.
const KEPT: usize = 60;

/// Stands between the original name and the random part.
const SEAM: &str = "---";

/// Length of a UUID's text.
const UUID: usize = 36;

/// The id of a new file: `<uuid><extension>`, with `<original>---` in front when there is an original name of which
/// something is left. `extension` is empty or begins with a dot.
pub fn compose(original: Option<&str>, uuid: Uuid, extension: &str) -> String {
    let kept = original.map(stem_of).map(sanitise).unwrap_or_default();
    if kept.is_empty() {
        format!("{uuid}{extension}")
    } else {
        format!("{kept}{SEAM}{uuid}{extension}")
    }
}

/// What a stored file was called when it came: `report.pdf` for `report---<uuid>.pdf`. An id of another shape is its own
/// original name.
pub fn original_name(id: &str) -> String {
    let (stem, extension) = split(id);
    match before_seam(stem) {
        Some(original) => format!("{original}{extension}"),
        None => id.to_owned(),
    }
}

/// Whether it is a name that a stored file gets, here or by the legacy.
pub(crate) fn is_given(name: &str) -> bool {
    let (stem, _) = split(name);
    (stem.len() == UUID && is_uuid(stem)) || before_seam(stem).is_some()
}

/// The extension of a file's name with its dot, in lower case; empty without one.
pub fn extension(name: &str) -> String {
    split(name).1.to_lowercase()
}

/// Keeps what every system takes for a name; every run of other characters becomes one `_`, and none is left at the ends.
fn sanitise(name: &str) -> String {
    let mut clean = String::new();
    for letter in name.trim_matches(is_js_space).chars() {
        match (is_plain(letter) && letter != '_', clean.ends_with('_')) {
            (true, _) => clean.push(letter),
            (false, false) => clean.push('_'),
            (false, true) => {}
        }
    }
    cut(clean.trim_matches('_'), KEPT).to_owned()
}

/// At most `units` UTF-16 code units. A character that would be cut in two is left out; the legacy keeps half of it.
fn cut(text: &str, units: usize) -> &str {
    let mut left = units;
    let end = text.char_indices().find_map(|(at, letter)| {
        match left.checked_sub(letter.len_utf16()) {
            Some(rest) => left = rest,
            None => return Some(at),
        }
        None
    });
    &text[..end.unwrap_or(text.len())]
}

/// What `String.prototype.trim` takes away: U+FEFF too, and not U+0085.
fn is_js_space(letter: char) -> bool {
    letter == '\u{feff}' || (letter.is_whitespace() && letter != '\u{85}')
}

/// The last part of a path without its extension. Slashes at the end are no part.
fn stem_of(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    split(path.rsplit('/').next().unwrap_or(path)).0
}

/// A name and its extension from the last dot on; a dot at the very start makes no extension.
fn split(name: &str) -> (&str, &str) {
    match name.rfind('.') {
        None | Some(0) => (name, ""),
        Some(_) if name == ".." => (name, ""),
        Some(dot) => name.split_at(dot),
    }
}

fn before_seam(stem: &str) -> Option<&str> {
    let (rest, uuid) = stem.split_at_checked(stem.len().checked_sub(UUID)?)?;
    let original = rest.strip_suffix(SEAM)?;
    (is_uuid(uuid) && !original.is_empty()).then_some(original)
}

/// Five groups of hexadecimal digits between hyphens; any case, any version.
fn is_uuid(text: &str) -> bool {
    text.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::MediaId;

    const NIL: &str = "00000000-0000-0000-0000-000000000000";

    fn check(original: &str, expect: &str) {
        let id = compose(Some(original), Uuid::nil(), ".txt");
        assert_eq!(id, format!("{expect}{NIL}.txt"), "{original:?}");
    }

    // Names taken from the legacy's own answers to the same original names.
    #[test]
    fn names_are_kept_as_the_legacy_keeps_them() {
        check("My Rép/ort (1).txt", "ort_1---");
        check("My Rép:ort (1) x.txt", "My_Rép_ort_1_x---");
        check("a.tar.gz", "a.tar---");
        check(".bashrc", ".bashrc---");
        check("../../etc/passwd", "passwd---");
        check("folder/", "folder---");
        check("C:\\dir\\x.doc", "C_dir_x---");
        check("__a__b__", "a_b---");
        check("  spaced \u{feff}.txt", "spaced---");
        check("   ", "");
        check("!!!.png", "");
        check("..", "..---");
    }

    #[test]
    fn long_names_are_cut_by_utf16_units() {
        let kept = |original: &str| compose(Some(original), Uuid::nil(), "");
        let expect = |stem: &str| format!("{stem}---{NIL}");
        assert_eq!(kept(&"é".repeat(70)), expect(&"é".repeat(60)));
        let odd = format!("a{}", "𐐀".repeat(40));
        assert_eq!(kept(&odd), expect(&format!("a{}", "𐐀".repeat(29))));
    }

    #[test]
    fn the_original_name_is_read_back() {
        let id = compose(Some("report.final.pdf"), Uuid::nil(), ".pdf");
        assert_eq!(original_name(&id), "report.final.pdf");
        assert_eq!(original_name(&format!("a---{NIL}")), "a");
        for own in [
            format!("{NIL}.pdf"),
            format!("---{NIL}.pdf"),
            "x---y.pdf".to_owned(),
        ] {
            assert_eq!(original_name(&own), own);
        }
    }

    #[test]
    fn an_extension_begins_at_the_last_dot() {
        for (name, expect) in [
            ("a.TXT", ".txt"),
            (".x", ""),
            ("..", ""),
            ("a.", "."),
            ("..x", ".x"),
        ] {
            assert_eq!(extension(name), expect, "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn whatever_it_was_called_the_new_name_is_an_id(original in ".*", bits: u128) {
            let id = compose(Some(&original), Uuid::from_u128(bits), ".bin");
            prop_assert!(MediaId::parse(&id).is_ok(), "{id:?}");
            original_name(&original);
            prop_assert!(original_name(&id).ends_with(".bin"));
        }
    }
}
