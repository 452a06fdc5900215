//! The legacy's pairing store: who asked to be let in, and who was.
//!
//! Two files per channel in the legacy's `credentials` folder, which its command line and its gateway write too, so they
//! are locked and replaced as it does that: a folder `<file>.lock` is the lock. It must not know who may ask. The surprise:
//! at most three requests wait, each for an hour; who comes later is not told a code.

mod file;
mod requests;

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::Value;

use self::file::Locked;
pub(crate) use self::requests::Asked;
use self::requests::ask;

/// The store of one channel.
#[derive(Debug, Clone)]
pub(crate) struct Pairing {
    requests: PathBuf,
    allowed: PathBuf,
}

/// Who wants to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Applicant {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
}

impl Pairing {
    /// `None` for a channel whose id is no name for a file.
    pub(crate) fn of(credentials: &Path, channel: &str) -> Option<Self> {
        let fits = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_');
        let is_name = !channel.is_empty() && channel.chars().all(fits);
        is_name.then(|| Self {
            requests: credentials.join(format!("{channel}-pairing.json")),
            allowed: credentials.join(format!("{channel}-allowFrom.json")),
        })
    }

    /// Those who were let in; nobody where there is no list, or none that can be read. Blocks on a small file.
    pub(crate) fn allowed(&self) -> Vec<String> {
        let Some(document) = file::read(&self.allowed) else {
            return Vec::new();
        };
        let list = document["allowFrom"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let text = |entry: Value| match entry {
            Value::String(text) => text,
            other => other.to_string(),
        };
        list.into_iter().map(text).collect()
    }

    /// Enters a request, unless there is one already or too many are. Blocks on small files, and for seconds while
    /// somebody else holds their lock.
    ///
    /// # Errors
    /// When the files cannot be written, or stay locked.
    pub(crate) fn request(&self, applicant: &Applicant) -> io::Result<Asked> {
        let locked = Locked::acquire(&self.requests)?;
        let document = file::read(&self.requests).unwrap_or_default();
        let (document, asked) = ask(document, applicant, SystemTime::now(), code);
        if let Some(document) = document {
            locked.write(&document)?;
        }
        Ok(asked)
    }

    /// What [`request`](Self::request) would give, without writing anything.
    pub(crate) fn foresee(&self, applicant: &Applicant) -> Asked {
        let document = file::read(&self.requests).unwrap_or_default();
        let planned = || Ok("PLANNED0".to_owned());
        ask(document, applicant, SystemTime::now(), planned).1
    }
}

/// Eight letters and digits, none of which looks like another.
fn code() -> io::Result<String> {
    const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut bits = [0; 8];
    getrandom::fill(&mut bits).map_err(io::Error::other)?;
    Ok(bits
        .iter()
        .map(|bits| LETTERS[usize::from(bits % 32)] as char)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn applicant(id: &str) -> Applicant {
        Applicant {
            id: id.to_owned(),
            name: Some("Ann".to_owned()),
        }
    }

    #[test]
    fn a_request_is_in_the_file_as_the_legacy_writes_it_and_told_once() {
        let folder = tempfile::tempdir().unwrap();
        let credentials = folder.path().join("credentials");
        let pairing = Pairing::of(&credentials, "zalo").unwrap();
        assert_eq!(
            pairing.foresee(&applicant("42")),
            Asked::New("PLANNED0".to_owned())
        );
        let Asked::New(code) = pairing.request(&applicant("42")).unwrap() else {
            panic!("a new request")
        };
        assert_eq!(code.len(), 8);
        let text = std::fs::read_to_string(credentials.join("zalo-pairing.json")).unwrap();
        let document: Value = serde_json::from_str(&text).unwrap();
        let request = &document["requests"][0];
        assert_eq!(
            (&document["version"], &request["id"]),
            (&1.into(), &"42".into())
        );
        assert_eq!(
            (&request["code"], &request["meta"]["name"]),
            (&code.into(), &"Ann".into())
        );
        assert_eq!(request["createdAt"].as_str().unwrap().len(), 24);
        assert!(text.ends_with("}\n"));
        assert_eq!(pairing.request(&applicant("42")).unwrap(), Asked::Before);
        assert!(!credentials.join("zalo-pairing.json.lock").exists());
    }

    #[cfg(unix)]
    #[test]
    fn the_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let pairing = Pairing::of(folder.path(), "zalo").unwrap();
        pairing.request(&applicant("42")).unwrap();
        let metadata = std::fs::metadata(&pairing.requests).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn those_who_were_let_in_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let pairing = Pairing::of(folder.path(), "zalo").unwrap();
        assert_eq!(pairing.allowed(), Vec::<String>::new());
        std::fs::write(&pairing.allowed, r#"{"version":1,"allowFrom":["42",7]}"#).unwrap();
        assert_eq!(pairing.allowed(), ["42", "7"]);
        std::fs::write(&pairing.allowed, "garbage").unwrap();
        assert_eq!(pairing.allowed(), Vec::<String>::new());
    }

    #[test]
    fn a_channel_names_no_file_elsewhere() {
        for channel in ["", "../x", "a/b", "a.b"] {
            assert!(Pairing::of(Path::new("/c"), channel).is_none(), "{channel}");
        }
    }
}
