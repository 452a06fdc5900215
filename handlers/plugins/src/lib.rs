//! Hosts plugins: WASM components that can do what they were granted and nothing else.
//!
//! The only crate that names Wasmtime. It knows neither routes nor the proxy. The surprise: an instance lives for one
//! call (a service's for its life), so that no state leaks from one call into another.

mod artifact;
mod backoff;
#[allow(
    unreachable_pub,
    missing_docs,
    reason = "generated; nobody outside sees them"
)]
mod bindings;
mod by_hand;
mod call;
mod channel;
mod engine;
mod folder;
pub mod grant;
mod hands;
#[allow(
    unreachable_pub,
    reason = "the generated bindings re-export the types behind the handles"
)]
mod host;
mod inspect;
mod jobs;
mod metrics;
mod plan;
mod plugin;
mod plugins;
mod rate;
mod service;
mod status;
mod tools;
mod wasi;
mod web;
mod webhook;
mod who;

pub use artifact::{ArtifactError, LARGEST, Made, SignatureError, Signatures, Trust};
pub use call::{Ask, CallError, Retry};
pub use channel::PluginCarrier;
pub use engine::{Engine, EngineConfig, EngineError};
pub use folder::{Fault, PluginState};
pub use grant::Grant;
pub use hands::{
    ChatKind, Counter, Event, Fetchers, GatewayRpc, Hands, Inbox, InboxError, Keychain, Message,
    PollVote, Presence, Reaction, Receipt, Recorded, Recording, Sender, Submission,
};
pub use inspect::{Given, Import, Inspection};
pub use metrics::{Observer, Silent};
pub use overgrow_bridge::RpcError;
pub use plugin::{Imports, LoadError, Plugin, Running, Typing};
pub use plugins::{Plugins, PluginsConfig};
pub use service::{ServiceState, ServiceStatus, Supervised};
pub use status::{LoadedStatus, PluginStatus, ServiceSummary};
pub use web::WebComponent;
pub use webhook::{PublicUrl, RouteFault};

/// What plugins are asked and what they answer, as `wit/0.1` has it.
pub mod wit {
    pub use crate::bindings::exports::overgrow::plugin::{
        channel, events, jobs, lifecycle, service, tool, webhook,
    };
    pub use crate::bindings::overgrow::plugin::types;
}
