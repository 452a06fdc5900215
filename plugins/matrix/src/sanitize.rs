//! A writer's HTML, cut down to what Matrix clients may be shown, and as plain text.
//!
//! Nothing is passed on as it was written: each tag is made anew from the list below, and everything else is text. The
//! surprise: what is hidden in `script`, `style` and `mx-reply` goes, with all that is in it.

use crate::markdown::harmless;

/// Tags that the specification allows and that carry no attributes here.
const ALLOWED: [&str; 35] = [
    "b",
    "blockquote",
    "br",
    "caption",
    "code",
    "del",
    "details",
    "div",
    "em",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "hr",
    "i",
    "li",
    "ol",
    "p",
    "pre",
    "s",
    "span",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
    "th",
    "thead",
    "tr",
    "u",
    "ul",
];

/// Tags whose content is not for people.
const HIDDEN: [&str; 6] = ["script", "style", "mx-reply", "head", "template", "title"];

/// Tags at which a plain text has a line end.
const LINES: [&str; 14] = [
    "br",
    "p",
    "div",
    "li",
    "tr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "pre",
    "blockquote",
    "hr",
];

/// The HTML that may be sent on: only tags of the list, each closed.
pub fn clean(html: &str) -> String {
    let mut out = String::new();
    let mut open: Vec<&'static str> = Vec::new();
    for piece in pieces(html) {
        match piece {
            Piece::Text(text) => escape(text, &mut out),
            Piece::Open(tag) => begin(&tag, &mut open, &mut out),
            Piece::Close(name) => end(&name, &mut open, &mut out),
        }
    }
    open.iter().rev().for_each(|name| close(name, &mut out));
    out
}

/// The same as a plain text.
pub fn plain(html: &str) -> String {
    let mut out = String::new();
    for piece in pieces(html) {
        match piece {
            Piece::Text(text) => decode(text, &mut out),
            Piece::Open(Tag { name, .. }) | Piece::Close(name) => {
                let fresh = out.is_empty() || out.ends_with('\n');
                if LINES.contains(&name.as_str()) && (!fresh || name == "br") {
                    out.push('\n');
                }
            }
        }
    }
    out.trim().to_owned()
}

fn begin(tag: &Tag<'_>, open: &mut Vec<&'static str>, out: &mut String) {
    if tag.name == "a" {
        if let Some(link) = tag.attribute("href").filter(|link| harmless(link)) {
            out.push_str("<a href=\"");
            escape(link, out);
            out.push_str("\">");
            open.push("a");
        }
        return;
    }
    let Some(name) = ALLOWED.iter().find(|allowed| **allowed == tag.name) else {
        return;
    };
    out.push('<');
    out.push_str(name);
    out.push('>');
    if !matches!(*name, "br" | "hr") {
        open.push(name);
    }
}

/// Closes what was opened, and all that was left open in it.
fn end(name: &str, open: &mut Vec<&'static str>, out: &mut String) {
    let Some(at) = open.iter().rposition(|opened| *opened == name) else {
        return;
    };
    open.drain(at..).rev().for_each(|name| close(name, out));
}

fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

enum Piece<'a> {
    Text(&'a str),
    Open(Tag<'a>),
    Close(String),
}

struct Tag<'a> {
    name: String,
    inside: &'a str,
}

impl<'a> Tag<'a> {
    /// The value of an attribute as it was written.
    fn attribute(&self, wanted: &str) -> Option<&'a str> {
        let mut rest = self.inside;
        while let Some((name, value, after)) = attribute(rest) {
            if name.eq_ignore_ascii_case(wanted) {
                return Some(value.trim());
            }
            rest = after;
        }
        None
    }
}

/// The first attribute of a text, its value, and what stands behind it.
fn attribute(text: &str) -> Option<(&str, &str, &str)> {
    let text = text.trim_start_matches(|letter: char| letter.is_whitespace() || letter == '/');
    let end = text
        .find(|letter: char| letter.is_whitespace() || letter == '=' || letter == '/')
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let Some(value) = rest.trim_start().strip_prefix('=').map(str::trim_start) else {
        return (!name.is_empty()).then_some((name, "", rest));
    };
    let quote = value
        .chars()
        .next()
        .filter(|mark| matches!(mark, '"' | '\''));
    match quote {
        Some(mark) => {
            let value = &value[1..];
            let (value, after) = value.split_once(mark).unwrap_or((value, ""));
            Some((name, value, after))
        }
        None => {
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            let (value, after) = value.split_at(end);
            Some((name, value, after))
        }
    }
}

fn pieces(html: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = html;
    while let Some(at) = rest.find('<') {
        if at > 0 {
            found.push(Piece::Text(&rest[..at]));
        }
        let tail = &rest[at..];
        rest = match tag(tail) {
            Some((Piece::Open(tag), after)) if HIDDEN.contains(&tag.name.as_str()) => {
                behind(&tag.name, after)
            }
            Some((piece, after)) => {
                found.push(piece);
                after
            }
            None => comment(tail).unwrap_or_else(|| {
                found.push(Piece::Text(&tail[..1]));
                &tail[1..]
            }),
        };
    }
    if !rest.is_empty() {
        found.push(Piece::Text(rest));
    }
    found
}

/// A tag at the beginning of a text, and what stands behind it.
fn tag(text: &str) -> Option<(Piece<'_>, &str)> {
    let inner = &text[1..];
    let (closing, inner) = match inner.strip_prefix('/') {
        Some(inner) => (true, inner),
        None => (false, inner),
    };
    inner.chars().next().filter(char::is_ascii_alphabetic)?;
    let end = closing_mark(inner)?;
    let name_end = inner[..end]
        .find(|letter: char| letter.is_whitespace() || letter == '/')
        .unwrap_or(end);
    let name = inner[..name_end].to_ascii_lowercase();
    let inside = &inner[name_end..end];
    let piece = match closing {
        true => Piece::Close(name),
        false => Piece::Open(Tag { name, inside }),
    };
    Some((piece, &inner[end + 1..]))
}

