//! Answers and stores media.
