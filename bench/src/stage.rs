//! What all contestants of a comparison share: a folder, ports, cores, the programs, and the origins behind them.
//!
//! It must not know any contestant. The surprise: the origin shares its core with the load generator, so throughput near the top is the
//! load's, and CPU time is the figure to compare.

use std::fs::File;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::error::{During, Error, Result};
use crate::exchange::Exchange;
use crate::process::Running;

/// How long the slowest program may take to get ready: the real gateway, cold.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How much of a log is worth showing.
const LOG_TAIL: usize = 600;

/// Where a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Core {
    /// The contestant's own core.
    Proxy,
    /// The core of the origin and the load.
    Load,
}

/// What stands behind the contestants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behind {
    /// The bench's own origin.
    Origin,
    /// The real gateway, from the kit in the user's cache, on a core.
    Gateway(Core),
    /// The real gateway, which is stopped when the contestants are warm.
    GatewayGone,
    /// The bench's own origin, and a second one that is asked the same.
    Two(Second),
}

/// How the second origin treats what it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    /// It answers what the first one does.
    Same,
    /// Its answer differs in one field.
    Differs,
    /// It never answers.
    Hangs,
    /// Nobody listens.
    Refuses,
    /// It resets the connection.
    Resets,
    /// It answers 10 GiB.
    Pours,
}

/// A folder, the programs and a running origin.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
    programs: PathBuf,
    origin: SocketAddr,
    second: SocketAddr,
    behind: Behind,
    // Held for their drop.
    running: Vec<Running>,
}

impl Stage {
    /// Starts what stands behind the contestants and waits until it answers.
    pub fn set(behind: Behind) -> Result<Self> {
        if std::thread::available_parallelism()
            .during("count cores")?
            .get()
            < 2
        {
            return Err(Error::OneCore);
        }
        let folder = TempDir::with_prefix("overgrow-bench-").during("make a folder")?;
        let programs = programs()?;
        let mut stage = Self {
            folder,
            programs,
            origin: free_port()?,
            second: free_port()?,
            behind,
            running: Vec::new(),
        };
        let first = behind.command(&stage.programs, stage.folder(), stage.origin);
        stage.run("origin", stage.origin, &first, behind.core())?;
        if let Some(second) = behind.second(&stage.programs, stage.second) {
            stage.run("second", stage.second, &second, Core::Load)?;
        }
        Ok(stage)
    }

    /// Stops what is not to be there while the contestants take turns.
    pub fn clear(&mut self) {
        if self.behind == Behind::GatewayGone {
            self.running.clear();
        }
    }

    /// Whether somebody takes what a bridge delivers.
    pub fn settles(&self) -> bool {
        self.behind != Behind::GatewayGone
    }

    fn run(&mut self, name: &str, address: SocketAddr, words: &[String], core: Core) -> Result<()> {
        let mut running = start(name, words, core, self.folder())?;
        wait_ready(name, address, &mut running, self.folder())?;
        self.running.push(running);
        Ok(())
    }

    /// The folder for configurations and logs; gone with the stage.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The folder of the harness's own programs, and of the sidecar.
    pub fn programs(&self) -> &Path {
        &self.programs
    }

    /// The origin's address.
    pub fn origin(&self) -> SocketAddr {
        self.origin
    }

    /// The second origin's address; nobody listens there when there is none.
    pub fn second(&self) -> SocketAddr {
        self.second
    }

    /// How often the second origin was asked for its document so far; zero when there is none.
    pub fn asked(&self) -> u64 {
        count(self.second).unwrap_or(0)
    }
}

impl Behind {
    /// Whether contestants may ask a second origin as well.
    pub fn has_second(self) -> bool {
        matches!(self, Self::Two(_))
    }

    fn core(self) -> Core {
        match self {
            Self::Gateway(core) => core,
            Self::Origin | Self::GatewayGone | Self::Two(_) => Core::Load,
        }
    }

