//! Telephone calls by Twilio, Telnyx or Plivo: webhooks, a tool for the agent, and timers that hang up.

pub mod address;
pub mod ask;
pub mod book;
pub mod call;
pub mod desk;
pub mod event;
pub mod form;
pub mod outside;
pub mod provider;
pub mod reading;
pub mod settings;
pub mod signature;
pub mod taking;
pub mod tool;
pub mod webhook;
pub mod xml;
