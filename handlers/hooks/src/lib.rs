//! Answers the legacy gateway's webhooks.

mod js;
mod json;
#[cfg(test)]
mod oracle;
