//! The authenticator of a compiled plugin: HMAC-SHA256 under a key that only this host has.
//!
//! It knows no files but the key's. The surprise: the name of the code is part of what is sealed, so that one good file
//! cannot be passed off as another.

use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use subtle::ConstantTimeEq;

/// Seals and checks.
pub(super) struct Seal(hmac::Key);

/// Bytes of the authenticator, at the front of a sealed file.
const TAG: usize = 32;
const KEY: &str = "key";

impl Seal {
    /// Reads the folder's key, or makes folder and key, for nobody but this user.
    ///
    /// # Errors
    /// When they cannot be made or read, or others than this user may read or change them.
    pub(super) fn of(folder: &Path) -> io::Result<Self> {
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)?;
        private(&fs::symlink_metadata(folder)?, folder)?;
        let path = folder.join(KEY);
        let bytes = match read(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => make(&path)?,
            read => read?,
        };
        Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The code with its authenticator in front.
    pub(super) fn close(&self, name: &[u8], code: &[u8]) -> Vec<u8> {
        let tag = self.over(name, code).sign();
        [tag.as_ref(), code].concat()
    }

    /// The code again; `None` when it is not what was closed under this name and this key.
    pub(super) fn open<'a>(&self, name: &[u8], sealed: &'a [u8]) -> Option<&'a [u8]> {
        let (tag, code) = sealed.split_at_checked(TAG)?;
        let expect = self.over(name, code).sign();
        bool::from(expect.as_ref().ct_eq(tag)).then_some(code)
    }

    fn over(&self, name: &[u8], code: &[u8]) -> hmac::Context {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&(name.len() as u64).to_le_bytes());
        context.update(name);
        context.update(code);
        context
    }
}

fn read(path: &Path) -> io::Result<[u8; TAG]> {
    let mut file = fs::File::open(path)?;
    private(&file.metadata()?, path)?;
    let mut key = [0; TAG];
    file.read_exact(&mut key)?;
    Ok(key)
}

/// Written whole before it has its name, so that of two who make it at once both read the same in the end.
fn make(path: &Path) -> io::Result<[u8; TAG]> {
    let mut key = [0; TAG];
    SystemRandom::new()
        .fill(&mut key)
        .map_err(|_| io::Error::other("no random bytes"))?;
    let draft = path.with_extension(format!("{}.tmp", std::process::id()));
    let mut file = OpenOptions::new();
    file.write(true).create(true).truncate(true).mode(0o600);
    file.open(&draft)?.write_all(&key)?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => read(path),
    }
}

fn private(metadata: &fs::Metadata, path: &Path) -> io::Result<()> {
    let mode = metadata.permissions().mode();
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let path = path.display();
    Err(io::Error::other(format!(
        "{path} is open to others (mode {:o}): compiled plugins are not kept there",
        mode & 0o7777
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_closed_here_opens() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let (ours, theirs) = (here.path().join("c"), there.path().join("c"));
        let seal = Seal::of(&ours).expect("a key");
        let sealed = seal.close(b"name", b"code");
        assert_eq!(seal.open(b"name", &sealed), Some(&b"code"[..]));
        let again = Seal::of(&ours).expect("the same key");
        assert_eq!(again.open(b"name", &sealed), Some(&b"code"[..]));
        assert_eq!(seal.open(b"other", &sealed), None);
        assert_eq!(seal.open(b"name", &sealed[..10]), None);
        assert_eq!(seal.open(b"name", &sealed[..sealed.len() - 1]), None);
        let foreign = Seal::of(&theirs).expect("another key");
        assert_eq!(foreign.open(b"name", &sealed), None);
        // Where a name ends is sealed too.
        assert_eq!(
            seal.open(b"namec", &[&sealed[..TAG], b"ode"].concat()),
            None
        );
    }

    #[test]
    fn a_key_that_others_can_read_is_none() {
        let here = tempfile::tempdir().unwrap();
        let folder = here.path().join("c");
        Seal::of(&folder).map(drop).expect("a key");
        let key = folder.join(KEY);
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!((mode(&folder), mode(&key)), (0o700, 0o600));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = Seal::of(&folder).map(drop).expect_err("refused");
        assert!(refused.to_string().contains("open to others"));
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).unwrap();
        assert!(Seal::of(&folder).is_err());
    }
}
