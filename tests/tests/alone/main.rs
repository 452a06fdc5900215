//! The legacy's end: when it is said that it can be switched off, and how it is served without one.

mod reload;
mod rig;
mod serving;
mod verdict;
