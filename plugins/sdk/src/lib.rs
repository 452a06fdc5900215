//! Makes a plugin for overgrow pleasant to write.
//!
//! A plugin is a crate with `crate-type = ["cdylib"]` that names its world with [`world!`], implements the `Guest` traits
//! of what that world exports, and ends with `export!`. What it asks of the host is in [`host`], word for word as the
//! contract in `wit/` has it; the modules beside it make the same calls shorter and their failures one type,
//! [`Failure`], so that `?` does for all of them. `plugins/template` is a whole plugin to copy.
//!
//! ```
//! use overgrow_sdk::{Failure, config, http, info, secret};
//! use overgrow_sdk::host::types::CallContext;
//!
//! overgrow_sdk::world!("tool-plugin");
//! overgrow_sdk::ease!(lifecycle, tool);
//!
//! use exports::overgrow::plugin::lifecycle::{Guest as Lifecycle, Identity, Problem};
//! use exports::overgrow::plugin::tool::{Definition, Guest as Tool, Invocation, Output};
//!
//! #[derive(serde::Deserialize)]
//! struct Settings {
//!     base: String,
//! }
//!
//! #[derive(serde::Deserialize)]
//! struct Question {
//!     city: String,
//! }
//!
//! struct Weather;
//!
//! impl Lifecycle for Weather {
//!     fn describe() -> Identity {
//!         Identity {
//!             id: "weather".into(),
//!             name: "Weather".into(),
//!             version: "0.1.0".into(),
//!             description: "Tells the weather.".into(),
//!         }
//!     }
//!     fn check_config(config: String) -> Vec<Problem> {
//!         config::check::<Settings>(&config).into_iter().map(Into::into).collect()
//!     }
//! }
//!
//! impl Tool for Weather {
//!     fn definitions() -> Vec<Definition> {
//!         vec![Definition {
//!             name: "weather".into(),
//!             label: "Weather".into(),
//!             description: "Tells the weather in a city.".into(),
//!             parameters: r#"{"type":"object","properties":{"city":{"type":"string"}}}"#.into(),
//!             effect: false,
//!         }]
//!     }
//!     fn invoke(_: CallContext, call: Invocation) -> Result<Output, Failure> {
//!         let question: Question = call.parse()?;
//!         let settings: Settings = config::all()?;
//!         let token = secret::open("weather-token")?;
//!         let answer: serde_json::Value = http::get(format!("{}/now", settings.base))
//!             .query("city", &question.city)
//!             .bearer(&token)
//!             .send()?
//!             .ok()?
//!             .json()?;
//!         info!("asked for the weather", city = question.city);
//!         Ok(Output::json(&answer)?)
//!     }
//! }
//!
//! #[cfg(target_family = "wasm")]
//! export!(Weather);
//! # fn main() {}
//! ```
//!
//! What needs no host (chunks of text, forms, replies, which status is worth another try) runs anywhere, so a plugin's
//! decisions can be tested with an ordinary `cargo test`. A call of the host outside a host panics.

#[allow(
    missing_docs,
    unreachable_pub,
    clippy::all,
    reason = "generated from wit/, where the documentation is"
)]
mod bindings {
    wit_bindgen::generate!({
        path: "../../wit/0.1",
        world: "imports",
        generate_all,
    });
}

pub mod config;
pub mod delivery;
mod ease;
mod failure;
pub mod form;
pub mod headers;
pub mod http;
pub mod kv;
mod log;
pub mod secret;
pub mod text;
pub mod v8;
pub mod webhook;
mod world;

pub use bindings::overgrow::plugin as host;
pub use bindings::overgrow::plugin::types::{Failure, RetryAdvice};
#[doc(hidden)]
pub use wit_bindgen;
#[doc(hidden)]
pub use {serde, serde_json};
