//! Markdown as the HTML that Matrix clients show.
//!
//! It must not let a writer's own HTML through: that is text. The surprise: a line end is a line end here, as people
//! mean it in a chat, and an image is its description, because clients would show no other server's.

use pulldown_cmark::{
    CowStr, Event, LinkType, Options, Parser, Tag, TagEnd, TextMergeStream, html,
};

/// What a link may begin with; the specification names these, and `matrix:`.
const SCHEMES: [&str; 7] = [
    "https://", "http://", "ftp://", "ftps://", "mailto:", "magnet:", "matrix:",
];

/// Renders a text; empty when there is nothing to show.
pub fn render(text: &str) -> String {
    let parser = Parser::new_ext(text, Options::ENABLE_STRIKETHROUGH | Options::ENABLE_TABLES);
    let mut writer = Writer::default();
    TextMergeStream::new(parser).for_each(|event| writer.take(event));
    let mut out = String::new();
    html::push_html(&mut out, writer.events.into_iter());
    out.truncate(out.trim_end().len());
    out
}

/// Whether a link leads where a reader may be led.
pub fn harmless(link: &str) -> bool {
    SCHEMES.iter().any(|scheme| {
        link.get(..scheme.len())
            .is_some_and(|head| head.eq_ignore_ascii_case(scheme))
    })
}

#[derive(Default)]
struct Writer<'a> {
    events: Vec<Event<'a>>,
    /// One for each link that is open: whether it was let through.
    links: Vec<bool>,
    code: bool,
}

impl<'a> Writer<'a> {
    fn take(&mut self, event: Event<'a>) {
        match event {
            Event::Html(text) | Event::InlineHtml(text) => self.events.push(Event::Text(text)),
            Event::SoftBreak | Event::HardBreak => {
                self.events.push(Event::InlineHtml("<br>\n".into()));
            }
            Event::Text(text) => self.text(text),
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            other => self.events.push(other),
        }
    }

    fn start(&mut self, tag: Tag<'a>) {
        match tag {
            Tag::Image { .. } | Tag::HtmlBlock => {}
            Tag::Link { ref dest_url, .. } => {
                let kept = harmless(dest_url);
                self.links.push(kept);
                if kept {
                    self.events.push(Event::Start(tag));
                }
            }
            // Clients drop the styles that alignments would become.
            Tag::Table(columns) => {
                let plain = columns.iter().map(|_| pulldown_cmark::Alignment::None);
                self.events.push(Event::Start(Tag::Table(plain.collect())));
            }
            tag => {
                self.code |= matches!(tag, Tag::CodeBlock(_));
                self.events.push(Event::Start(tag));
            }
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Image | TagEnd::HtmlBlock => {}
            TagEnd::Link if self.links.pop() == Some(false) => {}
            tag => {
                self.code &= !matches!(tag, TagEnd::CodeBlock);
                self.events.push(Event::End(tag));
            }
        }
    }

    fn text(&mut self, text: CowStr<'a>) {
        if self.code || !self.links.is_empty() {
            return self.events.push(Event::Text(text));
        }
        let mut rest: &str = &text;
        while let Some((before, address, after)) = address(rest) {
            self.events
                .push(Event::Text(CowStr::from(before.to_owned())));
            self.link(address);
            rest = after;
        }
        self.events.push(Event::Text(CowStr::from(rest.to_owned())));
    }

    fn link(&mut self, address: &str) {
        let text = CowStr::from(address.to_owned());
        self.events.push(Event::Start(Tag::Link {
            link_type: LinkType::Autolink,
            dest_url: text.clone(),
            title: "".into(),
            id: "".into(),
        }));
        self.events.push(Event::Text(text));
        self.events.push(Event::End(TagEnd::Link));
    }
}

/// The first web address in a text, with what stands before and behind it.
fn address(text: &str) -> Option<(&str, &str, &str)> {
    let start = text
        .match_indices("http")
        .map(|(at, _)| at)
        .find(|at| begins_address(&text[*at..]) && !inside_word(&text[..*at]))?;
    let run = text[start..]
        .find(|letter: char| letter.is_whitespace() || matches!(letter, '<' | '>' | '"' | '`'))
        .map_or(text.len(), |end| start + end);
    let end = start + without_end_marks(&text[start..run]).len();
    Some((&text[..start], &text[start..end], &text[end..]))
}

