//! The guest `zalo` in the real host.
