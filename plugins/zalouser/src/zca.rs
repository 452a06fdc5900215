//! The program: what it is given, and what its output means.
//!
//! A failure is permanent: the program does not say whether another try may help, and one that ran out of time may have
//! done it all the same.

use std::time::Duration;

use overgrow_sdk::host::process;
use overgrow_sdk::host::types::Error;
use overgrow_sdk::{Failure, RetryAdvice};
use serde_json::Value;

use crate::target::Thread;

/// What the operator's grant calls it.
pub(crate) const ZCA: &str = "zca";

/// What the legacy gives it.
const TIME: Duration = Duration::from_secs(30);

/// What it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) ok: bool,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Runs it to the end.
pub(crate) fn run(profile: Option<&str>, args: Vec<String>) -> Result<Output, Failure> {
    let time = u64::try_from(TIME.as_millis()).unwrap_or(u64::MAX);
    let output = process::run(ZCA, &with_profile(profile, args), &[], time).map_err(no_repeat)?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Ok(Output {
        ok: output.status == 0,
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    })
}

/// Runs it to the end; an exit that is not 0 is a failure in the program's own words, or in these.
pub(crate) fn demand(
    profile: Option<&str>,
    args: Vec<String>,
    else_says: &str,
) -> Result<String, Failure> {
    let output = run(profile, args)?;
    match (output.ok, output.stderr.is_empty()) {
        (true, _) => Ok(output.stdout),
        (false, false) => Err(Failure::permanent("zca", output.stderr)),
        (false, true) => Err(Failure::permanent("zca", else_says)),
    }
}

fn no_repeat(error: Error) -> Failure {
    let timed_out = matches!(error, Error::Timeout);
    let failure = Failure::from(error);
    match timed_out {
        true => Failure::new("zca", "Command timed out", RetryAdvice::Never),
        false => failure,
    }
}

/// The profile stands in front of the command.
pub(crate) fn with_profile(profile: Option<&str>, args: Vec<String>) -> Vec<String> {
    let profile = profile.map(|profile| ["--profile".to_owned(), profile.to_owned()]);
    profile.into_iter().flatten().chain(args).collect()
}

/// `msg WHAT THREAD …`, and `-g` for a group.
pub(crate) fn message(what: &str, thread: &Thread, rest: Vec<String>) -> Vec<String> {
    let mut args = vec!["msg".into(), what.into(), thread.id.clone()];
    args.extend(rest);
    if thread.is_group {
        args.push("-g".into());
    }
    args
}

/// A text that the program does not take for an option: a blank in front, which nobody sees.
pub(crate) fn words(text: &str) -> String {
    match text.starts_with('-') {
        true => format!(" {text}"),
        false => text.to_owned(),
    }
}

/// The command that sends a file: by the end of its URL, a picture when that says nothing.
pub(crate) fn medium(url: &str) -> &'static str {
    let url = url.to_lowercase();
    let ends = |kinds: &[&str]| kinds.iter().any(|kind| url.ends_with(kind));
    if ends(&[".mp4", ".mov", ".avi", ".webm"]) {
        "video"
    } else if ends(&[".mp3", ".wav", ".ogg", ".m4a"]) {
        "voice"
    } else {
        "image"
    }
}

/// The id of a message that was sent: what follows `message id`, else the first word when it looks like one.
pub(crate) fn message_id(stdout: &str) -> Option<String> {
    named_id(stdout).or_else(|| {
        let first = stdout.split_whitespace().next()?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        first.bytes().all(plain).then(|| first.to_owned())
    })
}

/// `message id: X`, `messageId X`, `MESSAGE_ID:X`.
fn named_id(stdout: &str) -> Option<String> {
    let lower = stdout.to_ascii_lowercase();
    lower.match_indices("message").find_map(|(at, word)| {
        let behind = &stdout[at + word.len()..];
        let behind = behind
            .strip_prefix(|letter: char| letter == '_' || letter.is_whitespace())
            .unwrap_or(behind);
        let (id, rest) = behind.split_at_checked(2)?;
        let value = rest.trim_start_matches(|letter: char| letter == ':' || letter.is_whitespace());
        let named = id.eq_ignore_ascii_case("id") && value.len() < rest.len();
        let value = value.split_whitespace().next()?;
        named.then(|| value.to_owned())
    })
}

/// JSON in an output: all of it, or from the first line on that begins some, since the program prints its log there too.
pub(crate) fn json(stdout: &str) -> Option<Value> {
    let plain = without_colours(stdout);
    let whole = serde_json::from_str(plain.trim()).ok();
    whole.or_else(|| {
        let starts = plain.split_inclusive('\n').scan(0, |at, line| {
            let start = *at;
            *at += line.len();
            Some((start, line.trim_start()))
        });
        let mut begins = starts.filter(|(_, line)| line.starts_with(['{', '[']));
        begins.find_map(|(start, _)| serde_json::from_str(plain[start..].trim()).ok())
    })
}

/// A text without the escapes that colour a terminal.
fn without_colours(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("\x1b[") {
        plain.push_str(&rest[..at]);
        let behind = &rest[at + 2..];
        let numbers = behind
            .bytes()
            .take_while(|byte| byte.is_ascii_digit() || *byte == b';')
            .count();
        let ends = behind
            .as_bytes()
            .get(numbers)
            .is_some_and(u8::is_ascii_alphabetic);
        let (kept, next) = if ends {
            ("", &behind[numbers + 1..])
        } else {
            ("\x1b[", behind)
        };
        plain.push_str(kept);
        rest = next;
    }
    plain.push_str(rest);
    plain
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn ids_are_found_as_the_legacy_finds_them() {
        let check = |stdout: &str, id: Option<&str>| {
            assert_eq!(message_id(stdout).as_deref(), id, "{stdout:?}")
        };
        check("Sent. Message ID: 12345 ok", Some("12345"));
        check("messageId:abc", Some("abc"));
        check("message_id  x-1", Some("x-1"));
        check("a message came, message id 7", Some("7"));
        check("98765 sent", Some("98765"));
        check("✓ sent", None);
        check("messageidentity", Some("messageidentity"));
        check("", None);
    }

    #[test]
    fn json_is_found_behind_a_log() {
        assert_eq!(json("[1]"), Some(json!([1])));
        assert_eq!(
            json("INFO  starting\n\x1b[32mINFO\x1b[0m [x] ready\n [\n {\"userId\": 1}\n]\n"),
            Some(json!([{ "userId": 1 }]))
        );
        assert_eq!(json("nothing\n[broken"), None);
    }

    #[test]
    fn only_colours_are_taken_away() {
        assert_eq!(
            without_colours("a\x1b[1;31mb\x1b[0mc\x1b[!d\x1b["),
            "abc\x1b[!d\x1b["
        );
    }

    #[test]
    fn files_are_sent_by_their_kind() {
        let kinds = [
            "https://h/A.MP4",
            "https://h/a.ogg",
            "https://h/a.png",
            "https://h/a.mp4?x",
        ]
        .map(medium);
        assert_eq!(kinds, ["video", "voice", "image", "image"]);
    }

    #[test]
    fn the_program_gets_no_option_that_is_not_ours() {
        let thread = Thread {
            id: "7".into(),
            is_group: true,
        };
        let args = with_profile(Some("w"), message("send", &thread, vec![words("--help")]));
        assert_eq!(
            args,
            ["--profile", "w", "msg", "send", "7", " --help", "-g"]
        );
    }
}
