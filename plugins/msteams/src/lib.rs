//! Microsoft Teams as a channel: what the Bot Framework posts to us, and what is posted back.

pub mod activity;
pub mod answer;
pub mod body;
pub mod consent;
pub mod files;
pub mod graph;
pub mod jwt;
pub mod outgoing;
pub mod policy;
pub mod reference;
pub mod settings;
pub mod vote;
