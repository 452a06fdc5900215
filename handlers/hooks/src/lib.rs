//! Answers the legacy gateway's webhooks.
