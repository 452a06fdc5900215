//! A tool that says hello: copy this folder, change the name in Cargo.toml and in `describe`, write your own.
//!
//! This file is what the host sees: it translates. What the plugin decides is in `greeting`, which knows no host and is
//! tested with an ordinary `cargo test`.

mod greeting;

use overgrow_sdk::host::types::CallContext;
use overgrow_sdk::{Failure, config, info};

overgrow_sdk::world!("tool-plugin");
overgrow_sdk::ease!(lifecycle, tool);

use exports::overgrow::plugin::lifecycle::{Guest as Lifecycle, Identity, Problem};
use exports::overgrow::plugin::tool::{Definition, Guest as Tool, Invocation, Output};
use greeting::{Settings, Whom};

struct Hello;

impl Lifecycle for Hello {
    fn describe() -> Identity {
        Identity {
            id: "template".into(),
            name: "Template".into(),
            version: env!("CARGO_PKG_VERSION").into(),
            description: "Says hello.".into(),
        }
    }

    fn check_config(config: String) -> Vec<Problem> {
        let faults = config::check::<Settings>(&config);
        faults.into_iter().map(Problem::from).collect()
    }
}

impl Tool for Hello {
    fn definitions() -> Vec<Definition> {
        vec![Definition {
            name: "hello".into(),
            label: "Hello".into(),
            description: "Says hello to somebody.".into(),
            parameters: greeting::PARAMETERS.into(),
            effect: false,
        }]
    }

    fn invoke(_ctx: CallContext, call: Invocation) -> Result<Output, Failure> {
        let whom: Whom = call.parse()?;
        let settings: Settings = config::all()?;
        info!("saying hello", name = whom.name);
        Ok(Output::text(greeting::greet(&settings, &whom)))
    }
}

#[cfg(target_family = "wasm")]
export!(Hello);
