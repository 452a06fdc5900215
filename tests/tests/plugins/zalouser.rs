//! The guest `zalouser` in the real host.
