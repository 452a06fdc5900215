//! What was kept is there after a SIGKILL of the process that kept it.
//!
//! The surprise: the process is this test's own program, started again to run [`keeps_until_it_is_killed`] alone.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use overgrow_handler::Effects;

use crate::{Keep, Put, Quota, Space, When};

/// Where the other process keeps it; set for it only.
const FOLDER: &str = "OVERGROW_KEEP_KILLED";

/// Enough for many transactions, and for the kill to come in the middle of one.
const KEPT: u64 = 300;

/// Ended on drop, so that a failing test leaves none behind.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test]
async fn a_killed_process_has_lost_nothing_that_it_kept() {
    let folder = tempfile::tempdir().unwrap();
    let said = kept_until_killed(start(folder.path()));
    assert!(said >= KEPT);
    let keep = Keep::open(folder.path()).unwrap();
    let last = space(&keep).get("last").await.unwrap().unwrap();
    let found: u64 = String::from_utf8(last.value).unwrap().parse().unwrap();
    // The kill may have come between a transaction and its caller.
    assert!((said..=said + 1).contains(&found), "{found} of {said}");
    let keys = keep.usage("a").await.unwrap().keys;
    assert!(
        (found..=found + 1).contains(&keys),
        "{keys} keys, {found} told"
    );
}

/// Runs in the other process.
#[tokio::test]
#[ignore = "started by the test above, which kills it"]
async fn keeps_until_it_is_killed() {
    let folder = std::env::var(FOLDER).expect("started by the test above");
    let keep = Keep::open(Path::new(&folder)).unwrap();
    let mut space = space(&keep);
    for number in 1_u64.. {
        for key in ["last".to_owned(), format!("key {number}")] {
            let put = Put {
                key,
                value: number.to_string().into(),
                when: When::Always,
                ttl: None,
            };
            space.set(&Effects::performing(), put).await.unwrap();
        }
        println!("kept {number}");
    }
}

fn space(keep: &Keep) -> Space {
    let (bytes, keys) = (u64::MAX, u64::MAX);
    keep.space("a", Quota { bytes, keys })
}

fn start(folder: &Path) -> Process {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::kill::keeps_until_it_is_killed"])
        .args(["--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn();
    Process(child.unwrap())
}

/// The last number that it said before it was killed in the middle of its work.
fn kept_until_killed(mut process: Process) -> u64 {
    let said = process.0.stdout.take().unwrap();
    let mut kept = 0;
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        let number = line.strip_prefix("kept ").and_then(|n| n.parse().ok());
        kept = number.unwrap_or(kept);
        if kept == KEPT {
            process.0.kill().unwrap();
        }
    }
    kept
}
