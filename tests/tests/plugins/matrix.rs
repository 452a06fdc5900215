//! The guest `matrix` in the real host.
