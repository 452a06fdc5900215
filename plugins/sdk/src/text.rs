//! Texts cut to what a provider takes.
//!
//! Providers that are spoken to in JavaScript count UTF-16 units, so that is the measure. The surprise: white space at a
//! cut is dropped, as the gateway drops it, and a character of two units is never cut in half, which it would do.

/// How long a text is, in UTF-16 units.
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// The longest beginning of at most `limit` units.
pub fn prefix(text: &str, limit: usize) -> &str {
    let mut left = limit;
    for (at, letter) in text.char_indices() {
        match left.checked_sub(letter.len_utf16()) {
            Some(rest) => left = rest,
            None => return &text[..at],
        }
    }
    text
}

/// Pieces of at most `limit` units, cut at the last line end that fits, else at the last blank, else wherever it must be.
/// An empty text has no pieces, and a `limit` of 0 is none.
pub fn chunks(text: &str, limit: usize) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while limit > 0 && units(rest) > limit {
        let cut = cut(rest, limit);
        let piece = rest[..cut].trim_end_matches(is_blank);
        if !piece.is_empty() {
            pieces.push(piece.to_owned());
        }
        rest = rest[cut..].trim_start_matches(is_blank);
    }
    if !rest.is_empty() {
        pieces.push(rest.to_owned());
    }
    pieces
}

/// Where to cut: always behind the first character, so that it comes to an end.
fn cut(text: &str, limit: usize) -> usize {
    let window = prefix(text, limit);
    let found = |letter| window.rfind(letter).filter(|at| *at > 0);
    let first = text.chars().next().map_or(0, char::len_utf8);
    found('\n')
        .or_else(|| found(' '))
        .unwrap_or(window.len())
        .max(first)
}

/// White space as JavaScript has it: with U+FEFF, without U+0085.
pub fn is_blank(letter: char) -> bool {
    letter == '\u{feff}' || (letter.is_whitespace() && letter != '\u{85}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, limit: usize, expect: &[&str]) {
        assert_eq!(chunks(text, limit), expect, "{text:?} by {limit}");
    }

    #[test]
    fn cuts_at_line_ends_then_blanks_then_anywhere() {
        check("", 5, &[]);
        check("short", 5, &["short"]);
        check("one two\nthree four", 12, &["one two", "three four"]);
        check("one two three", 9, &["one two", "three"]);
        check("abcdefgh", 3, &["abc", "def", "gh"]);
        check("a   b", 3, &["a", "b"]);
        check("anything", 0, &["anything"]);
    }

    #[test]
    fn no_character_is_cut_in_half_and_it_ends() {
        check("😀😀😀", 3, &["😀", "😀", "😀"]);
        check("😀a", 1, &["😀", "a"]);
        check("     ", 2, &[]);
    }

    #[test]
    fn pieces_fit_whatever_the_text() {
        let text = "Ein Überfluß an 😀 wörtern, und\nzeilen ".repeat(40);
        for limit in 2..70 {
            assert!(
                chunks(&text, limit)
                    .iter()
                    .all(|piece| units(piece) <= limit)
            );
        }
    }

    #[test]
    fn a_prefix_fits_and_is_the_longest() {
        assert_eq!(prefix("a😀b", 2), "a");
        assert_eq!(prefix("a😀b", 3), "a😀");
        assert_eq!(prefix("ab", 9), "ab");
    }
}
