//! The guest `msteams` in the real host, between doubles of Microsoft's services and of the gateway's inbox.

mod inbox;
mod microsoft;
mod receiving;
mod rig;
mod sending;
mod tokens;