/// Where the tag ends: at the first `>` outside of quotes.
fn closing_mark(text: &str) -> Option<usize> {
    let mut quote = None;
    text.char_indices().find_map(|(at, letter)| {
        match (quote, letter) {
            (None, '>') => return Some(at),
            (None, '"' | '\'') => quote = Some(letter),
            (Some(mark), letter) if mark == letter => quote = None,
            _ => {}
        }
        None
    })
}

fn comment(text: &str) -> Option<&str> {
    let body = text.strip_prefix("<!")?;
    match body.strip_prefix("--") {
        Some(body) => Some(body.split_once("-->").map_or("", |(_, after)| after)),
        None => Some(body.split_once('>').map_or("", |(_, after)| after)),
    }
}

/// What stands behind the end of a tag whose content is not for people.
fn behind<'a>(name: &str, text: &'a str) -> &'a str {
    let end = text.match_indices("</").map(|(at, _)| at + 2).find(|at| {
        text.get(*at..at + name.len())
            .is_some_and(|found| found.eq_ignore_ascii_case(name))
    });
    let tail = end.map_or("", |at| &text[at..]);
    tail.split_once('>').map_or("", |(_, after)| after)
}

/// Text that was HTML already: what is written as an entity stays one.
fn escape(text: &str, out: &mut String) {
    for (at, letter) in text.char_indices() {
        match letter {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '&' if entity(&text[at..]).is_none() => out.push_str("&amp;"),
            letter => out.push(letter),
        }
    }
}

fn decode(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        let (letter, len) = entity(tail).unwrap_or(('&', 1));
        out.push(letter);
        rest = &tail[len..];
    }
    out.push_str(rest);
}

/// The entity at the beginning of a text, and how long it is written.
fn entity(text: &str) -> Option<(char, usize)> {
    // The longest that is known is `&#x10FFFF;`.
    let end = text.bytes().take(10).position(|byte| byte == b';')?;
    let name = &text[1..end];
    let letter = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "nbsp" => '\u{a0}',
        name => number(name.strip_prefix('#')?)?,
    };
    Some((letter, end + 1))
}

fn number(text: &str) -> Option<char> {
    let code = match text.strip_prefix(['x', 'X']) {
        Some(digits) => u32::from_str_radix(digits, 16),
        None => text.parse(),
    };
    char::from_u32(code.ok()?).filter(|letter| !letter.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(html: &str, expect: &str) {
        assert_eq!(clean(html), expect, "{html:?}");
    }

    #[test]
    fn what_is_allowed_stays_and_is_closed() {
        check("<p>a <B class=x>b</B><br/>c", "<p>a <b>b</b><br>c</p>");
        check("<ul><li>a</ul>b</li>", "<ul><li>a</li></ul>b");
        check("a &lt; b & c &#60; d", "a &lt; b &amp; c &#60; d");
    }

    #[test]
    fn what_is_not_goes() {
        check("<img src=x onerror=alert(1)>a", "a");
        check("<script>alert('<b>')</script>a<style>p{}</STYLE >b", "ab");
        check("<mx-reply><blockquote>q</blockquote></mx-reply>a", "a");
        check("<b onclick=\"x()\" style='y'>a</b>", "<b>a</b>");
        check("<!-- <b> -->a<!doctype x>b", "ab");
        check("<svg><animate onbegin=x></svg>a", "a");
        check("1 < 2 <3 <", "1 &lt; 2 &lt;3 &lt;");
        check("<b title=\"a>b\">c</b>", "<b>c</b>");
    }

    #[test]
    fn links_lead_to_harmless_places_only() {
        check(
            "<a href='https://a.org/?x=1&y=\"'>a</a>",
            "<a href=\"https://a.org/?x=1&amp;y=&quot;\">a</a>",
        );
        check(
            "<a target=_blank href=mailto:a@b.org>a</a>",
            "<a href=\"mailto:a@b.org\">a</a>",
        );
        for link in [
            "javascript:x",
            "java&#115;cript:x",
            " \tjavascript:x",
            "//a.org",
            "data:text/html,x",
            "&#104;ttps://a",
        ] {
            check(&format!("<a href=\"{link}\">a</a>"), "a");
        }
        check(
            "<a><a href='https://a.org'>a</a>",
            "<a href=\"https://a.org\">a</a>",
        );
    }

    #[test]
    fn plain_text_has_lines_and_letters() {
        assert_eq!(
            plain("<p>a &amp; b</p><p>c<br>d</p><script>x</script>"),
            "a & b\nc\nd"
        );
        assert_eq!(plain("&#x1F600;&bogus; &#0;"), "😀&bogus; &#0;");
        assert_eq!(plain("<ul><li>a</li><li>b</li></ul>"), "a\nb");
    }

    proptest! {
        #[test]
        fn only_listed_tags_come_out(html in "[<>/a-c\"'=! &;:#-]{0,60}", tail in "\\PC{0,30}") {
            let clean = clean(&format!("{html}{tail}"));
            for (at, _) in clean.match_indices('<') {
                let name: String = clean[at + 1..].trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
                prop_assert!(name == "a" || ALLOWED.contains(&name.as_str()), "{}", clean);
            }
            prop_assert_eq!(super::clean(&clean), clean);
        }

        #[test]
        fn no_html_panics(html in "\\PC{0,80}") {
            let _ = (clean(&html), plain(&html));
        }
    }
}
