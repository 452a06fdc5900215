//! The channel plugin for Zalo's Bot API.
//!
//! What the provider sends comes in by webhook (`receive`) or is asked for (`poll`), and goes to the gateway from
//! `deliver`; what the gateway sends goes out through `send`. Those four talk to the host. What is decided, and how it
//! is worded, is in `settings`, `answer`, `update` and `api`, which do not.

mod answer;
mod api;
mod deliver;
mod poll;
mod receive;
mod send;
mod settings;
mod update;

use overgrow_sdk::config::Fault;

overgrow_sdk::world!(
    "zalo",
    "../../wit/0.1",
    "
    package overgrow:zalo;
    world zalo {
        include overgrow:plugin/imports@0.1.0;
        export overgrow:plugin/lifecycle@0.1.0;
        export overgrow:plugin/channel@0.1.0;
        export overgrow:plugin/webhook@0.1.0;
        export overgrow:plugin/jobs@0.1.0;
        export overgrow:plugin/service@0.1.0;
    }
    "
);
overgrow_sdk::ease!(lifecycle, channel, webhook);

use exports::overgrow::plugin::lifecycle::{Guest as Lifecycle, Identity, Problem};
use settings::Settings;

/// The channel's id, in all directions.
const CHANNEL: &str = "zalo";

struct Zalo;

impl Lifecycle for Zalo {
    fn describe() -> Identity {
        Identity {
            id: CHANNEL.into(),
            name: "Zalo".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Zalo's Bot API: texts and pictures, by webhook or by polling.".into(),
        }
    }

    fn check_config(config: String) -> Vec<Problem> {
        let (_, faults) = Settings::read(&config);
        faults.into_iter().map(Problem::from).collect()
    }
}

/// The settings as they are now. What is wrong with them was said when they were loaded.
fn current() -> Settings {
    Settings::read(&overgrow_sdk::host::config::all()).0
}

/// One line per fault, for the log.
fn complain(faults: &[Fault]) {
    for fault in faults {
        overgrow_sdk::warn!(
            "an account is left out",
            key = fault.path,
            why = fault.message
        );
    }
}

#[cfg(target_family = "wasm")]
export!(Zalo);
