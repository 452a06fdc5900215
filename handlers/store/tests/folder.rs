//! A store in a folder: single use, expiry, caps, and names that want out.

use std::error::Error;
use std::fs::{self, File};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use overgrow_handler::Effects;
use overgrow_store::{Limits, MediaId, New, Shelf, Store, StoreError, TakeError};
use proptest::prelude::*;
use tempfile::TempDir;

type Outcome = Result<(), Box<dyn Error>>;

const MAX: u64 = 1024;

struct Media {
    home: TempDir,
    store: Store,
}

impl Media {
    fn new(limits: Limits) -> std::io::Result<Self> {
        let home = tempfile::tempdir()?;
        let store = Store::folder(home.path().join("media"), limits);
        Ok(Self { home, store })
    }

    fn root(&self) -> std::path::PathBuf {
        self.home.path().join("media")
    }

    /// Puts a file there as the legacy would, `age` seconds old.
    fn put(&self, path: &str, bytes: &[u8], age: u64) -> std::io::Result<()> {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().expect("below the root"))?;
        fs::write(&path, bytes)?;
        let modified = SystemTime::now() - Duration::from_secs(age);
        File::options()
            .write(true)
            .open(path)?
            .set_modified(modified)
    }

    async fn take(&self, id: &str) -> Result<Bytes, TakeError> {
        let effects = Effects::performing();
        let id = MediaId::parse(id).expect("an id");
        let held = self.store.read(&effects, &id, MAX).await?;
        self.store.claim(&effects, &held).await?;
        Ok(held.bytes)
    }

    async fn save(&self, bytes: &'static [u8], name: Option<&str>) -> Result<String, StoreError> {
        let new = New {
            bytes: Bytes::from_static(bytes),
            content_type: Some("text/plain"),
            shelf: Shelf::Inbound,
            original_name: name,
            max_bytes: MAX,
        };
        let saved = self.store.save(&Effects::performing(), new).await?;
        Ok(saved.id)
    }

    fn files(&self) -> Vec<String> {
        let mut found = Vec::new();
        list(&self.root(), "", &mut found);
        found.sort();
        found
    }
}

fn list(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = format!("{prefix}{}", entry.file_name().display());
        if entry.path().is_dir() && !entry.path().is_symlink() {
            list(&entry.path(), &format!("{name}/"), found);
        } else {
            found.push(name);
        }
    }
}

/// A name as the legacy gives them.
const OF_THE_LEGACY: &str = "0b9f4a6e-6f0e-4f0c-9a3e-0a4c2f0e7d11";