    fn command(self, programs: &Path, folder: &Path, address: SocketAddr) -> Vec<String> {
        match self {
            Self::Origin | Self::Two(_) => origin(programs, address, "same"),
            Self::Gateway(_) | Self::GatewayGone => gateway(folder, address.port()),
        }
    }

    fn second(self, programs: &Path, address: SocketAddr) -> Option<Vec<String>> {
        let Self::Two(second) = self else {
            return None;
        };
        Some(origin(programs, address, second.conduct()?))
    }
}

impl Second {
    /// What the origin calls it; nothing when there is none to run.
    fn conduct(self) -> Option<&'static str> {
        match self {
            Self::Same => Some("same"),
            Self::Differs => Some("differ"),
            Self::Hangs => Some("hang"),
            Self::Refuses => None,
            Self::Resets => Some("reset"),
            Self::Pours => Some("pour"),
        }
    }
}

fn origin(programs: &Path, address: SocketAddr, conduct: &str) -> Vec<String> {
    let program = programs.join("origin").display().to_string();
    let address = address.to_string();
    [&program, "--listen", &address, "--conduct", conduct]
        .map(Into::into)
        .into()
}

/// The gateway keeps its state in the stage's folder, so a run leaves none behind and meets none.
fn gateway(folder: &Path, port: u16) -> Vec<String> {
    let kit = kit();
    let words = [
        "env".into(),
        format!("LEGACY_STATE={}", folder.join("gateway").display()),
        kit.join("start.sh").display().to_string(),
        kit.display().to_string(),
        port.to_string(),
    ];
    words.into()
}

/// The gateway's own configuration.
pub fn settings() -> PathBuf {
    kit().join("openclaw.json")
}

fn kit() -> PathBuf {
    PathBuf::from(std::env::var_os("HOME").unwrap_or_default()).join(".cache/overgrow/openclaw")
}

/// Starts a program on its core, with its standard error in `NAME.log`.
pub fn start(name: &str, words: &[String], core: Core, folder: &Path) -> Result<Running> {
    let mut command = pinned(core, words);
    let log = File::create(log(folder, name)).during("create a log")?;
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log);
    Running::start(&mut command).during(&format!("start {name}"))
}

/// The command that runs the words on a core.
pub fn pinned(core: Core, words: &[String]) -> Command {
    let mut command = Command::new("taskset");
    command
        .args(["-c", if core == Core::Proxy { "0" } else { "1" }])
        .args(words);
    command
}

/// Waits until `GET /` is answered with anything but a server error.
pub fn wait_ready(
    name: &str,
    address: SocketAddr,
    running: &mut Running,
    folder: &Path,
) -> Result<()> {
    let deadline = Instant::now() + READY_WITHIN;
    while Instant::now() < deadline && !running.has_ended() {
        if answers(address).unwrap_or(false) {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let text = std::fs::read_to_string(log(folder, name)).unwrap_or_default();
    let tail = text
        .char_indices()
        .rev()
        .nth(LOG_TAIL)
        .map_or(0, |(index, _)| index);
    Err(Error::NotReady {
        name: name.into(),
        log: text[tail..].trim().replace('\n', " / "),
    })
}

/// A port that was free a moment ago, on loopback.
pub fn free_port() -> Result<SocketAddr> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).during("find a free port")?;
    listener.local_addr().during("find a free port")
}

fn count(address: SocketAddr) -> Option<u64> {
    let mut exchange = Exchange::open(address).ok()?;
    let count = exchange.ask(b"GET /count HTTP/1.1\r\nHost: bench.test\r\n\r\n");
    std::str::from_utf8(count.ok()?).ok()?.parse().ok()
}

fn answers(address: SocketAddr) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(b"GET / HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n\r\n")?;
    let mut status = [0; 12];
    stream.read_exact(&mut status)?;
    Ok(status.starts_with(b"HTTP/1.1 ") && status[9] < b'5')
}

fn programs() -> Result<PathBuf> {
    let this = std::env::current_exe().during("find this program")?;
    Ok(this.parent().map(Path::to_path_buf).unwrap_or_default())
}

fn log(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}
