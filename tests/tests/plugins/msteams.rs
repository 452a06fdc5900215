//! The guest `msteams` in the real host.