#[tokio::test]
async fn a_file_is_taken_once() -> Outcome {
    let media = Media::new(Limits::default())?;
    media.put("a.txt", b"hello", 0)?;
    assert_eq!(media.take("a.txt").await?, "hello");
    assert!(matches!(
        media.take("a.txt").await,
        Err(TakeError::NotFound)
    ));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn of_all_that_hold_a_file_one_gets_it() -> Outcome {
    let media = Media::new(Limits::default())?;
    let effects = Effects::performing();
    for round in 0..50 {
        let id = MediaId::parse(&format!("{round}.txt"))?;
        media.put(id.as_str(), b"x", 0)?;
        let held = media.store.read(&effects, &id, MAX).await?;
        let mut claims = tokio::task::JoinSet::new();
        for _ in 0..8 {
            let (store, effects, held) = (media.store.clone(), effects.clone(), held.clone());
            claims.spawn(async move { store.claim(&effects, &held).await.is_ok() });
        }
        let won = claims.join_all().await.into_iter().filter(|won| *won);
        assert_eq!(won.count(), 1);
    }
    Ok(())
}

#[tokio::test]
async fn what_is_no_plain_file_is_refused_and_stays() -> Outcome {
    let media = Media::new(Limits::default())?;
    media.put("sub/inside.txt", b"x", 0)?;
    fs::write(media.home.path().join("secret"), "secret")?;
    symlink("../secret", media.root().join("link.txt"))?;
    symlink("sub", media.root().join("folder-link"))?;
    let pipe = std::process::Command::new("mkfifo")
        .arg(media.root().join("pipe"))
        .status()?;
    assert!(pipe.success());
    for name in ["link.txt", "folder-link", "sub", "pipe"] {
        let refused = media.take(name).await;
        assert!(matches!(refused, Err(TakeError::InvalidPath)), "{name}");
        assert!(media.root().join(name).symlink_metadata().is_ok());
    }
    Ok(())
}

#[tokio::test]
async fn too_large_a_file_stays_and_an_expired_one_goes() -> Outcome {
    let media = Media::new(Limits::default())?;
    media.put("large", &[0; MAX as usize + 1], 0)?;
    media.put("old", b"x", 121)?;
    let large = media.take("large").await;
    assert!(matches!(large, Err(TakeError::TooLarge { size: 1025 })));
    assert!(matches!(media.take("old").await, Err(TakeError::Expired)));
    assert_eq!(media.files(), ["large"]);
    Ok(())
}

#[tokio::test]
async fn a_plan_changes_nothing() -> Outcome {
    let media = Media::new(Limits::default())?;
    media.put("a.txt", b"hello", 0)?;
    media.put("old", b"x", 121)?;
    let (effects, plan) = Effects::planning();
    let id = MediaId::parse("a.txt")?;
    let held = media.store.read(&effects, &id, MAX).await?;
    media.store.claim(&effects, &held).await?;
    let old = MediaId::parse("old")?;
    let expired = media.store.read(&effects, &old, MAX).await;
    assert!(matches!(expired, Err(TakeError::Expired)));
    media.store.sweep(&effects).await?;
    let targets: Vec<_> = plan.take().into_iter().map(|it| it.target).collect();
    assert_eq!(targets, ["take a.txt", "expire old", "sweep media"]);
    assert_eq!(media.files(), ["a.txt", "old"]);
    Ok(())
}

#[tokio::test]
async fn two_plans_of_the_same_save_are_equal() -> Outcome {
    let media = Media::new(Limits::default())?;
    let mut plans = Vec::new();
    for _ in 0..2 {
        let (effects, plan) = Effects::planning();
        let new = New {
            bytes: Bytes::from_static(b"x"),
            content_type: None,
            shelf: Shelf::Inbound,
            original_name: Some("a.txt"),
            max_bytes: MAX,
        };
        media.store.save(&effects, new).await?;
        plans.push(plan.take());
    }
    assert_eq!(plans[0], plans[1]);
    assert_eq!(plans[0][0].target, "save inbound/a.txt");
    assert!(media.files().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_saved_file_is_private_and_keeps_its_name() -> Outcome {
    let media = Media::new(Limits::default())?;
    let id = media.save(b"hello", Some("My Report.txt")).await?;
    assert_eq!(overgrow_store::name::original_name(&id), "My_Report.txt");
    assert_eq!(media.files(), [format!("inbound/{id}")]);
    let mode = |path: &Path| Ok::<_, std::io::Error>(fs::metadata(path)?.permissions().mode());
    assert_eq!(mode(&media.root())? & 0o777, 0o700);
    assert_eq!(mode(&media.root().join("inbound"))? & 0o777, 0o700);
    assert_eq!(
        mode(&media.root().join("inbound").join(&id))? & 0o777,
        0o600
    );
    Ok(())
}

#[tokio::test]
async fn a_full_store_refuses_and_has_room_after_a_sweep() -> Outcome {
    let limits = Limits {
        cap: 10,
        ..Default::default()
    };
    let media = Media::new(limits)?;
    media.put(OF_THE_LEGACY, b"123456", 121)?;
    media.save(b"1234", None).await?;
    let refused = media.save(b"5", None).await;
    assert!(matches!(
        refused,
        Err(StoreError::Full { used: 10, cap: 10 })
    ));
    media.store.sweep(&Effects::performing()).await?;
    media.save(b"5", None).await?;
    assert_eq!(media.files().len(), 2);
    Ok(())
}

#[tokio::test]
async fn room_that_the_legacy_made_is_found() -> Outcome {
    let limits = Limits {
        cap: 10,
        ..Default::default()
    };
    let media = Media::new(limits)?;
    media.put("of-the-legacy", b"123456", 0)?;
    media.save(b"1234", None).await?;
    fs::remove_file(media.root().join("of-the-legacy"))?;
    media.save(b"123456", None).await?;
    Ok(())
}

#[tokio::test]
async fn a_sweep_goes_into_subfolders_and_not_through_links() -> Outcome {
    let media = Media::new(Limits::default())?;
    let day = 24 * 60 * 60 + 1;
    media.put("new", b"x", 119)?;
    media.put(OF_THE_LEGACY, b"x", 121)?;
    media.put("thesis.pdf", b"x", day)?;
    media.put("inbound/young", b"x", 121)?;
    media.put(&format!("inbound/{OF_THE_LEGACY}"), b"x", day)?;
    media.put(&format!("inbound/deep/name---{OF_THE_LEGACY}"), b"x", day)?;
    media.put("browser/crashed~part", b"x", 61)?;
    let outside = media.home.path().join("outside");
    fs::create_dir(&outside)?;
    fs::rename(media.root().join("new"), outside.join("kept"))?;
    symlink(&outside, media.root().join("away"))?;
    media.store.sweep(&Effects::performing()).await?;
    assert_eq!(media.files(), ["away", "inbound/young", "thesis.pdf"]);
    assert!(outside.join("kept").exists());
    Ok(())
}

#[tokio::test]
async fn a_store_without_a_folder_is_empty() -> Outcome {
    let media = Media::new(Limits::default())?;
    assert!(matches!(media.take("a").await, Err(TakeError::NotFound)));
    media.store.sweep(&Effects::performing()).await?;
    Ok(())
}

#[tokio::test]
async fn a_name_too_long_for_the_system_is_an_error_of_its_own() -> Outcome {
    let media = Media::new(Limits::default())?;
    media.put("a", b"x", 0)?;
    let refused = media.take(&"写".repeat(200)).await;
    assert!(matches!(refused, Err(TakeError::Unreadable(_))));
    Ok(())
}

proptest! {
    /// Whatever is asked for, with real links and parents there, only the file at the top comes back.
    #[test]
    fn nothing_outside_is_ever_read(name in r"(\.\.|\.|/|sub|link|secret|%2e|%2f|\\|\x00|a)*|.*") {
        let media = Media::new(Limits::default())?;
        media.put("a", b"inside", 0)?;
        fs::write(media.home.path().join("secret"), "outside")?;
        symlink("..", media.root().join("link"))?;
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        if let Ok(id) = MediaId::parse(&name) {
            let effects = Effects::performing();
            let read = media.store.read(&effects, &id, MAX);
            if let Ok(held) = runtime.block_on(read) {
                prop_assert_eq!(&held.bytes[..], b"inside");
            }
        }
    }
}

#[tokio::test]
async fn what_lies_on_a_shelf_is_looked_at_there_and_nowhere_else() -> Outcome {
    let media = Media::new(Limits::default())?;
    media.put("inbound/a.txt", b"a", 60 * 60)?;
    media.put("inbound/large.txt", &[0; 2000], 0)?;
    fs::create_dir_all(media.root().join("outbound"))?;
    symlink("../inbound/a.txt", media.root().join("outbound/a.txt"))?;
    let look = async |key: &str| {
        let (shelf, name) = Shelf::of_key(key).expect("a shelf");
        let id = MediaId::parse(name).expect("an id");
        media.store.look(shelf, &id, MAX).await
    };
    assert_eq!(look("inbound/a.txt").await?.bytes, "a");
    for (key, expect) in [
        ("a.txt", "no such file"),
        ("browser/a.txt", "no such file"),
        ("outbound/a.txt", "not a plain file of the store"),
        ("inbound/large.txt", "the file has 2000 bytes"),
    ] {
        let refused = look(key).await.expect_err(key).to_string();
        assert_eq!(refused, expect, "{key}");
    }
    assert!(Shelf::of_key("../a.txt").is_none());
    Ok(())
}
