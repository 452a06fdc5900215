//! Real files, and changes that are awaited.

use std::os::unix::fs::symlink;
use std::time::Duration;

use tempfile::TempDir;
use tokio::time::timeout;

use super::*;

/// Far more than a change takes, and less than the runner's patience.
const SOON: Duration = Duration::from_secs(20);

struct Followed {
    folder: TempDir,
    live: Live,
    changes: Changes,
}

impl Followed {
    /// Follows a file of this content.
    fn of(content: &str) -> Self {
        let followed = Self::nothing();
        followed.write("openclaw.json", content);
        followed.follow("openclaw.json")
    }

    fn nothing() -> Self {
        let live = Live::within(Environment::default());
        let changes = live.changes();
        let folder = tempfile::tempdir().unwrap();
        Self {
            folder,
            live,
            changes,
        }
    }

    fn follow(mut self, name: &str) -> Self {
        self.live.follow(Some(self.path(name)));
        self.changes = self.live.changes();
        self
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, content: &str) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// As editors and the legacy write.
    fn replace(&self, name: &str, content: &str) {
        self.write("new.tmp", content);
        std::fs::rename(self.path("new.tmp"), self.path(name)).unwrap();
    }

    fn port(&self) -> Option<u16> {
        self.live.load().map(|settings| settings.gateway.port)
    }

    async fn changed(&mut self) -> LiveStatus {
        let changed = timeout(SOON, self.changes.changed()).await;
        changed.expect("a change in time").unwrap()
    }

    /// A write may be seen in two steps, empty and whole.
    async fn until_port(&mut self, port: u16) {
        while self.port() != Some(port) {
            self.changed().await;
        }
    }

    async fn until_error(&mut self) -> String {
        loop {
            if let Some(error) = self.changed().await.error {
                return error;
            }
        }
    }
}

fn port(port: u16) -> String {
    format!("{{gateway: {{port: {port}}}}}")
}

#[test]
fn settings_hold_when_follow_returns() {
    let followed = Followed::of(&port(4001));
    assert_eq!(followed.port(), Some(4001));
    let status = followed.live.status();
    assert_eq!(status.path, Some(followed.path("openclaw.json")));
    assert!(status.loaded_at.is_some() && status.error.is_none());
}

#[tokio::test]
async fn a_written_file_and_a_replaced_one_are_read_again() {
    let mut followed = Followed::of(&port(4001));
    followed.write("openclaw.json", &port(4002));
    followed.until_port(4002).await;
    followed.replace("openclaw.json", &port(4003));
    followed.until_port(4003).await;
}

#[tokio::test]
async fn a_bad_file_keeps_the_last_good_settings() {
    let mut followed = Followed::of(&port(4001));
    let good = followed.live.status();
    followed.replace("openclaw.json", "{");
    let error = followed.until_error().await;
    assert!(error.contains("openclaw.json:1:"), "{error}");
    assert_eq!(followed.port(), Some(4001));
    assert_eq!(followed.live.status().loaded_at, good.loaded_at);
    followed.replace("openclaw.json", &port(4001));
    assert_eq!(followed.changed().await.error, None);
    assert!(followed.live.status().loaded_at > good.loaded_at);
}

#[tokio::test]
async fn a_missing_file_is_read_when_it_comes() {
    let mut followed = Followed::nothing().follow("openclaw.json");
    assert_eq!(followed.port(), None);
    assert!(
        followed
            .live
            .status()
            .error
            .unwrap()
            .contains("No such file")
    );
    followed.write("openclaw.json", &port(4001));
    followed.until_port(4001).await;
}

#[tokio::test]
async fn included_files_are_watched_wherever_they_are() {
    let mut followed = Followed::of("{$include: './sub/a.json'}");
    assert!(followed.live.status().error.is_some());
    // A folder that was not there can only be found by looking.
    std::fs::create_dir(followed.path("sub")).unwrap();
    followed.write("sub/a.json", &port(4001));
    followed.until_port(4001).await;
    followed.write("sub/a.json", &port(4002));
    followed.until_port(4002).await;
    followed.write("sub/b.json", &port(4003));
    followed.replace("sub/a.json", "{$include: 'b.json'}");
    followed.until_port(4003).await;
    followed.replace("sub/b.json", &port(4004));
    followed.until_port(4004).await;
}

