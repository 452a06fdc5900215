//! The handlers of overgrow's own in front of the real gateway, when something goes wrong: crashes, broken settings,
//! forged credentials, files that are no images.
//!
//! That they answer as the gateway does is the business of the tests beside the gateway's recordings.

mod auth;
mod bridge;
mod gate;
mod jwt;
mod media;
mod rig;
mod settings;
mod tokens;
mod transform;
mod uploads;
