//! Which of the media routes a request means.
//!
//! Pure. It matches as the legacy's router does: letters of either case, one slash more at the end, and a name that cannot be
//! decoded is refused before anybody asks for the method.

use http::Method;
use overgrow_store::MediaId;

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    /// A file, by `GET`: it is used up.
    Take(MediaId),
    /// A file's head.
    Peek(MediaId),
    /// A file by a name that no file can have.
    Misnamed,
    /// What may be asked of a file.
    Options,
    /// A name that is not percent-encoded text.
    Undecodable,
    /// To keep a file.
    Upload,
    /// Nothing that is here.
    Elsewhere,
}

impl Route {
    /// The route of a method and a path, still encoded and without its query.
    pub(crate) fn of(method: &Method, path: &str) -> Self {
        let Some(name) = below_media(path) else {
            return Self::without_name(method, path);
        };
        let Some(name) = decode(name) else {
            return Self::Undecodable;
        };
        match (method, MediaId::parse(&name)) {
            (&Method::GET, Ok(id)) => Self::Take(id),
            (&Method::HEAD, Ok(id)) => Self::Peek(id),
            (&Method::GET | &Method::HEAD, Err(_)) => Self::Misnamed,
            (&Method::OPTIONS, _) => Self::Options,
            _ => Self::Elsewhere,
        }
    }

    fn without_name(method: &Method, path: &str) -> Self {
        let top = path.strip_suffix('/').unwrap_or(path);
        match method == Method::POST && top.eq_ignore_ascii_case("/media") {
            true => Self::Upload,
            false => Self::Elsewhere,
        }
    }
}

/// The part between `/media/` and the end, when it is one part and not empty.
fn below_media(path: &str) -> Option<&str> {
    let (prefix, name) = path.split_at_checked("/media/".len())?;
    let name = name.strip_suffix('/').unwrap_or(name);
    let one_part = !name.is_empty() && !name.contains('/');
    (one_part && prefix.eq_ignore_ascii_case("/media/")).then_some(name)
}

/// As `decodeURIComponent`: each `%` begins two hexadecimal digits, and all together is UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        bytes.push(digit(digits[0])? << 4 | digit(digits[1])?);
        rest = after;
    }
    String::from_utf8(bytes).ok()
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16)?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(method: Method, path: &str, expect: Route) {
        assert_eq!(Route::of(&method, path), expect, "{method} {path}");
    }

    fn take(name: &str) -> Route {
        Route::Take(MediaId::parse(name).unwrap())
    }

    #[test]
    fn a_file_is_asked_for_by_its_decoded_name() {
        check(Method::GET, "/media/a.txt", take("a.txt"));
        check(Method::GET, "/MEDIA/a.txt/", take("a.txt"));
        check(Method::GET, "/media/%C3%BCn%c3%af.txt", take("ünï.txt"));
        let peek = Route::Peek(MediaId::parse("a").unwrap());
        check(Method::HEAD, "/media/%61", peek);
    }

    #[test]
    fn a_name_that_leads_elsewhere_is_no_name() {
        for name in [
            "..",
            "%2e%2e",
            "..%2f..%2fetc",
            "a%20b",
            "a+b",
            "a%00",
            "a%5cb",
        ] {
            check(Method::GET, &format!("/media/{name}"), Route::Misnamed);
        }
    }

    #[test]
    fn what_cannot_be_decoded_is_refused_for_any_method() {
        for name in ["%zz", "%", "%4", "%e4", "%E0%A4%A", "%c0%af", "%ed%a0%80"] {
            let path = format!("/media/{name}");
            check(Method::GET, &path, Route::Undecodable);
            check(Method::DELETE, &path, Route::Undecodable);
        }
    }

    #[test]
    fn other_paths_are_elsewhere() {
        for path in [
            "/media",
            "/media/",
            "/media//a",
            "/media/a//",
            "/media/a/b",
            "//media/a",
            "*",
            "/ümedia",
        ] {
            check(Method::GET, path, Route::Elsewhere);
        }
        check(Method::PUT, "/media/a", Route::Elsewhere);
        check(Method::OPTIONS, "/media/a b", Route::Options);
    }

    #[test]
    fn uploads_go_to_the_top() {
        check(Method::POST, "/media", Route::Upload);
        check(Method::POST, "/Media/", Route::Upload);
        check(Method::POST, "/media/a", Route::Elsewhere);
    }

    proptest! {
        #[test]
        fn no_path_panics(path in ".*", name in "[%0-9a-fzZ./]*") {
            Route::of(&Method::GET, &path);
            Route::of(&Method::GET, &format!("/media/{name}"));
        }
    }
}
