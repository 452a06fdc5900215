//! How each contestant is started: a command and a configuration, both with places to fill in.
//!
//! It must not know the load. The surprise: `direct` is a contestant too, one that starts nothing and is the origin itself.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::bridge::{Bridge, Standing};
use crate::error::{During, Result};
use crate::process::{Running, Tree};
use crate::sidecar::{self, Places, Side};
use crate::stage::{self, Core, Stage};

/// A contestant before it runs. `{port}`, `{admin}`, `{origin}`, `{second}`, `{dir}`, `{file}`, `{settings}`, `{programs}` and `{peers}` are filled in.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Its name in the table.
    pub name: String,
    /// The words of its command; none is the origin itself.
    pub command: String,
    /// What is written to `{file}` before it starts.
    pub config: Config,
}

/// A contestant's configuration file.
#[derive(Clone, Debug)]
pub enum Config {
    /// It has none.
    None,
    /// A template, filled in like the command.
    Template(&'static str),
    /// The sidecar's routes.
    Routes(Side),
}

impl Recipe {
    fn new(name: &str, command: &str, config: Config) -> Self {
        Self {
            name: name.into(),
            command: command.into(),
            config,
        }
    }

    /// Starts the contestant and waits until it answers.
    pub fn start(&self, stage: &Stage) -> Result<Started> {
        if self.command.is_empty() {
            return Ok(Started {
                name: self.name.clone(),
                address: stage.origin(),
                bridge: None,
                running: None,
            });
        }
        self.prepare(stage)?.start()
    }

    /// Writes the configuration and fills in the command, for callers that start it themselves.
    pub fn prepare(&self, stage: &Stage) -> Result<Prepared> {
        let folder = stage.folder().join(&self.name);
        std::fs::create_dir_all(&folder).during("make a folder")?;
        let blanks = Blanks {
            folder: &folder,
            stage,
            port: stage::free_port()?,
            admin: stage::free_port()?,
        };
        self.write_config(&blanks)?;
        let words = self
            .command
            .split_whitespace()
            .map(|word| blanks.fill(word))
            .collect();
        let bridge = matches!(self.config, Config::Routes(Side::Hooks));
        let bridge = bridge.then_some(Bridge(blanks.admin));
        let (address, file) = (blanks.port, folder.join(FILE));
        Ok(Prepared {
            name: self.name.clone(),
            words,
            address,
            bridge,
            file,
            folder,
        })
    }

    fn write_config(&self, blanks: &Blanks<'_>) -> Result<()> {
        let text = match &self.config {
            Config::None => return Ok(()),
            Config::Template(template) => blanks.fill(template),
            Config::Routes(side) => blanks.fill(&sidecar::routes(blanks.places(), side)),
        };
        std::fs::write(blanks.folder.join(FILE), text).during("write a configuration")
    }
}

/// What every configuration file is called.
const FILE: &str = "config";

struct Blanks<'a> {
    folder: &'a Path,
    stage: &'a Stage,
    port: SocketAddr,
    admin: SocketAddr,
}

impl Blanks<'_> {
    fn fill(&self, text: &str) -> String {
        text.replace("{port}", &self.port.port().to_string())
            .replace("{admin}", &self.admin.port().to_string())
            .replace("{origin}", &self.stage.origin().port().to_string())
            .replace("{second}", &self.stage.second().port().to_string())
            .replace("{dir}", &self.folder.display().to_string())
            .replace("{file}", &self.folder.join(FILE).display().to_string())
            .replace("{settings}", &stage::settings().display().to_string())
            .replace("{programs}", &self.stage.programs().display().to_string())
            .replace("{peers}", concat!(env!("CARGO_MANIFEST_DIR"), "/peers"))
    }

    fn places(&self) -> Places<'_> {
        Places {
            listen: self.port,
            admin: self.admin,
            legacy: self.stage.origin(),
            data: self.folder,
        }
    }
}

/// A contestant whose configuration is written and whose command is filled in.
#[derive(Debug)]
pub struct Prepared {
    /// Its name in the table.
    pub name: String,
    /// Its command.
    pub words: Vec<String>,
    /// Its configuration file, also when it needs none.
    pub file: PathBuf,
    address: SocketAddr,
    bridge: Option<Bridge>,
    folder: PathBuf,
}

impl Prepared {
    /// Starts it and waits until it answers.
    pub fn start(self) -> Result<Started> {
        let Self {
            name,
            words,
            address,
            bridge,
            folder,
            ..
        } = self;
        let mut running = stage::start(&name, &words, Core::Proxy, &folder)?;
        stage::wait_ready(&name, address, &mut running, &folder)?;
        Ok(Started {
            name,
            address,
            bridge,
            running: Some(running),
        })
    }
}

