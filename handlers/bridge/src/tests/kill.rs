//! What was accepted is there after a SIGKILL of the process that accepted it.
//!
//! The surprise: the process is this test's own program, started again to run [`accepts_until_it_is_killed`] alone.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use super::*;

/// Where the other process has its queue; set for it only.
const FOLDER: &str = "OVERGROW_BRIDGE_KILLED";

/// Enough for many transactions, and for the kill to come in the middle of one.
const ACCEPTED: usize = 2_000;

/// Ended on drop, so that a failing test leaves none behind.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn a_killed_process_has_lost_nothing_that_it_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = accepted_until_killed(start(folder.path()));
    let waiting = open(folder.path()).status().waiting;
    // The kill may have come between a transaction and its caller.
    assert!(accepted >= ACCEPTED);
    assert!(
        (accepted..=accepted + 1).contains(&waiting),
        "{waiting} of {accepted}"
    );
}

/// Runs in the other process.
#[tokio::test]
#[ignore = "started by the test above, which kills it"]
async fn accepts_until_it_is_killed() {
    let folder = std::env::var(FOLDER).expect("started by the test above");
    let bridge = open(Path::new(&folder));
    for number in 1_usize.. {
        accept(&bridge, wake(&number.to_string())).await;
        println!("accepted {number}");
    }
}

fn start(folder: &Path) -> Process {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::kill::accepts_until_it_is_killed"])
        .args(["--ignored", "--nocapture"])
        .env(FOLDER, folder)
        .stdout(Stdio::piped())
        .spawn();
    Process(child.unwrap())
}

/// The last number that it said before it was killed in the middle of its work.
fn accepted_until_killed(mut process: Process) -> usize {
    let said = process.0.stdout.take().unwrap();
    let mut accepted = 0;
    for line in BufReader::new(said).lines().map_while(Result::ok) {
        let number = line.strip_prefix("accepted ").and_then(|n| n.parse().ok());
        accepted = number.unwrap_or(accepted);
        if accepted == ACCEPTED {
            process.0.kill().unwrap();
        }
    }
    accepted
}
