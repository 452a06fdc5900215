//! Answers the legacy gateway's webhooks.

mod js;
