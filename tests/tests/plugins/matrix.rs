//! The guest `matrix` in the real host, against a double of a homeserver.

mod hearing;
mod homeserver;
mod rig;
mod saying;
