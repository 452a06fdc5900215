//! The text of one configuration file, as a tree of JSON values.
//!
//! It must not know what any key means. The surprise: the depth of nesting is counted here, because the JSON5 reader
//! does not, and a file of a million brackets would end the process.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::SettingsError;
use crate::fault::At;

/// Largest file that is read; the longest real configurations are a hundredth of it.
const LARGEST: u64 = 4 << 20;

/// Deepest nesting that is followed, as in serde_json; the legacy's schema needs about ten levels.
const DEEPEST: usize = 128;

/// Reads a file of JSON5.
///
/// # Errors
/// When it cannot be read, is larger than 4 MiB, or is not JSON5.
pub(crate) fn read(path: &Path) -> Result<Value, SettingsError> {
    let bytes = bytes(path)?;
    // As the legacy reads it: what is not UTF-8 becomes a replacement character.
    let text = String::from_utf8_lossy(&bytes);
    let tree = json5::from_str::<Tree>(&text);
    tree.map(|tree| tree.0)
        .map_err(|error| syntax(path, &text, &error))
}

fn bytes(path: &Path) -> Result<Zeroizing<Vec<u8>>, SettingsError> {
    let failed = |source| SettingsError::Read {
        path: path.to_owned(),
        source,
    };
    let file = open(path).map_err(failed)?;
    let mut bytes = Zeroizing::new(Vec::new());
    let read = file.take(LARGEST + 1).read_to_end(&mut bytes);
    if read.map_err(failed)? as u64 > LARGEST {
        return Err(SettingsError::TooLarge {
            path: path.to_owned(),
            limit: LARGEST,
        });
    }
    Ok(bytes)
}

/// Opening a pipe would wait for its writer.
fn open(path: &Path) -> io::Result<File> {
    match std::fs::metadata(path)?.is_file() {
        true => File::open(path),
        false => Err(io::Error::other("not a regular file")),
    }
}

fn syntax(path: &Path, text: &str, error: &json5::Error) -> SettingsError {
    let at = match error.position() {
        Some(place) => Some((place.line + 1, place.column + 1)),
        None => Some(end(text)),
    };
    SettingsError::Syntax {
        path: path.to_owned(),
        at: At(at),
        reason: reason(error),
    }
}

/// The reader gives no place when the text ends too early: the end is the place.
fn end(text: &str) -> (usize, usize) {
    let last = text.rsplit('\n').next().unwrap_or_default();
    (text.matches('\n').count() + 1, last.chars().count() + 1)
}

fn reason(error: &json5::Error) -> String {
    match error.code() {
        Some(code) => code.to_string(),
        None => format!("nested deeper than {DEEPEST} levels"),
    }
}

/// A value read with its depth counted.
struct Tree(Value);

impl<'de> serde::Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Levels(DEEPEST).deserialize(deserializer).map(Tree)
    }
}

/// How many levels may still open.
#[derive(Clone, Copy)]
struct Levels(usize);

impl Levels {
    fn below<E: Error>(self) -> Result<Self, E> {
        let left = self.0.checked_sub(1);
        left.map(Self).ok_or_else(|| E::custom("too deep"))
    }
}

impl<'de> DeserializeSeed<'de> for Levels {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Levels {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    /// Infinity and NaN become null, which no key that wants a number takes.
    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(below)? {
            list.push(item);
        }
        Ok(list.into())
    }

    /// A key that stands twice has its last value, as in JavaScript.
    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let below = self.below()?;
        let mut object = Map::new();
        while let Some(key) = members.next_key::<String>()? {
            object.insert(key, members.next_value_seed(below)?);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn said(content: impl AsRef<[u8]>) -> Result<Value, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("openclaw.json");
        std::fs::write(&path, content).unwrap();
        let shown = format!("{}/", folder.path().display());
        read(&path).map_err(|error| error.to_string().replace(&shown, ""))
    }

    #[test]
    fn json5_is_read() {
        let text = "\u{feff}// a comment\n{a: 'x', \"b\": [1, +2.5, -3, 0x10, .5,], c: null, a: true, d: Infinity,}";
        let expected = json!({"a": true, "b": [1, 2.5, -3, 16, 0.5], "c": null, "d": null});
        assert_eq!(said(text).unwrap(), expected);
    }

    #[test]
    fn faults_name_file_line_and_column() {
        assert_eq!(
            said("{\n  a: 1\n  b: 2,\n}").unwrap_err(),
            "openclaw.json:3:3: expected comma"
        );
        assert_eq!(
            said("{\n a: [1,").unwrap_err(),
            "openclaw.json:2:5: EOF parsing value"
        );
        assert_eq!(
            said("{} {}").unwrap_err(),
            "openclaw.json:1:4: trailing characters"
        );
    }

    #[test]
    fn an_empty_file_ends_too_early() {
        assert_eq!(
            said("// nothing\n").unwrap_err(),
            "openclaw.json:2:1: EOF parsing value"
        );
    }

    #[test]
    fn a_fault_does_not_quote_the_file() {
        let fault = said("{token: 's3cret\n'}").unwrap_err();
        assert_eq!(fault, "openclaw.json:1:16: line terminator in string");
    }

    #[test]
    fn a_million_brackets_are_a_fault_and_no_crash() {
        let fault = said("[".repeat(1_000_000)).unwrap_err();
        assert!(
            fault.ends_with(": nested deeper than 128 levels"),
            "{fault}"
        );
        let objects = "{a:".repeat(1_000_000);
        assert!(said(objects).unwrap_err().contains("nested deeper"));
    }

    #[test]
    fn what_is_no_utf_8_is_read_as_the_legacy_reads_it() {
        assert_eq!(said(b"{a: '\xff'}").unwrap(), json!({"a": "\u{fffd}"}));
    }

    #[test]
    fn only_files_are_opened() {
        let fault = read(Path::new("/dev/zero")).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "cannot read /dev/zero: not a regular file"
        );
    }

    #[test]
    fn four_mebibytes_are_the_limit() {
        let mut text = vec![b' '; LARGEST as usize];
        text[0] = b'1';
        assert_eq!(said(&text).unwrap(), json!(1));
        text.push(b' ');
        assert_eq!(
            said(&text).unwrap_err(),
            "openclaw.json is larger than 4194304 bytes"
        );
    }
}
