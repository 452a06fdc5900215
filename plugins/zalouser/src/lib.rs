//! The channel plugin for personal Zalo accounts.
//!
//! Zalo has no API for them: the operator's program `zca` speaks its protocol, and this plugin speaks to `zca` through the
//! host, which runs nothing but that program. The surprise: no byte of Zalo's passes here but what `zca` prints.

mod incoming;
mod listen;
mod send;
mod settings;
mod target;
mod tool;
mod zca;

use overgrow_sdk::config::Fault;

overgrow_sdk::world!(
    "zalouser",
    "../../wit/0.1",
    "
    package overgrow:zalouser;
    world zalouser {
        include overgrow:plugin/imports@0.1.0;
        export overgrow:plugin/lifecycle@0.1.0;
        export overgrow:plugin/channel@0.1.0;
        export overgrow:plugin/tool@0.1.0;
        export overgrow:plugin/service@0.1.0;
    }
    "
);
overgrow_sdk::ease!(lifecycle, channel, tool);

use exports::overgrow::plugin::lifecycle::{Guest as Lifecycle, Identity, Problem};
use settings::Settings;

/// The channel's id, in all directions.
const CHANNEL: &str = "zalouser";

struct Zalouser;

impl Lifecycle for Zalouser {
    fn describe() -> Identity {
        Identity {
            id: CHANNEL.into(),
            name: "Zalo Personal".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Personal Zalo accounts, over the operator's zca program.".into(),
        }
    }

    fn check_config(config: String) -> Vec<Problem> {
        let faults = Settings::read(&config).err();
        faults.into_iter().map(Problem::from).collect()
    }
}

/// The settings as they are now.
fn current() -> Result<Settings, Fault> {
    Settings::read(&overgrow_sdk::host::config::all())
}

#[cfg(target_family = "wasm")]
export!(Zalouser);
