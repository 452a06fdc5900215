//! A text cut into messages.
//!
//! The surprise: a block of code that is cut is closed in one message and opened again in the next, and keeps its
//! indentation, so that each message shows by itself what it is.

use overgrow_sdk::text::{chunks, prefix, units};

const FENCE: &str = "```";
/// The end of a block that was cut: a line end and the fence.
const CLOSING: usize = 4;

/// Messages of at most `limit` UTF-16 units; none for a text without words.
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let text = text.trim();
    if units(text) <= limit || !text.contains(FENCE) {
        return chunks(text, limit);
    }
    split_code(text, limit).unwrap_or_else(|| chunks(text, limit))
}

/// `None` when what opens a block leaves too little room.
fn split_code(text: &str, limit: usize) -> Option<Vec<String>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut open: Option<&str> = None;
    loop {
        let head = open.map(|line| format!("{line}\n")).unwrap_or_default();
        if units(&head) + units(rest) <= limit {
            pieces.push(head + rest);
            return Some(pieces);
        }
        let room = limit.checked_sub(units(&head) + CLOSING)?;
        if room < limit / 2 {
            return None;
        }
        let (piece, after) = rest.split_at(cut(rest, room));
        open = opened(open, piece);
        let end = open.map_or("", |_| "\n```");
        let piece = format!("{head}{}{end}", piece.trim_end());
        rest = match open {
            Some(_) => after.strip_prefix('\n').unwrap_or(after),
            None => after.trim_start(),
        };
        if !piece.is_empty() {
            pieces.push(piece);
        }
    }
}

fn cut(text: &str, room: usize) -> usize {
    let window = prefix(text, room);
    let found = |letter| window.rfind(letter).filter(|at| *at > 0);
    let first = text.chars().next().map_or(0, char::len_utf8);
    found('\n')
        .or_else(|| found(' '))
        .unwrap_or(window.len())
        .max(first)
}

/// The line that opened the block in which a piece ends.
fn opened<'a>(before: Option<&'a str>, piece: &'a str) -> Option<&'a str> {
    piece.lines().fold(before, |open, line| {
        match (open, line.trim_start().starts_with(FENCE)) {
            (Some(_), true) => None,
            (None, true) => Some(line.trim()),
            (open, false) => open,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_texts_are_one_message() {
        assert_eq!(split(" hi ", 4000), ["hi"]);
        assert!(split(" \n", 4000).is_empty());
    }

    #[test]
    fn a_block_that_is_cut_is_closed_and_opened_again() {
        let text = "look:\n```rust\nfn a() {\n    one();\n    two();\n}\n```\ndone";
        assert_eq!(
            split(text, 40),
            [
                "look:\n```rust\nfn a() {\n    one();\n```",
                "```rust\n    two();\n}\n```\ndone",
            ]
        );
    }

    #[test]
    fn no_room_for_a_fence_is_no_reason_to_stop() {
        let text = format!("```{}\n{}\n```", "x".repeat(50), "y ".repeat(50));
        assert!(split(&text, 40).iter().all(|piece| units(piece) <= 40));
    }

    proptest! {
        #[test]
        fn pieces_fit_and_nothing_said_is_lost(text in "[a-z`\\n 😀]{0,300}", limit in 20_usize..80) {
            let pieces = split(&text, limit);
            prop_assert!(pieces.iter().all(|piece| units(piece) <= limit), "{:?}", pieces);
            let letters = |text: &str| text.chars().filter(|letter| letter.is_alphabetic() || *letter == '😀').count();
            prop_assert!(pieces.iter().map(|piece| letters(piece)).sum::<usize>() >= letters(&text));
        }
    }
}