/// A contestant that answers; stopped when dropped.
#[derive(Debug)]
pub struct Started {
    /// Its name in the table.
    pub name: String,
    /// Where it answers.
    pub address: SocketAddr,
    bridge: Option<Bridge>,
    running: Option<Running>,
}

impl Started {
    /// Its processes; `None` for the origin itself, whose core is not the contestants'.
    pub fn tree(&self) -> Option<Tree> {
        self.running.as_ref().map(Running::tree)
    }

    /// How its bridge to the gateway stands; all zero for those that have none.
    pub fn standing(&self) -> Result<Standing> {
        self.bridge
            .map_or(Ok(Standing::default()), Bridge::standing)
    }

    /// Waits until the gateway has what it is owed, and says how long that took; no time for those without a bridge.
    pub fn settle(&self) -> Result<Duration> {
        self.bridge.map_or(Ok(Duration::ZERO), Bridge::settle)
    }

    /// The id of the process that was started; `None` for the origin itself.
    pub fn id(&self) -> Option<u32> {
        self.running.as_ref().map(Running::id)
    }
}

/// The recipe of a name: one given on the command line before one built in.
pub fn recipe(name: &str, given: &[Recipe]) -> Option<Recipe> {
    given
        .iter()
        .cloned()
        .chain(built_in())
        .find(|recipe| recipe.name == name)
}

/// A contestant from the command line, `NAME=COMMAND`. One whose name begins with `overgrow` is given the sidecar's routes.
pub fn parse(given: &str) -> std::result::Result<Recipe, String> {
    let (name, command) = given.split_once('=').ok_or("write NAME=COMMAND")?;
    let config = match built_in().into_iter().find(|recipe| recipe.name == name) {
        Some(known) => known.config,
        None if name.starts_with("overgrow") => Config::Routes(Side::Legacy),
        None => Config::None,
    };
    Ok(Recipe::new(name, command, config))
}

fn built_in() -> Vec<Recipe> {
    let template = Config::Template;
    let native = Config::Routes(Side::Rust("native".into()));
    let shadowed = Config::Routes(Side::Shadowed {
        handler: "http://127.0.0.1:{second}".into(),
        sample: 100,
    });
    vec![
        Recipe::new("direct", "", Config::None),
        Recipe::new(
            "nginx",
            "nginx -e stderr -p {dir} -c {file}",
            template(include_str!("../peers/nginx.conf")),
        ),
        Recipe::new(
            "nginx-mirror",
            "nginx -e stderr -p {dir} -c {file}",
            template(include_str!("../peers/nginx-mirror.conf")),
        ),
        Recipe::new(
            "haproxy",
            "haproxy -db -q -f {file}",
            template(include_str!("../peers/haproxy.cfg")),
        ),
        Recipe::new("caddy", CADDY, template(include_str!("../peers/Caddyfile"))),
        Recipe::new("bare", BARE, Config::None),
        Recipe::new("node-ws", "node {peers}/ws.cjs {port}", Config::None),
        Recipe::new(
            "overgrow",
            "{programs}/overgrow serve -c {file} -q",
            Config::Routes(Side::Legacy),
        ),
        Recipe::new(
            "overgrow-shadow",
            "{programs}/overgrow serve -c {file} -q",
            shadowed,
        ),
        Recipe::new(
            "overgrow-hooks",
            "{programs}/overgrow serve -c {file} -q",
            Config::Routes(Side::Hooks),
        ),
        Recipe::new(
            "overgrow-native",
            "{programs}/examples/native serve -c {file} -q",
            native,
        ),
    ]
}

const CADDY: &str =
    "env XDG_DATA_HOME={dir} XDG_CONFIG_HOME={dir} caddy run --adapter caddyfile --config {file}";
const BARE: &str = "{programs}/bare --listen 127.0.0.1:{port} --upstream 127.0.0.1:{origin}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_from_outside_comes_before_the_built_in_one() {
        let given = [parse("overgrow-native=./mine {file}").unwrap()];
        let found = recipe("overgrow-native", &given).unwrap();
        assert_eq!(found.command, "./mine {file}");
        assert!(matches!(found.config, Config::Routes(Side::Rust(_))));
    }

    #[test]
    fn a_command_needs_a_name() {
        assert!(parse("./mine").is_err());
    }
}
