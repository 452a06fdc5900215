//! Turns, shrinks and re-encodes images under limits.