fn begins_address(text: &str) -> bool {
    let rest = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"));
    rest.and_then(|rest| rest.chars().next())
        .is_some_and(|letter| letter.is_alphanumeric() || letter == '[')
}

fn inside_word(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .is_some_and(char::is_alphanumeric)
}

/// Marks at the end belong to the sentence, a bracket when it was not opened in the address.
fn without_end_marks(address: &str) -> &str {
    let closes = |text: &str, open, close| text.matches(close).count() > text.matches(open).count();
    let mut text = address;
    while let Some(last) = text.chars().next_back() {
        let cut = match last {
            '.' | ',' | ':' | ';' | '!' | '?' | '\'' | '*' | '_' => true,
            ')' => closes(text, '(', ')'),
            ']' => closes(text, '[', ']'),
            _ => false,
        };
        if !cut {
            break;
        }
        text = &text[..text.len() - last.len_utf8()];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, expect: &str) {
        assert_eq!(render(text), expect, "{text:?}");
    }

    #[test]
    fn marks_become_tags() {
        check(
            "hi _there_ **boss** `co<de>`",
            "<p>hi <em>there</em> <strong>boss</strong> <code>co&lt;de&gt;</code></p>",
        );
        check("~~no~~", "<p><del>no</del></p>");
        check(
            "# one\n- a\n- b",
            "<h1>one</h1>\n<ul>\n<li>a</li>\n<li>b</li>\n</ul>",
        );
        check(
            "```rust\nlet x = \"<&\";\n```",
            "<pre><code class=\"language-rust\">let x = \"&lt;&amp;\";\n</code></pre>",
        );
        check("", "");
    }

    #[test]
    fn a_line_end_is_one() {
        check("one\ntwo  \nthree", "<p>one<br>\ntwo<br>\nthree</p>");
    }

    #[test]
    fn html_is_text() {
        check("<b>nope</b>", "<p>&lt;b&gt;nope&lt;/b&gt;</p>");
        let block = render("<script>\nalert(1)\n</script>");
        assert!(!block.contains("<script"), "{block}");
        assert!(block.contains("alert(1)"), "{block}");
    }

    #[test]
    fn links_lead_to_harmless_places_only() {
        check(
            "[docs](https://example.com/?a=1&b=\"2\")",
            "<p><a href=\"https://example.com/?a=1&amp;b=%222%22\">docs</a></p>",
        );
        check(
            "[docs](https://example.com)",
            "<p><a href=\"https://example.com\">docs</a></p>",
        );
        check("[x](javascript:alert(1))", "<p>x</p>");
        check(
            "[x](JaVaScRiPt:alert(1)) [y](data:text/html,a) [z](//evil.example)",
            "<p>x y z</p>",
        );
        check("<javascript:alert(1)>", "<p>javascript:alert(1)</p>");
        check("![alt](https://example.com/img.png)", "<p>alt</p>");
    }

    #[test]
    fn addresses_become_links() {
        check(
            "see https://a.org/x_y_z.",
            "<p>see <a href=\"https://a.org/x_y_z\">https://a.org/x_y_z</a>.</p>",
        );
        check(
            "(http://a.org/w_(q))",
            "<p>(<a href=\"http://a.org/w_(q)\">http://a.org/w_(q)</a>)</p>",
        );
        check(
            "xhttp://a.org https:// http://",
            "<p>xhttp://a.org https:// http://</p>",
        );
        check("`https://a.org`", "<p><code>https://a.org</code></p>");
        check(
            "[https://b.org](https://a.org)",
            "<p><a href=\"https://a.org\">https://b.org</a></p>",
        );
    }

    #[test]
    fn tables_have_no_styles() {
        let table = render("| a | b |\n|:--|--:|\n| 1 | 2 |");
        assert!(
            table.contains("<table>") && !table.contains("style"),
            "{table}"
        );
    }

    proptest! {
        #[test]
        fn no_tag_of_a_writers_own_comes_through(text in "[ -~\\n]{0,120}") {
            let html = render(&format!("{text}<img src=x onerror=y>{text}"));
            prop_assert!(!html.contains("<img"), "{}", html);
            prop_assert!(!html.to_lowercase().contains("href=\"javascript:"), "{}", html);
        }
    }
}
