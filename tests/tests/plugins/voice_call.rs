//! The guest `voice-call` in the real host.