#[tokio::test]
async fn a_swapped_link_is_noticed() {
    let followed = Followed::nothing();
    for (folder, number) in [("one", 4001), ("two", 4002)] {
        std::fs::create_dir(followed.path(folder)).unwrap();
        followed.write(&format!("{folder}/openclaw.json"), &port(number));
    }
    // As Kubernetes mounts a volume: the file is a link through a link to a folder.
    symlink("one", followed.path("..data")).unwrap();
    symlink("..data/openclaw.json", followed.path("openclaw.json")).unwrap();
    let mut followed = followed.follow("openclaw.json");
    assert_eq!(followed.port(), Some(4001));
    symlink("two", followed.path("..new")).unwrap();
    std::fs::rename(followed.path("..new"), followed.path("..data")).unwrap();
    followed.until_port(4002).await;
    // The folder behind the link is watched now.
    followed.write("two/openclaw.json", &port(4003));
    followed.until_port(4003).await;
}

#[test]
fn a_reading_that_changes_nothing_is_no_change() {
    let folder = Followed::nothing();
    folder.write("a", &port(4001));
    folder.write("b", &port(4002));
    let read = |name: &str| Settings::read(&folder.path(name), &Environment::default());
    let current = Current::default();
    let turn = current.turn_to(Some(folder.path("a")));
    current.take(turn, read("a"));
    let changes = current.now.subscribe();
    let before = changes.borrow().status.loaded_at;
    current.take(turn, read("a"));
    assert!(!changes.has_changed().unwrap());
    assert!(changes.borrow().status.loaded_at > before);
    // A reading that comes late, of a file that was followed earlier, is none at all.
    current.take(turn - 1, read("b"));
    assert!(!changes.has_changed().unwrap());
    current.take(turn, read("b"));
    assert!(changes.has_changed().unwrap());
}

#[tokio::test]
async fn another_file_takes_the_place_of_the_first() {
    let mut followed = Followed::of(&port(4001));
    followed.write("other.json", &port(4002));
    followed.live.follow(Some(followed.path("other.json")));
    assert_eq!(followed.port(), Some(4002));
    // The first file is nobody's any more; only the second brings a change.
    followed.changes = followed.live.changes();
    followed.replace("openclaw.json", &port(4003));
    followed.replace("other.json", &port(4004));
    followed.changed().await;
    assert_eq!(followed.port(), Some(4004));
    followed.live.follow(None);
    assert_eq!(
        (followed.port(), followed.live.status()),
        (None, LiveStatus::default())
    );
}

#[test]
fn settings_of_another_file_do_not_stay_when_the_new_one_is_bad() {
    let followed = Followed::of(&port(4001));
    followed.live.follow(Some(followed.path("gone.json")));
    assert_eq!(followed.port(), None);
}

#[test]
fn the_same_file_is_followed_on_and_fixed_settings_stay() {
    let followed = Followed::of(&port(4001));
    let before = followed.live.status();
    followed.live.follow(Some(followed.path("openclaw.json")));
    assert_eq!(followed.live.status(), before);
    let settings = followed.live.load().unwrap();
    let fixed = Live::fixed((*settings).clone());
    fixed.follow(None);
    assert_eq!(fixed.load(), Some(settings));
}

#[tokio::test]
async fn the_watching_ends_with_the_last_handle() {
    let Followed {
        folder: _folder,
        live,
        mut changes,
    } = Followed::of(&port(4001));
    let other = live.clone();
    drop(live);
    assert!(other.load().is_some());
    drop(other);
    assert_eq!(timeout(SOON, changes.changed()).await.unwrap(), None);
}

#[test]
fn a_file_of_the_environment_it_was_made_with_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("openclaw.json");
    std::fs::write(&path, "{gateway: {auth: {token: '${TOKEN}'}}}").unwrap();
    let live = Live::within([("TOKEN", "s3cret")].into_iter().collect());
    live.follow(Some(path));
    assert!(
        live.load()
            .unwrap()
            .gateway
            .auth
            .token
            .as_ref()
            .unwrap()
            .matches("s3cret")
    );
    assert!(!format!("{live:?}").contains("s3cret"));
}
