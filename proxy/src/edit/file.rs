//! The thin shell that brings an edit to the disk.
//!
//! It knows nothing of what is edited. The one surprise is the double guard: a lock on the folder keeps our own edits
//! apart, and because an editor or a deployment takes no lock, the file is read once more just before it is replaced.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::EditError;

/// Times an edit starts over because others changed the file; whoever writes more often than that holds it open.
const ATTEMPTS: usize = 20;

/// A text before and after an edit; the same when there was nothing to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edited {
    /// As it was read.
    pub before: String,
    /// As it is on the disk now.
    pub after: String,
}

/// Reads the file, edits the text, and replaces the file in one step that keeps its owner and mode.
///
/// Of a link the target is replaced, so that a link stays a link. `edit` may be called more than once. A reader sees the
/// old file or the new one, never a piece. It blocks while another edit is under way.
///
/// # Errors
/// What `edit` says, or why the file could not be read or replaced; nothing has changed then.
pub fn apply(
    path: &Path,
    edit: impl Fn(&str) -> Result<String, EditError>,
) -> Result<Edited, EditError> {
    let target = fs::canonicalize(path).map_err(|source| EditError::Read {
        path: path.to_owned(),
        source,
    })?;
    let folder = target.parent().unwrap_or(Path::new("/"));
    // A folder on a network share may refuse the lock; then the second look at the file guards alone.
    let lock = File::open(folder).ok();
    let _held = lock.as_ref().and_then(|folder| folder.lock().ok());
    for _ in 0..ATTEMPTS {
        let before = read(&target)?;
        let after = edit(&before)?;
        if before == after || replace(&target, folder, &before, &after)? {
            return Ok(Edited { before, after });
        }
    }
    Err(EditError::Busy(path.to_owned()))
}

fn read(path: &Path) -> Result<String, EditError> {
    fs::read_to_string(path).map_err(|source| EditError::Read {
        path: path.to_owned(),
        source,
    })
}

/// Whether the file was replaced; it is not when it no longer says `before`.
fn replace(target: &Path, folder: &Path, before: &str, after: &str) -> Result<bool, EditError> {
    let failed = |source| write_error(target, source);
    let mut fresh = fresh(target, folder).map_err(failed)?;
    fresh.write_all(after.as_bytes()).map_err(failed)?;
    keep_owner(target, fresh.as_file()).map_err(|source| EditError::Owner {
        path: target.to_owned(),
        source,
    })?;
    fresh.as_file().sync_all().map_err(failed)?;
    if read(target)? != before {
        return Ok(false);
    }
    fresh.persist(target).map_err(|error| failed(error.error))?;
    // The new name is on the disk only with the folder. The edit is made by now, so a refusal is not its failure.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    Ok(true)
}

/// A hidden file beside the target, because a rename does not cross file systems; it is gone unless it is kept.
fn fresh(target: &Path, folder: &Path) -> io::Result<NamedTempFile> {
    let name = target.file_name().unwrap_or_default().to_string_lossy();
    tempfile::Builder::new()
        .prefix(&format!(".{name}."))
        .suffix(".tmp")
        .tempfile_in(folder)
}

fn keep_owner(target: &Path, fresh: &File) -> io::Result<()> {
    let old = fs::metadata(target)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::{MetadataExt, fchown};
        let new = fresh.metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            fchown(fresh, Some(old.uid()), Some(old.gid()))?;
        }
    }
    fresh.set_permissions(old.permissions())
}

