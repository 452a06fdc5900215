//! The guest `zalo` in the real host.

pub(crate) mod gateway;
pub(crate) mod provider;
mod receiving;
mod rig;
mod sending;
mod sides;
