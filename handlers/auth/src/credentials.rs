//! What a caller shows, and whether it is what the configuration asks for.
//!
//! It knows neither addresses nor Tailscale. The surprise: a bearer counts as token and as password, whichever the
//! gateway asks for.

use http::header::{AUTHORIZATION, HeaderMap};
use overgrow_settings::{Auth, Mode, Secret};

use crate::headers;

/// The length of `bearer` with its space.
const BEARER: &str = "bearer ";

/// What a caller shows of itself. An empty text is as good as none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Presented {
    /// For a gateway that asks for a token.
    pub token: Option<String>,
    /// For a gateway that asks for a password.
    pub password: Option<String>,
}

/// How a caller got in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// By the shared token.
    Token,
    /// By the password.
    Password,
    /// As a member of the tailnet.
    Tailscale,
}

/// Why a caller is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Refused {
    /// The gateway asks for a token and has none.
    #[error("token_missing_config")]
    TokenMissingConfig,
    /// No token was shown.
    #[error("token_missing")]
    TokenMissing,
    /// Another token was shown.
    #[error("token_mismatch")]
    TokenMismatch,
    /// The gateway asks for a password and has none.
    #[error("password_missing_config")]
    PasswordMissingConfig,
    /// No password was shown.
    #[error("password_missing")]
    PasswordMissing,
    /// Another password was shown.
    #[error("password_mismatch")]
    PasswordMismatch,
}

/// The faults of one kind of secret.
struct Faults {
    unset: Refused,
    missing: Refused,
    mismatch: Refused,
}

const TOKEN: Faults = Faults {
    unset: Refused::TokenMissingConfig,
    missing: Refused::TokenMissing,
    mismatch: Refused::TokenMismatch,
};

const PASSWORD: Faults = Faults {
    unset: Refused::PasswordMissingConfig,
    missing: Refused::PasswordMissing,
    mismatch: Refused::PasswordMismatch,
};

impl Presented {
    /// What an HTTP request shows: its bearer, and nothing else. Queries and other headers are not looked at.
    pub fn in_headers(headers: &HeaderMap) -> Self {
        let shown = bearer(headers);
        Self {
            token: shown.clone(),
            password: shown,
        }
    }
}

/// Says what is there and nothing of what it is.
impl std::fmt::Debug for Presented {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Presented")
            .field("token", &self.token.is_some())
            .field("password", &self.password.is_some())
            .finish()
    }
}

/// The bearer of the first `Authorization` header, trimmed; `None` when there is no such header, it is of another
/// scheme, or nothing follows.
pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let whole = headers::first(headers, AUTHORIZATION)?;
    let scheme = whole.get(..BEARER.len())?;
    if !scheme.eq_ignore_ascii_case(BEARER) {
        return None;
    }
    let token = headers::trimmed(&whole[BEARER.len()..]);
    (!token.is_empty()).then_some(token)
}

/// Compares what is shown with what the configuration asks for.
///
/// # Errors
/// When it is not that, with what is wrong.
pub(crate) fn check(auth: &Auth, presented: &Presented) -> Result<Method, Refused> {
    match auth.mode {
        Mode::Token => {
            compare(auth.token.as_ref(), presented.token.as_deref(), &TOKEN).map(|()| Method::Token)
        }
        Mode::Password => compare(
            auth.password.as_ref(),
            presented.password.as_deref(),
            &PASSWORD,
        )
        .map(|()| Method::Password),
    }
}

fn compare(secret: Option<&Secret>, shown: Option<&str>, faults: &Faults) -> Result<(), Refused> {
    let secret = secret
        .filter(|secret| !secret.reveal().is_empty())
        .ok_or(faults.unset)?;
    let shown = shown
        .filter(|shown| !shown.is_empty())
        .ok_or(faults.missing)?;
    if secret.matches(shown) {
        Ok(())
    } else {
        Err(faults.mismatch)
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn of(values: &[&[u8]]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AUTHORIZATION, HeaderValue::from_bytes(value).unwrap());
        }
        bearer(&headers)
    }

    #[test]
    fn a_bearer_is_read_as_the_legacy_reads_it() {
        let check = |value: &str, expect: Option<&str>| {
            assert_eq!(of(&[value.as_bytes()]).as_deref(), expect, "{value:?}");
        };
        check("Bearer abc", Some("abc"));
        check("bEaReR abc", Some("abc"));
        check("  Bearer   abc \t", Some("abc"));
        check("Bearer a b", Some("a b"));
        check("Bearer", None);
        check("Bearer ", None);
        check("Bearer\tabc", None);
        check("Bearerabc", None);
        check("Basic abc", None);
        check("", None);
    }

    #[test]
    fn only_the_first_header_counts() {
        assert_eq!(of(&[b"Bearer one", b"Bearer two"]).unwrap(), "one");
        assert_eq!(of(&[b"Basic one", b"Bearer two"]), None);
        assert_eq!(of(&[b"Bearer \xc3\xa9"]).unwrap(), "Ã©");
        assert_eq!(of(&[b"B\xe9arer x"]), None);
    }

    fn auth(mode: Mode, token: Option<&str>, password: Option<&str>) -> Auth {
        Auth {
            mode,
            token: token.map(Secret::new),
            password: password.map(Secret::new),
            allow_tailscale: false,
        }
    }

    #[test]
    fn what_is_shown_is_compared_with_what_is_asked_for() {
        let shown = |text: &str| Presented {
            token: Some(text.to_owned()),
            password: Some(text.to_owned()),
        };
        let token = auth(Mode::Token, Some("t"), Some("p"));
        assert_eq!(check(&token, &shown("t")), Ok(Method::Token));
        assert_eq!(check(&token, &shown("p")), Err(Refused::TokenMismatch));
        assert_eq!(check(&token, &shown("")), Err(Refused::TokenMissing));
        let password = auth(Mode::Password, Some("t"), Some("p"));
        assert_eq!(check(&password, &shown("p")), Ok(Method::Password));
        assert_eq!(
            check(&password, &shown("t")),
            Err(Refused::PasswordMismatch)
        );
        let none = Presented::default();
        assert_eq!(check(&password, &none), Err(Refused::PasswordMissing));
        let unset = auth(Mode::Token, Some(""), Some("p"));
        assert_eq!(check(&unset, &shown("")), Err(Refused::TokenMissingConfig));
        let unset = auth(Mode::Password, Some("t"), None);
        assert_eq!(
            check(&unset, &shown("t")),
            Err(Refused::PasswordMissingConfig)
        );
    }

    #[test]
    fn as_many_letters_in_more_bytes_are_refused_and_not_a_fault() {
        let token = auth(Mode::Token, Some("abcd"), None);
        let shown = Presented {
            token: Some("abcé".to_owned()),
            password: None,
        };
        assert_eq!(check(&token, &shown), Err(Refused::TokenMismatch));
    }

    #[test]
    fn secrets_are_not_shown() {
        let shown = Presented {
            token: Some("sesame".to_owned()),
            password: None,
        };
        assert!(!format!("{shown:?}").contains("sesame"));
    }
}
