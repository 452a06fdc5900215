//! The guest `zalo` in the real host.

mod gateway;
mod provider;
mod receiving;
mod rig;
mod sending;
mod sides;
