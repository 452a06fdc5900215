//! Answers the legacy gateway's webhooks.

mod address;
mod headers;
mod js;
mod json;
#[cfg(test)]
mod oracle;
mod reply;
mod stop;
mod token;
