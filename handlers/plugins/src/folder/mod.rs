//! The folder of plugins: a file dropped into it is loaded, one that changes is swapped, one that goes is unloaded.
//!
//! It knows neither requests nor what plugins are for. The surprise: a broken new version changes nothing but the
//! status, unless the operator took rights away, which holds at once.

mod bell;
mod document;
mod fault;
mod files;
mod keeper;
mod round;
mod shelf;
mod slot;
mod validate;
mod version;

pub use fault::Fault;
pub(crate) use keeper::{Keeper, Orders};
pub(crate) use shelf::Shelf;
pub use slot::PluginState;
pub(crate) use slot::Slot;
pub(crate) use validate::Workshop;
pub(crate) use version::{Component, Version};
