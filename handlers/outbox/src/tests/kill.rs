//! What was accepted is delivered after a SIGKILL of the process that accepted it, and little of it twice.
//!
//! The surprise: the process is this test's own program, started again to run [`delivers_until_it_is_killed`] alone.

use std::collections::HashMap;
use std::fs::OpenOptions;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use super::*;

/// Where the other process has its outbox; set for it only.
const FOLDER: &str = "OVERGROW_OUTBOX_KILLED";

/// Enough for the kill to come in the middle of everything.
const ACCEPTED: usize = 1_500;

/// Addressees; more than may be on their way at one time.
const ADDRESSEES: usize = 16;

/// Ended on drop, so that a failing test leaves none behind.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// A provider that is a file: what stands in it was delivered.
struct Provider(std::path::PathBuf);

impl Provider {
    fn of(folder: &Path) -> Self {
        Self(folder.join("delivered"))
    }

    fn take(&self, message: &Message) {
        let mut options = OpenOptions::new();
        let mut file = options.create(true).append(true).open(&self.0).unwrap();
        let line = format!("{} {}\n", message.to, message.content.text);
        // One write, so that a kill leaves whole lines only.
        file.write_all(line.as_bytes()).unwrap();
    }

    /// The numbers that each addressee got, in order.
    fn delivered(&self) -> HashMap<String, Vec<usize>> {
        let text = std::fs::read_to_string(&self.0).unwrap();
        let mut delivered = HashMap::<_, Vec<_>>::new();
        for line in text.lines() {
            let (to, number) = line.split_once(' ').unwrap();
            let numbers = delivered.entry(to.to_owned()).or_default();
            numbers.push(number.parse().unwrap());
        }
        delivered
    }
}

/// What an addressee's provider does when it has taken a message.
#[derive(Clone, Copy)]
enum Provides {
    /// It says so.
    Answers,
    /// To the first addressee it does not, from some time on, so that something is on its way at the kill.
    Hangs,
}

fn deliver_to_file(outbox: &Outbox, folder: &Path, provides: Provides) -> Asked {
    let provider = Provider::of(folder);
    carry(outbox, move |message, attempt| {
        provider.take(message);
        let number: usize = message.content.text.parse().unwrap();
        let hangs = message.to == "0" && number > ACCEPTED / 2;
        match provides {
            Provides::Hangs if hangs => None,
            Provides::Hangs | Provides::Answers => sent(message, attempt),
        }
    })
}

#[tokio::test]
async fn a_killed_process_loses_nothing_and_repeats_only_what_was_on_its_way() {
    let folder = tempfile::tempdir().unwrap();
    let accepted = accepted_until_killed(start(folder.path()));
    assert!(accepted >= ACCEPTED);
    let before = Provider::of(folder.path()).delivered();
    let before: usize = before.values().map(Vec::len).sum();
    let outbox = open(folder.path());
    let waiting = outbox.status().waiting;
    assert!(waiting > 0, "nothing was left to do after the kill");
    let _asked = deliver_to_file(&outbox, folder.path(), Provides::Answers);
    // Behind all that waits, to each: when these are out, everything is.
    for to in 0..ADDRESSEES {
        let last = id(&outbox, &to.to_string(), "999999").await;
        outbox.wait(&last, SOON).await.unwrap();
    }
    let mut repeated = 0;
    let mut found = 0;
    for (to, mut numbers) in Provider::of(folder.path()).delivered() {
        let all = numbers.len();
        numbers.dedup();
        repeated += all - numbers.len();
        assert!(numbers.is_sorted(), "{to}: {numbers:?}");
        found += numbers.iter().filter(|number| **number <= accepted).count();
    }
    assert_eq!(found, accepted, "{before} were out before the kill");
    let in_flight = OutboxConfig::new("").per_channel;
    // The one that hung at least.
    assert!((1..=in_flight).contains(&repeated), "{repeated} came twice");
}

/// Runs in the other process.
#[tokio::test]
#[ignore = "started by the test above, which kills it"]
async fn delivers_until_it_is_killed() {
    let folder = std::env::var(FOLDER).expect("started by the test above");
    let outbox = open(Path::new(&folder));
    let _asked = deliver_to_file(&outbox, Path::new(&folder), Provides::Hangs);
    for number in 1_usize.. {
        let to = (number % ADDRESSEES).to_string();
        id(&outbox, &to, &number.to_string()).await;
        println!("accepted {number}");
    }
}

fn start(folder: &Path) -> Process {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::kill::delivers_until_it_is_killed"])
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
