//! Where a text is cut that is longer than a provider takes.
//!
//! It counts UTF-16 units, which is what providers count. It cuts between paragraphs if it can, else between lines, else
//! at a space, else between characters, and never leaves less than half a piece for a nicer cut. The surprise: a piece
//! that would end inside a code block gets an end for it, and the next one its beginning, so that both can be read.

use std::ops::Range;

/// What begins and ends a code block.
const FENCE: &str = "```";
/// Longest first line of a code block that is repeated.
const OPENING: usize = 32;

/// A piece to send, and what is left of the text behind it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Cut {
    /// To send now.
    pub(super) piece: String,
    /// To send after it; empty at the end.
    pub(super) rest: String,
}

/// Takes the next piece of at most `limit` UTF-16 units; a limit of zero is none.
pub(super) fn cut(text: &str, limit: usize) -> Cut {
    if limit == 0 || units(text) <= limit {
        return Cut {
            piece: text.to_owned(),
            rest: String::new(),
        };
    }
    // Room for closing a block, where the limit has that much.
    let room = limit.saturating_sub(FENCE.len() + 1).max(limit.min(16));
    let at = place(text, fitting(text, room));
    let (piece, rest) = text.split_at(at);
    let (piece, rest) = (piece.trim_end(), rest.trim_start_matches(['\n', ' ']));
    match open_block(piece) {
        Some(opening) if room < limit && !rest.is_empty() => Cut {
            piece: format!("{piece}\n{FENCE}"),
            rest: format!("{opening}\n{rest}"),
        },
        _ => Cut {
            piece: piece.to_owned(),
            rest: rest.to_owned(),
        },
    }
}

/// Length in UTF-16 units.
pub(super) fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Bytes from the start that make at most `limit` units, at least one character.
fn fitting(text: &str, limit: usize) -> usize {
    let mut sum = 0;
    for (at, character) in text.char_indices() {
        sum += character.len_utf16();
        if sum > limit && at > 0 {
            return at;
        }
    }
    text.len()
}

/// The nicest place to cut at or before `most` bytes.
fn place(text: &str, most: usize) -> usize {
    let window = &text[..most];
    let late = nice(most / 2..most, window);
    ["\n\n", "\n", " "]
        .iter()
        .find_map(|mark| late(mark))
        .unwrap_or(most)
}

/// Finds the last of a mark within a range of bytes.
fn nice(range: Range<usize>, window: &str) -> impl Fn(&str) -> Option<usize> {
    move |mark| window.rfind(mark).filter(|at| range.contains(at))
}

/// The first line of the code block that is open at the end of a text.
fn open_block(text: &str) -> Option<&str> {
    let mut open = None;
    for line in text.lines() {
        if line.trim_start().starts_with(FENCE) {
            open = match open {
                Some(_) => None,
                None => Some(line),
            };
        }
    }
    open.map(|line| if line.len() <= OPENING { line } else { FENCE })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pieces(text: &str, limit: usize) -> Vec<String> {
        let mut pieces = Vec::new();
        let mut left = text.to_owned();
        while !left.is_empty() {
            let Cut { piece, rest } = cut(&left, limit);
            assert!(rest.len() < left.len() + OPENING, "it must end");
            pieces.push(piece);
            left = rest;
        }
        pieces
    }

    #[test]
    fn what_fits_is_not_cut() {
        assert_eq!(pieces("hello", 5), ["hello"]);
        assert_eq!(pieces("hello", 0), ["hello"]);
        assert_eq!(pieces("😀😀", 4), ["😀😀"]);
    }

    #[test]
    fn it_cuts_between_paragraphs_lines_and_words() {
        assert_eq!(
            pieces("one two three\n\nfour five", 22),
            ["one two three", "four five"]
        );
        assert_eq!(
            pieces("one two three\nfour five", 20),
            ["one two three", "four five"]
        );
        assert_eq!(
            pieces("one two three four five", 20),
            ["one two three", "four five"]
        );
    }

    #[test]
    fn a_code_block_is_closed_and_opened_again() {
        let text = "see\n```rust\nlet a = 1;\nlet b = 2;\nlet c = 3;\n```\nend";
        let pieces = pieces(text, 32);
        assert_eq!(pieces[0], "see\n```rust\nlet a = 1;\n```");
        assert!(pieces[1].starts_with("```rust\nlet b = 2;"), "{pieces:?}");
        for piece in &pieces {
            assert_eq!(piece.matches(FENCE).count() % 2, 0, "{piece}");
        }
    }

    #[test]
    fn a_character_is_never_cut() {
        let text = "😀".repeat(40);
        let pieces = pieces(&text, 17);
        assert!(pieces.iter().all(|piece| units(piece) <= 17));
        assert_eq!(pieces.concat(), text);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_nothing_is_too_long(text in "[a-z \n😀é`]{0,300}", limit in 40usize..80) {
            // What stands behind a fence is said again with each piece, and would be counted twice.
            let text = text.replace(FENCE, "```\n");
            let pieces = pieces(&text, limit);
            for piece in &pieces {
                prop_assert!(units(piece) <= limit, "{piece:?}");
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '`').collect::<String>();
            prop_assert_eq!(letters(&pieces.concat()), letters(&text));
        }
    }
}
