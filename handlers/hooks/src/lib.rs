//! Answers the legacy gateway's webhooks.

mod address;
mod agent;
mod channel;
mod headers;
mod js;
mod json;
#[cfg(test)]
mod oracle;
mod payload;
mod reply;
mod stop;
mod template;
mod token;
mod wake;
