//! The `path` of a match: `/a/b`, `/a/{name}`, `/a/*`.
//!
//! A pattern is compared with normal paths byte for byte, so it must be written in normal form itself; one that is not
//! could never match and is refused with the form that requests arrive in. It knows nothing of the other conditions.
//! The one surprise: `/a/*` takes `/a` too, while `{name}` never takes an empty segment.

use super::path::clean;

/// The lookup recurses at most once per segment, so this bounds its stack. No real path comes near.
const MAX_SEGMENTS: usize = 128;

/// A path pattern that some request can match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    pub(super) segments: Vec<Segment>,
    pub(super) end: End,
}

/// One step of a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Segment {
    /// These bytes.
    Literal(String),
    /// `{name}`: anything but nothing.
    Any,
}

/// What may follow the last segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing.
    Exact,
    /// `/*`: nothing, or a slash and whatever comes.
    Below,
}

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// It is relative.
    #[error("a path starts with `/`")]
    Relative,
    /// A star that is not the last whole segment.
    #[error("`*` stands alone at the end, as in `/a/*`")]
    Star,
    /// A brace within a segment.
    #[error("`{{name}}` takes a whole segment, as in `/a/{{name}}/b`")]
    Brace,
    /// A name that is not made of letters, digits, `-` and `_`.
    #[error("`{{{0}}}` needs a name of letters, digits, `-` or `_`")]
    Name(String),
    /// The same name twice.
    #[error("`{{{0}}}` is there twice")]
    Duplicate(String),
    /// A query in the path.
    #[error("`?` is not part of a path; match parameters with `query = {{ name = \"value\" }}`")]
    Query,
    /// A fragment in the path.
    #[error("`#` is not part of a path and is never sent")]
    Fragment,
    /// No normal path looks like this.
    #[error("requests arrive with the normal form of this path, `{0}`; write that")]
    NotNormal(String),
    /// More segments than the lookup takes.
    #[error("a path has at most {MAX_SEGMENTS} segments")]
    TooDeep,
}

impl Pattern {
    /// Reads a pattern as it is written in `routes.toml`.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        check_text(text)?;
        let (body, end) = match text.strip_suffix("/*") {
            Some(body) => (body, End::Below),
            None => (text, End::Exact),
        };
        let mut names = Vec::new();
        // The first piece is what stands before the leading slash: nothing.
        let segments = body
            .split('/')
            .skip(1)
            .map(|segment| Segment::parse(segment, &mut names));
        let segments = segments.collect::<Result<Vec<_>, _>>()?;
        check_normal(text, &names)?;
        if segments.len() > MAX_SEGMENTS {
            return Err(PatternError::TooDeep);
        }
        Ok(Self { segments, end })
    }
}

impl Segment {
    fn parse<'a>(text: &'a str, names: &mut Vec<&'a str>) -> Result<Self, PatternError> {
        if text.contains('*') {
            return Err(PatternError::Star);
        }
        if !text.contains(['{', '}']) {
            return Ok(Self::Literal(text.to_owned()));
        }
        let name = text
            .strip_prefix('{')
            .and_then(|rest| rest.strip_suffix('}'))
            .ok_or(PatternError::Brace)?;
        check_name(name, names)?;
        names.push(name);
        Ok(Self::Any)
    }
}

fn check_text(text: &str) -> Result<(), PatternError> {
    match () {
        () if !text.starts_with('/') => Err(PatternError::Relative),
        () if text.contains('?') => Err(PatternError::Query),
        () if text.contains('#') => Err(PatternError::Fragment),
        () => Ok(()),
    }
}

fn check_name(name: &str, taken: &[&str]) -> Result<(), PatternError> {
    let is_word = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if name.contains(['{', '}']) {
        return Err(PatternError::Brace);
    }
    if name.is_empty() || !name.bytes().all(is_word) {
        return Err(PatternError::Name(name.to_owned()));
    }
    if taken.contains(&name) {
        return Err(PatternError::Duplicate(name.to_owned()));
    }
    Ok(())
}

/// The normal form escapes braces, so the names are put back before the comparison.
fn check_normal(text: &str, names: &[&str]) -> Result<(), PatternError> {
    let mut normal = clean(text).into_owned();
    for name in names {
        normal = normal.replace(&format!("/%7B{name}%7D"), &format!("/{{{name}}}"));
    }
    if normal == text {
        Ok(())
    } else {
        Err(PatternError::NotNormal(normal))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: Result<&str, PatternError>) {
        let shown = Pattern::parse(text).map(|pattern| show(&pattern));
        assert_eq!(shown, expect.map(str::to_owned), "{text}");
    }

    /// Segments joined by commas, `?` for any, `...` for what is below.
    fn show(pattern: &Pattern) -> String {
        let segments = pattern.segments.iter().map(|segment| match segment {
            Segment::Literal(text) => text.as_str(),
            Segment::Any => "?",
        });
        let end = (pattern.end == End::Below).then_some("...");
        segments.chain(end).collect::<Vec<_>>().join(",")
    }

    #[test]
    fn patterns_are_read() {
        check("/", Ok(""));
        check("/*", Ok("..."));
        check("/a/b", Ok("a,b"));
        check("/a/", Ok("a,"));
        check("/a//b", Ok("a,,b"));
        check("/a/*", Ok("a,..."));
        check("/a/{id}/b", Ok("a,?,b"));
        check("/{a}/{b-2}/*", Ok("?,?,..."));
        check("/caf%C3%A9", Ok("caf%C3%A9"));
    }

    #[test]
    fn wrong_patterns_name_the_cause() {
        let not_normal = |form: &str| Err(PatternError::NotNormal(form.to_owned()));
        check("", Err(PatternError::Relative));
        check("a/b", Err(PatternError::Relative));
        check("*", Err(PatternError::Relative));
        check("/a*", Err(PatternError::Star));
        check("/*/a", Err(PatternError::Star));
        check("/a/**", Err(PatternError::Star));
        check("/a{b}", Err(PatternError::Brace));
        check("/{a", Err(PatternError::Brace));
        check("/{a}{b}", Err(PatternError::Brace));
        check("/{}", Err(PatternError::Name(String::new())));
        check("/{a b}", Err(PatternError::Name("a b".to_owned())));
        check("/{a}/{a}", Err(PatternError::Duplicate("a".to_owned())));
        check("/a?b=c", Err(PatternError::Query));
        check("/a#b", Err(PatternError::Fragment));
        check("/a/../b", not_normal("/b"));
        check("/a/../{x}/*", not_normal("/{x}/*"));
        check("/%2e%2E/b", not_normal("/b"));
        check("/caf\u{e9}", not_normal("/caf%C3%A9"));
        check("\\a", Err(PatternError::Relative));
        check("/a\\b", not_normal("/a/b"));
        check("/a b", not_normal("/a%20b"));
        check(&"/a".repeat(129), Err(PatternError::TooDeep));
    }
}
