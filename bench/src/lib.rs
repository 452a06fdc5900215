//! The bench harness: the sidecar and its peers under the same load, in one run, in turns.
//!
//! It knows the programs under test by their command lines only. Read the modules in the order of a run: what is compared, who takes
//! part, where it happens, the load, the turns, the verdict, the table.

pub mod bridge;
pub mod compare;
pub mod comparison;
pub mod contestant;
pub mod edit;
pub mod error;
pub mod exchange;
pub mod frame;
pub mod idle;
pub mod latency;
pub mod load;
pub mod options;
pub mod process;
pub mod reload;
pub mod rounds;
pub mod sidecar;
pub mod socket;
pub mod stage;
pub mod start;
pub mod table;
pub mod verdict;
pub mod wrk;
