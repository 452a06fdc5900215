//! The corpus that the end-to-end tests send over sockets, judged here without any.

use crate::listen::guard::flow::{Flow, Passed, Stop};
use crate::listen::guard::{Limits, Refusal};

const CORPUS: &str = include_str!("../../../../../tests/smuggling/corpus.txt");

fn judge(bytes: &[u8]) -> String {
    match Flow::new(Limits::default()).pass(bytes) {
        Passed {
            stop: Stop::BadHead(refusal) | Stop::BadBody(refusal),
            ..
        } => expectation(refusal),
        passed if passed.len == bytes.len() => "accept".to_owned(),
        passed => format!("{passed:?}"),
    }
}

fn expectation(refusal: Refusal) -> String {
    format!("{} {}", refusal.status(), refusal.reason())
}

/// Undoes `{part*count}` and the escapes.
fn unescape(text: &str) -> Vec<u8> {
    let Some((before, rest)) = text.split_once('{') else {
        return unescape_plain(text);
    };
    let (repeated, after) = rest.split_once('}').unwrap();
    let (part, count) = repeated.rsplit_once('*').unwrap();
    let repeated = unescape_plain(part).repeat(count.parse().unwrap());
    [unescape_plain(before), repeated, unescape(after)].concat()
}

fn unescape_plain(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'\\' => escaped(&mut rest),
            plain => plain,
        });
    }
    bytes
}

fn escaped(rest: &mut impl Iterator<Item = u8>) -> u8 {
    match rest.next().unwrap() {
        b'r' => b'\r',
        b'n' => b'\n',
        b't' => b'\t',
        b'x' => {
            let digits = [rest.next().unwrap(), rest.next().unwrap()];
            u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
        }
        itself => itself,
    }
}

#[test]
fn the_corpus_is_judged_as_it_says() {
    let lines = CORPUS
        .lines()
        .filter(|it| !it.is_empty() && !it.starts_with('#'));
    let mut count = 0;
    for line in lines {
        let [name, expect, bytes] = line.split('\t').collect::<Vec<_>>()[..] else {
            panic!("not three columns: {line}");
        };
        assert_eq!(judge(&unescape(bytes)), expect, "{name}");
        count += 1;
    }
    assert!(count > 150, "only {count} requests");
}
