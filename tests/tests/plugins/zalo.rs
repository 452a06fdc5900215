//! The guest `zalo` in the real host.

mod provider;
mod receiving;
mod rig;
mod sending;
