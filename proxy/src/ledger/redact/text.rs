//! Secrets inside any text: bearer tokens, JSON web tokens, passwords and parameters of addresses.
//!
//! It looks at one word at a time. The surprise: the word after `Bearer` is masked whatever it is, prose included.

use std::borrow::Cow;

use super::{MASK, name};

/// What ends a word. Everything else may be part of an address or a token.
const ENDS: [char; 9] = ['"', '\'', '<', '>', '(', ')', ',', '`', '\\'];

/// The base64 of `{"`, with which every JSON web token begins.
const WEB_TOKEN: &str = "eyJ";

/// A JSON web token is not shorter: two segments and their dots alone are more.
const SHORTEST_TOKEN: usize = 20;

/// Beginnings that providers give their keys so that they are found where they should not be.
const KEYS: [&str; 14] = [
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "xoxb-",
    "xoxp-",
    "xapp-",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "AIza",
    "whsec_",
];

/// A text as it may be shown.
pub fn text(text: &str) -> Cow<'_, str> {
    if !is_suspicious(text) {
        return text.into();
    }
    let mut shown = String::with_capacity(text.len());
    let mut after_bearer = false;
    for piece in text.split_inclusive(ends_word) {
        let word = piece.trim_end_matches(ends_word);
        match after_bearer && !word.is_empty() {
            true => shown.push_str(MASK),
            false => shown.push_str(&address(word)),
        }
        shown.push_str(&piece[word.len()..]);
        after_bearer = word.eq_ignore_ascii_case("bearer") || (after_bearer && word.is_empty());
    }
    shown.into()
}

/// A word that may be an address: its login, its secret parameters and its tokens are masked.
pub(super) fn address(word: &str) -> Cow<'_, str> {
    let word = without_login(word);
    let start = word.find(['?', '#', '&']).map(|at| at + 1);
    let (path, query) = word.split_at(start.unwrap_or(word.len()));
    let shown = format!("{}{}", parameters(path), pairs(query));
    match shown == *word {
        true => word,
        false => shown.into(),
    }
}

/// Parameters of a query or a form, as they may be shown.
pub(super) fn pairs(query: &str) -> Cow<'_, str> {
    let shown: String = query.split_inclusive(['&', '#']).map(pair).collect();
    match shown == query {
        true => query.into(),
        false => shown.into(),
    }
}

/// A secret reaches to the end of its pair; any other value may be an address that has parameters of its own.
fn pair(piece: &str) -> Cow<'_, str> {
    masked(piece, &['&', '#']).map_or_else(|| parameters(piece).into(), Cow::from)
}

/// Parameters of a path's segments (`;jsessionid=…`) and of addresses within a value.
fn parameters(piece: &str) -> String {
    let parts = piece.split_inclusive(['?', ';']);
    parts
        .map(|part| {
            masked(part, &['?', ';', '&', '#']).map_or_else(|| without_tokens(part), Cow::from)
        })
        .collect()
}

/// The pair without its value, if its name says that this is a secret.
fn masked(piece: &str, ends: &[char]) -> Option<String> {
    let pair = piece.strip_suffix(ends).unwrap_or(piece);
    let (name, value) = pair.split_once('=')?;
    // In a path the name begins after the last slash.
    let bare = name.rsplit('/').next().unwrap_or(name);
    let is_secret = !value.is_empty() && name::is_secret_parameter(bare);
    is_secret.then(|| format!("{name}={MASK}{}", &piece[pair.len()..]))
}

/// Masks `user:password` of `scheme://user:password@host`.
fn without_login(word: &str) -> Cow<'_, str> {
    let Some(start) = word.find("://").map(|at| at + "://".len()) else {
        return word.into();
    };
    let host = &word[start..];
    let authority = &host[..host.find(['/', '?', '#']).unwrap_or(host.len())];
    match authority.rfind('@') {
        Some(at) => format!("{}{MASK}{}", &word[..start], &host[at..]).into(),
        None => word.into(),
    }
}

/// Masks every JSON web token, and every key that can be told by its beginning.
fn without_tokens(word: &str) -> Cow<'_, str> {
    let mut shown = String::with_capacity(word.len());
    let mut rest = word;
    while let Some(at) = rest.find(in_token) {
        let (before, found) = rest.split_at(at);
        let end = found.find(|letter| !in_token(letter));
        let (run, after) = found.split_at(end.unwrap_or(found.len()));
        let (plain, token) = run.split_at(token_start(run));
        shown.push_str(before);
        shown.push_str(plain);
        shown.push_str(if is_token(token) { MASK } else { token });
        rest = after;
    }
    shown.push_str(rest);
    match shown == word {
        true => word.into(),
        false => shown.into(),
    }
}

/// Where in a run something begins as a token does, or its end. A key begins a word: `risk-…` is none.
fn token_start(run: &str) -> usize {
    let keys = KEYS.iter().filter_map(|key| {
        run.match_indices(key)
            .map(|(at, _)| at)
            .find(|at| !run[..*at].ends_with(char::is_alphanumeric))
    });
    keys.chain(run.find(WEB_TOKEN)).min().unwrap_or(run.len())
}

fn is_token(run: &str) -> bool {
    run.len() >= SHORTEST_TOKEN && (!run.starts_with(WEB_TOKEN) || run.contains('.'))
}

fn in_token(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | '=')
}

fn ends_word(letter: char) -> bool {
    letter.is_whitespace() || ENDS.contains(&letter)
}

/// Whether a closer look can find anything; nearly all texts are let through here.
fn is_suspicious(text: &str) -> bool {
    text.contains(['=', '@'])
        || text.contains(WEB_TOKEN)
        || KEYS.iter().any(|key| text.contains(key))
        || text
            .as_bytes()
            .windows(6)
            .any(|word| word.eq_ignore_ascii_case(b"bearer"))
}
