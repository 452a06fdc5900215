//! Compiled plugins on disk, so that a restart does not compile them again.
//!
//! It knows the bytes a plugin is and the engine it is for, not its name. The surprise: nothing in the folder is
//! trusted for its place; a file is loaded when this host's own key sealed exactly this code for exactly these bytes and
//! this engine, and else compiled again and written over.

use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::hash::{Hash, Hasher};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use ring::digest::{SHA256, digest};
use tracing::{debug, warn};
use wasmtime::component::Component;
use xxhash_rust::xxh3::Xxh3Default;

use super::seal::Seal;

/// How long a file may lie unused: longer than an operator's holidays.
const UNUSED: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// A folder of compiled plugins.
pub(crate) struct Cache {
    folder: PathBuf,
    seal: Seal,
    /// The engine's settings and version and our own.
    engine: u64,
    drafts: AtomicU64,
}

impl Cache {
    /// Opens a folder, or makes it; only this user may read it.
    ///
    /// # Errors
    /// When it cannot be made, or is open to others.
    pub(crate) fn open(folder: &Path, engine: &wasmtime::Engine) -> io::Result<Self> {
        let seal = Seal::of(folder)?;
        sweep(folder);
        Ok(Self {
            folder: folder.to_owned(),
            seal,
            engine: fingerprint(engine),
            drafts: AtomicU64::new(0),
        })
    }

    /// The component that was compiled from these bytes; `None` when there is none that can be trusted.
    pub(crate) fn get(&self, engine: &wasmtime::Engine, wasm: &[u8]) -> Option<Component> {
        let name = self.name(wasm);
        let path = self.folder.join(&name);
        let sealed = match fs::read(&path) {
            Ok(sealed) => sealed,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => {
                debug!(%error, path = %path.display(), "cannot read a compiled plugin");
                return None;
            }
        };
        let Some(code) = self.seal.open(name.as_bytes(), &sealed) else {
            warn!(path = %path.display(), "a compiled plugin is damaged or not ours: it is compiled again");
            return None;
        };
        let component = load(engine, code)
            .inspect_err(|error| warn!("a compiled plugin cannot be loaded: {error:#}"))
            .ok()?;
        touch(&path);
        Some(component)
    }

    /// Keeps compiled code: readers see the file before or after, never a part of it.
    ///
    /// # Errors
    /// When it cannot be written.
    pub(crate) fn put(&self, wasm: &[u8], code: &[u8]) -> io::Result<()> {
        let name = self.name(wasm);
        let sealed = self.seal.close(name.as_bytes(), code);
        let draft = self.draft();
        let done =
            write(&draft, &sealed).and_then(|()| fs::rename(&draft, self.folder.join(&name)));
        if done.is_err() {
            let _ = fs::remove_file(&draft);
        }
        done
    }

    fn name(&self, wasm: &[u8]) -> String {
        let mut name = String::with_capacity(96);
        for byte in digest(&SHA256, wasm).as_ref() {
            let _ = write!(name, "{byte:02x}");
        }
        let _ = write!(name, "-{:016x}.cwasm", self.engine);
        name
    }

    fn draft(&self) -> PathBuf {
        let number = self.drafts.fetch_add(1, Ordering::Relaxed);
        let process = std::process::id();
        self.folder.join(format!("{process}-{number}.tmp"))
    }
}

/// Changes with Wasmtime, its settings, the machine it compiles for, and this crate.
fn fingerprint(engine: &wasmtime::Engine) -> u64 {
    let mut hasher = Xxh3Default::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    hasher.finish()
}

/// Marks a file as used, for [`sweep`]. Should it fail, the file is compiled once more in a month.
fn touch(path: &Path) {
    if let Ok(file) = fs::File::open(path) {
        let _ = file.set_modified(SystemTime::now());
    }
}

/// Removes what nobody used for [`UNUSED`]: every new version of a plugin leaves the old one's file behind.
fn sweep(folder: &Path) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for path in entries.flatten().map(|entry| entry.path()) {
        if is_ours(&path) && is_unused(&path) {
            let _ = fs::remove_file(path);
        }
    }
}

fn is_ours(path: &Path) -> bool {
    path.extension()
        .is_some_and(|end| end == "cwasm" || end == "tmp")
}

fn is_unused(path: &Path) -> bool {
    let modified = fs::symlink_metadata(path).and_then(|metadata| metadata.modified());
    modified.is_ok_and(|modified| modified.elapsed().is_ok_and(|age| age > UNUSED))
}

fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new();
    let mut file = file.write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(bytes)
}

#[expect(
    unsafe_code,
    reason = "compiled code is run as it is; its seal was checked, and only this host's key makes one"
)]
fn load(engine: &wasmtime::Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the caller opened the seal: these are the very bytes that `Component::serialize` gave this host, for an
    // engine with the same settings, and nobody without the key (mode 0600) could have made or changed them.
    unsafe { Component::deserialize(engine, code) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The smallest component there is.
    const EMPTY: &[u8] = b"\0asm\x0d\0\x01\0";

    struct Kept {
        _temporary: tempfile::TempDir,
        folder: PathBuf,
        engine: wasmtime::Engine,
    }

    impl Kept {
        fn new() -> Self {
            let temporary = tempfile::tempdir().expect("a folder");
            let kept = Self {
                folder: temporary.path().join("cache"),
                _temporary: temporary,
                engine: engine(wasmtime::OptLevel::Speed),
            };
            let component = Component::from_binary(&kept.engine, EMPTY).expect("compiles");
            let code = component.serialize().expect("serializes");
            kept.cache().put(EMPTY, &code).expect("kept");
            kept
        }

        fn cache(&self) -> Cache {
            Cache::open(&self.folder, &self.engine).expect("a cache")
        }

        fn file(&self) -> PathBuf {
            self.folder.join(self.cache().name(EMPTY))
        }

        fn hit(&self) -> bool {
            self.cache().get(&self.engine, EMPTY).is_some()
        }
    }

    fn engine(level: wasmtime::OptLevel) -> wasmtime::Engine {
        let mut config = wasmtime::Config::new();
        config.concurrency_support(false).cranelift_opt_level(level);
        wasmtime::Engine::new(&config).expect("an engine")
    }

    #[test]
    fn what_was_kept_is_found_after_a_restart_and_no_draft_is_left() {
        let kept = Kept::new();
        assert!(kept.hit());
        let other = [EMPTY, b"\0\x01\0"].concat();
        assert!(kept.cache().get(&kept.engine, &other).is_none());
        let drafts = fs::read_dir(&kept.folder).expect("there").flatten();
        let drafts =
            drafts.filter(|entry| entry.path().extension().is_some_and(|end| end == "tmp"));
        assert_eq!(drafts.count(), 0);
    }

    #[test]
    fn a_damaged_or_truncated_file_is_not_loaded() {
        for damage in [
            (|bytes: &mut Vec<u8>| *bytes.last_mut().expect("bytes") ^= 1) as fn(&mut Vec<u8>),
            |bytes| bytes[0] ^= 1,
            |bytes| bytes.truncate(bytes.len() - 1),
            |bytes| bytes.truncate(7),
            Vec::clear,
        ] {
            let kept = Kept::new();
            let mut bytes = fs::read(kept.file()).expect("there");
            damage(&mut bytes);
            fs::write(kept.file(), bytes).expect("written");
            assert!(!kept.hit());
        }
    }

    #[test]
    fn a_file_of_another_hosts_is_not_loaded() {
        let (ours, theirs) = (Kept::new(), Kept::new());
        fs::copy(theirs.file(), ours.file()).expect("copied");
        assert!(!ours.hit());
    }

    #[test]
    fn a_file_under_another_name_is_not_loaded() {
        let kept = Kept::new();
        let other = [EMPTY, b"\0\x01\0"].concat();
        let cache = kept.cache();
        fs::copy(kept.file(), kept.folder.join(cache.name(&other))).expect("copied");
        assert!(cache.get(&kept.engine, &other).is_none());
    }

    #[test]
    fn another_engine_has_files_of_its_own() {
        let kept = Kept::new();
        let changed = engine(wasmtime::OptLevel::None);
        let cache = Cache::open(&kept.folder, &changed).expect("a cache");
        assert!(cache.get(&changed, EMPTY).is_none());
        assert!(kept.hit());
    }

    #[test]
    fn what_nobody_used_for_a_month_is_removed() {
        let kept = Kept::new();
        let age = |days: u64| SystemTime::now() - Duration::from_secs(days * 24 * 60 * 60);
        let set = |when| {
            let file = fs::File::open(kept.file()).expect("there");
            file.set_modified(when).expect("set");
        };
        set(age(29));
        assert!(kept.hit());
        let modified = fs::metadata(kept.file()).and_then(|file| file.modified());
        assert!(modified.expect("a time") > age(1));
        set(age(31));
        assert!(!kept.hit() && !kept.file().exists());
    }
}
