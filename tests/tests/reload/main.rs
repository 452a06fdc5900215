//! Every way in which routes.toml changes while traffic flows.

mod faults;
mod load;
mod sides;
mod ways;
