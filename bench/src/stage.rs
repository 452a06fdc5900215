//! What all contestants of a comparison share: a folder, ports, cores, the programs, and the origin behind them.
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
    /// The real gateway, from the kit in the user's cache.
    Gateway,
}

/// A folder, the programs and a running origin.
#[derive(Debug)]
pub struct Stage {
    folder: TempDir,
    programs: PathBuf,
    origin: SocketAddr,
    // Held for its drop.
    _origin: Running,
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
        let address = free_port()?;
        let words = behind.command(&programs, folder.path(), address);
        let running = start("origin", &words, Core::Load, folder.path())?;
        let mut stage = Self {
            folder,
            programs,
            origin: address,
            _origin: running,
        };
        wait_ready("origin", address, &mut stage._origin, stage.folder.path())?;
        Ok(stage)
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
}

impl Behind {
    fn command(self, programs: &Path, folder: &Path, address: SocketAddr) -> Vec<String> {
        match self {
            Self::Origin => {
                vec![
                    programs.join("origin").display().to_string(),
                    "--listen".into(),
                    address.to_string(),
                ]
            }
            Self::Gateway => gateway(folder, address.port()),
        }
    }
}

/// The gateway keeps its state in the stage's folder, so a run leaves none behind and meets none.
fn gateway(folder: &Path, port: u16) -> Vec<String> {
    let kit = PathBuf::from(std::env::var_os("HOME").unwrap_or_default())
        .join(".cache/overgrow/openclaw");
    let words = [
        "env".into(),
        format!("LEGACY_STATE={}", folder.join("gateway").display()),
        kit.join("start.sh").display().to_string(),
        kit.display().to_string(),
        port.to_string(),
    ];
    words.into()
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