fn write_error(path: &Path, source: io::Error) -> EditError {
    let path = PathBuf::from(path);
    match source.kind() {
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => EditError::ReadOnly(path),
        ErrorKind::ResourceBusy => EditError::Mounted(path),
        _ => EditError::Write { path, source },
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, fchown, symlink};
    use std::thread;

    use super::*;
    use crate::edit::{Mark, set_dial};
    use crate::route::{By, Dial};

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("routes.toml");
        fs::write(&path, text).unwrap();
        (folder, path)
    }

    fn routes(count: usize) -> String {
        (0..count)
            .map(|at| format!("[[route]]\nid = \"r{at}\" # {at}\nrust = 0\n\n"))
            .collect()
    }

    #[test]
    fn edits_at_the_same_time_lose_nothing() {
        let (_folder, path) = file(&routes(8));
        thread::scope(|scope| {
            for at in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let mark = Mark::of(By::Cli, 0);
                    for step in 1..=50 {
                        let dial = Dial::from_percent(f64::from(step)).unwrap();
                        let edited =
                            apply(path, |text| set_dial(text, &format!("r{at}"), dial, &mark))
                                .unwrap();
                        assert_ne!(edited.before, edited.after);
                    }
                });
            }
        });
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            routes(8).replace("rust = 0", "rust = 50  # cli 1970-01-01T00:00:00Z 49 -> 50")
        );
    }

    #[test]
    fn nothing_is_left_behind() {
        let (folder, path) = file("a");
        apply(&path, |_| Ok("b".into())).unwrap();
        apply(&path, |_| Err(EditError::Refused("no".into()))).unwrap_err();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(fs::read_to_string(&path).unwrap(), "b");
    }

    #[test]
    fn an_edit_by_somebody_without_the_lock_is_not_overwritten() {
        let (_folder, path) = file("one");
        let calls = Cell::new(0);
        let edited = apply(&path, |text| {
            calls.set(calls.get() + 1);
            if calls.get() == 1 {
                fs::write(&path, "two").unwrap();
            }
            Ok(format!("{text}!"))
        });
        assert_eq!(
            edited.unwrap(),
            Edited {
                before: "two".into(),
                after: "two!".into()
            }
        );
        assert_eq!(calls.get(), 2);
    }

    #[test]
    fn a_file_that_never_holds_still_is_given_up() {
        let (_folder, path) = file("");
        let edited = apply(&path, |text| {
            fs::write(&path, format!("{text}x")).unwrap();
            Ok("edited".into())
        });
        assert!(matches!(edited, Err(EditError::Busy(_))));
        assert_eq!(fs::read_to_string(&path).unwrap(), "x".repeat(ATTEMPTS));
    }

    #[test]
    fn mode_and_owner_are_kept() {
        let (_folder, path) = file("a");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        // Only root may give a file away; for anybody else the owner is the same before and after.
        let given = fchown(File::open(&path).unwrap(), Some(1234), Some(1235)).is_ok();
        let before = fs::metadata(&path).unwrap();
        apply(&path, |_| Ok("b".into())).unwrap();
        let after = fs::metadata(&path).unwrap();
        assert_eq!(
            (after.uid(), after.gid(), after.mode()),
            (before.uid(), before.gid(), before.mode())
        );
        assert_eq!(given, after.uid() == 1234);
    }

    #[test]
    fn a_link_stays_a_link_and_its_target_is_replaced() {
        let (folder, path) = file("a");
        let link = folder.path().join("link.toml");
        symlink("routes.toml", &link).unwrap();
        apply(&link, |_| Ok("b".into())).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap(), "b");
    }

    #[test]
    fn what_is_in_the_way_is_named() {
        let missing =
            apply(Path::new("/nonexistent/routes.toml"), |_| Ok(String::new())).unwrap_err();
        assert_eq!(missing.to_string(), "cannot read /nonexistent/routes.toml");
        let kind = |kind: ErrorKind| write_error(Path::new("r.toml"), kind.into()).to_string();
        assert_eq!(
            kind(ErrorKind::ReadOnlyFilesystem),
            "r.toml is read-only here; a mounted ConfigMap is edited where it comes from"
        );
        assert_eq!(
            kind(ErrorKind::ResourceBusy),
            "r.toml is mounted as a single file and cannot be replaced; mount its folder instead"
        );
    }
}
