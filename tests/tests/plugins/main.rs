//! The guests of `plugins/` as components in the real host, against scripted doubles of their providers' APIs over
//! real sockets, and beside the legacy's own plugins where those can be run.

mod host;
mod inbox;
mod live;
mod matrix;
mod msteams;
mod voice_call;
mod zalo;
mod zalouser;
