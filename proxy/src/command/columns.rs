//! Rows in columns, fitted to whoever reads them.
//!
//! On a terminal the columns that may be long give way, the widest first; for a pipe nothing is cut. It knows nothing
//! of what it shows. The surprise: cells hold what other programs answered, so control characters are made visible
//! here instead of reaching the terminal.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::style::{Paint, Screen};

/// A column by its heading.
#[derive(Debug, Clone, Copy)]
pub(super) enum Column {
    /// Always whole.
    Text(&'static str),
    /// Always whole, and to the right.
    Number(&'static str),
    /// Shortened where the line would be too long.
    Elastic(&'static str),
}

/// One field of a row.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Cell {
    text: String,
    paint: Option<Paint>,
}

/// What is between two columns.
const GAP: usize = 2;
/// An elastic column is not made narrower: less than this tells nothing.
const NARROWEST: usize = 8;

impl Column {
    fn heading(self) -> &'static str {
        match self {
            Self::Text(heading) | Self::Number(heading) | Self::Elastic(heading) => heading,
        }
    }
}

impl Cell {
    pub(super) fn new(text: impl AsRef<str>) -> Self {
        Self {
            text: visible(text.as_ref()),
            paint: None,
        }
    }

    pub(super) fn painted(text: impl AsRef<str>, paint: Paint) -> Self {
        Self {
            paint: Some(paint),
            ..Self::new(text)
        }
    }
}

/// The heading and the rows, as lines for that screen.
pub(super) fn lines(columns: &[Column], rows: &[Vec<Cell>], screen: &Screen) -> Vec<String> {
    let widths = widths(columns, rows, screen.width);
    let heading: Vec<Cell> = columns
        .iter()
        .map(|column| Cell::painted(column.heading(), Paint::Title))
        .collect();
    [&heading]
        .into_iter()
        .chain(rows)
        .map(|row| line(columns, row, &widths, screen))
        .collect()
}

fn line(columns: &[Column], row: &[Cell], widths: &[usize], screen: &Screen) -> String {
    let last = columns.len().saturating_sub(1);
    let mut line = String::new();
    for (index, ((column, cell), width)) in columns.iter().zip(row).zip(widths).enumerate() {
        let text = shortened(&cell.text, *width);
        let blank = " ".repeat(width.saturating_sub(text.width()));
        let text = match cell.paint {
            Some(paint) => screen.paint(paint, &text),
            None => text,
        };
        match column {
            Column::Number(_) => line.extend([blank.as_str(), &text]),
            // Nothing is to the right of the last one.
            _ if index == last => line.push_str(&text),
            _ => line.extend([text.as_str(), &blank]),
        }
        if index < last {
            line.push_str(&" ".repeat(GAP));
        }
    }
    line.truncate(line.trim_end().len());
    line
}

fn widths(columns: &[Column], rows: &[Vec<Cell>], limit: Option<usize>) -> Vec<usize> {
    let widest = |(index, column): (usize, &Column)| {
        let cells = rows.iter().map(|row| row[index].text.width());
        cells.fold(column.heading().width(), usize::max)
    };
    let mut widths: Vec<usize> = columns.iter().enumerate().map(widest).collect();
    if let Some(limit) = limit {
        let gaps = GAP * columns.len().saturating_sub(1);
        narrow(columns, &mut widths, limit.saturating_sub(gaps));
    }
    widths
}

/// Takes from the widest elastic column what is too much, down to the next widest, until all is well or none can give.
fn narrow(columns: &[Column], widths: &mut [usize], room: usize) {
    loop {
        let excess = widths.iter().sum::<usize>().saturating_sub(room);
        let mut elastic: Vec<usize> = (0..columns.len())
            .filter(|index| matches!(columns[*index], Column::Elastic(_)))
            .filter(|index| widths[*index] > NARROWEST)
            .collect();
        elastic.sort_by_key(|index| std::cmp::Reverse(widths[*index]));
        let Some((widest, others)) = elastic.split_first().filter(|_| excess > 0) else {
            return;
        };
        let next = others.first().map_or(NARROWEST, |index| widths[*index]);
        // At least one, so that two of the same width take turns.
        let give = (widths[*widest] - next).clamp(1, excess);
        widths[*widest] -= give;
    }
}

/// The text in that many columns; an ellipsis says that there was more.
fn shortened(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    // A letter that does not fit ends the text, even when a narrower one behind it would.
    let mut used = 1;
    let fits = |letter: &char| {
        used += letter.width().unwrap_or(0);
        used <= width
    };
    text.chars().take_while(fits).collect::<String>() + "…"
}

/// Control characters as escapes, and those that turn the direction of a line.
pub(super) fn visible(text: &str) -> String {
    let harmful = |letter: char| {
        letter.is_control() || matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut shown = String::with_capacity(text.len());
    for letter in text.chars() {
        if harmful(letter) {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: &[Column] = &[
        Column::Text("PLACE"),
        Column::Number("COUNT"),
        Column::Elastic("LEGACY"),
        Column::Elastic("RUST"),
    ];

    fn check(width: Option<usize>, rows: &[[&str; 4]], expect: &[&str]) {
        let rows: Vec<Vec<Cell>> = rows
            .iter()
            .map(|row| row.iter().map(Cell::new).collect())
            .collect();
        assert_eq!(lines(COLUMNS, &rows, &Screen::plain(width)), expect);
    }

    #[test]
    fn columns_line_up_and_numbers_stand_to_the_right() {
        check(
            None,
            &[
                ["status", "12", "200", "500"],
                ["json:/a", "3", "\"x\"", ""],
            ],
            &[
                "PLACE    COUNT  LEGACY  RUST",
                "status      12  200     500",
                "json:/a      3  \"x\"",
            ],
        );
    }

    #[test]
    fn only_values_give_way_and_the_widest_first() {
        check(
            Some(40),
            &[[
                "json:/a",
                "3",
                "short value",
                "a much longer value than that",
            ]],
            &[
                "PLACE    COUNT  LEGACY       RUST",
                "json:/a      3  short value  a much lon…",
            ],
        );
    }

    #[test]
    fn a_screen_that_is_too_narrow_for_anything_keeps_the_rest_whole() {
        check(
            Some(5),
            &[["json:/a", "3", "0123456789", "0123456789"]],
            &[
                "PLACE    COUNT  LEGACY    RUST",
                "json:/a      3  0123456…  0123456…",
            ],
        );
    }

    #[test]
    fn wide_letters_are_counted_as_they_are_shown() {
        assert_eq!(shortened("日本語", 6), "日本語");
        assert_eq!(shortened("日本語", 5), "日本…");
        assert_eq!(shortened("日本語", 4), "日…");
        assert_eq!(shortened("日a", 2), "…");
    }

    #[test]
    fn an_answer_cannot_speak_to_the_terminal() {
        assert_eq!(visible("a\x1b[2Jb\n"), "a\\u{1b}[2Jb\\n");
        assert_eq!(visible("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(visible("grün 日本"), "grün 日本");
    }
}
