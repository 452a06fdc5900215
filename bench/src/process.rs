//! What the kernel knows about a process: its CPU time, its memory, its children, its limits.
//!
//! It must not know what the process is for. The surprise: a contestant is a process *tree*, because nginx works in a child and a
//! start script may stay in front of the real program.

use std::io;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Resource, Rlimit, Signal};

/// How long a process may take to stop after SIGTERM before it is killed: longer than the sidecar's drain.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// A child process that is stopped, with all its children, when this is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
}

impl Running {
    /// Starts the command.
    pub fn start(command: &mut Command) -> io::Result<Self> {
        command.spawn().map(|child| Self { child })
    }

    /// The process itself and all that descend from it.
    pub fn tree(&self) -> Tree {
        Tree::of(self.child.id())
    }

    /// The process's id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Its standard output, when the command piped it; once.
    pub fn take_stdout(&mut self) -> Option<std::process::ChildStdout> {
        self.child.stdout.take()
    }

    /// Asks it to stop with SIGINT, as the keyboard does; wrk then prints what it has.
    pub fn interrupt(&self) {
        self.tree().signal(Signal::INT);
    }

    /// Whether it has ended by itself.
    pub fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let tree = self.tree();
        tree.signal(Signal::TERM);
        let deadline = Instant::now() + STOP_WITHIN;
        while !self.has_ended() && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(10));
        }
        tree.signal(Signal::KILL);
        // Reaps the child; it has ended one way or the other.
        let _ = self.child.wait();
    }
}

/// A process and its descendants, as they were when asked for.
#[derive(Debug)]
pub struct Tree {
    ids: Vec<u32>,
}

impl Tree {
    /// The tree below `root`, itself included.
    pub fn of(root: u32) -> Self {
        let mut ids = vec![root];
        let mut next = 0;
        while let Some(&id) = ids.get(next) {
            ids.extend(children(id));
            next += 1;
        }
        Self { ids }
    }

    /// User and system time that the processes have used so far.
    pub fn cpu(&self) -> Duration {
        let ticks: u64 = self.ids.iter().filter_map(|id| ticks(*id)).sum();
        Duration::from_secs_f64(ticks as f64 / rustix::param::clock_ticks_per_second() as f64)
    }

    /// Bytes of resident memory.
    pub fn resident(&self) -> u64 {
        let pages: u64 = self.ids.iter().filter_map(|id| pages(*id)).sum();
        pages * rustix::param::page_size() as u64
    }

    fn signal(&self, signal: Signal) {
        for pid in self
            .ids
            .iter()
            .filter_map(|id| Pid::from_raw(i32::try_from(*id).ok()?))
        {
            // A process of the tree that has already ended is what is wanted.
            let _ = rustix::process::kill_process(pid, signal);
        }
    }
}

/// Raises the soft limit of open files to the hard one and returns it.
pub fn raise_open_files() -> u64 {
    let limit = rustix::process::getrlimit(Resource::Nofile);
    let raised = Rlimit {
        current: limit.maximum,
        maximum: limit.maximum,
    };
    match rustix::process::setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum.unwrap_or(u64::MAX),
        Err(_) => limit.current.unwrap_or(u64::MAX),
    }
}

fn children(id: u32) -> Vec<u32> {
    let path = format!("/proc/{id}/task/{id}/children");
    let list = std::fs::read_to_string(path).unwrap_or_default();
    list.split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

fn ticks(id: u32) -> Option<u64> {
    stat_ticks(&std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
}

/// Fields 14 and 15 of `/proc/ID/stat`. The second field is a name in parentheses that may itself hold spaces.
fn stat_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(')')?;
    let mut fields = fields.split_whitespace().skip(11);
    let user: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(user + system)
}

fn pages(id: u32) -> Option<u64> {
    let statm = std::fs::read_to_string(Path::new("/proc").join(id.to_string()).join("statm"));
    statm.ok()?.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_read_past_a_name_with_spaces() {
        let stat = "7 (a b) c) S 1 7 7 0 -1 4194304 1 0 0 0 250 30 0 0 20 0 1 0 5 6 7";
        assert_eq!(stat_ticks(stat), Some(280));
    }

    #[test]
    fn this_process_uses_memory() {
        assert!(Tree::of(std::process::id()).resident() > 4096);
    }

    #[test]
    fn a_dropped_process_is_gone_with_its_children() {
        let running = Running::start(Command::new("sh").args(["-c", "sleep 600 & wait"])).unwrap();
        while running.tree().ids.len() < 2 {
            std::thread::yield_now();
        }
        let ids = running.tree().ids;
        drop(running);
        let gone = |id: &u32| ticks(*id).is_none() || is_zombie(*id);
        assert!(ids.iter().all(gone), "{ids:?}");
    }

    fn is_zombie(id: u32) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
        stat.contains(") Z ")
    }
}
