//! Pictures in the HTML of a message.
//!
//! It must not know what HTML means: an `<img` with a `src` in quotes is all that is looked for, as the legacy does.

use base64::Engine as _;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use url::Url;

use super::File;
use crate::activity::Attachment;

/// As lenient as Node's: padding or not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The pictures, in their order.
pub fn images(attachments: &[Attachment]) -> Vec<File> {
    let texts = attachments.iter().filter_map(html);
    texts
        .flat_map(sources)
        .filter_map(|source| image(&source))
        .collect()
}

/// The HTML of an attachment, which has it as a text or in one of three fields.
pub fn html(attachment: &Attachment) -> Option<&str> {
    let kind = attachment
        .content_type
        .as_deref()
        .unwrap_or_default()
        .trim();
    if !kind.starts_with("text/html") {
        return None;
    }
    let content = &attachment.content;
    let fields = ["text", "body", "content"];
    content
        .as_str()
        .or_else(|| fields.iter().find_map(|field| content[*field].as_str()))
}

fn image(source: &str) -> Option<File> {
    let lower = |len: usize| source.get(..len).unwrap_or_default().to_ascii_lowercase();
    if source.is_empty() || source.starts_with("cid:") {
        return None;
    }
    if lower(5) == "data:" {
        return data(&source[5..]);
    }
    let url = Url::parse(source).ok();
    let name = url
        .as_ref()
        .and_then(|url| url.path().rsplit('/').next())
        .filter(|name| !name.is_empty());
    Some(File::Remote {
        url: source.to_owned(),
        name: name.map(str::to_owned),
        content_type: None,
    })
}

/// What follows `data:`. Only pictures in base64.
fn data(text: &str) -> Option<File> {
    let (head, payload) = text.split_once(',')?;
    let head = head.to_ascii_lowercase();
    let kind = head.strip_suffix(";base64")?;
    let subtype = |kind: &str| kind.strip_prefix("image/").is_some_and(is_token);
    if payload.is_empty() || !(kind.is_empty() || subtype(kind)) {
        return None;
    }
    let data = BASE64.decode(payload.trim()).ok()?;
    Some(File::Inline {
        data,
        content_type: (!kind.is_empty()).then(|| kind.to_owned()),
    })
}

fn is_token(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '-');
    !text.is_empty() && text.chars().all(plain)
}

/// The `src` of every `<img`, read in one pass.
fn sources(html: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = html;
    while let Some(at) = find(rest, "<img") {
        rest = &rest[at + 4..];
        // Looking no further than the next one keeps a hostile text from being read once per `<img`.
        let next = find(rest, "<img").unwrap_or(rest.len());
        let end = rest[..next].find('>').unwrap_or(next);
        // A value in quotes may hold what ends an element elsewhere.
        if let Some((value, length)) = source(rest, end) {
            out.push(value);
            rest = &rest[length..];
        }
    }
    out
}

/// The value of `src` before `end`, and where it ends.
fn source(element: &str, end: usize) -> Option<(String, usize)> {
    let head = &element[..end];
    let at = ["src=\"", "src='"]
        .iter()
        .filter_map(|name| find(head, name))
        .min()?;
    let value = &element[at + 5..];
    let length = value.find(['"', '\''])?;
    (length > 0).then(|| (value[..length].trim().to_owned(), at + 5 + length))
}

fn find(text: &str, needle: &str) -> Option<usize> {
    let (text, needle) = (text.as_bytes(), needle.as_bytes());
    text.windows(needle.len())
        .position(|window| window.eq_ignore_ascii_case(needle))
}
