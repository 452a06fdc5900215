//! Telephone calls by Twilio, Telnyx or Plivo: webhooks, a tool for the agent, and timers that hang up.

pub mod address;
pub mod ask;
pub mod call;
pub mod event;
pub mod form;
pub mod provider;
pub mod reading;
pub mod settings;
pub mod signature;
pub mod xml;
