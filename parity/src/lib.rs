//! Two answers to one request: are they the same as far as a client can tell, and how sure are we?
//!
//! The modules stand in the order of the judgement: an [`Observation`] of each side is brought into canonical form and
//! compared under the route's rules; the differences, by [`Key`], become evidence; the evidence becomes a verdict. All
//! of it is pure: no socket, no clock, no runtime, no knowledge of the proxy. Time and randomness are passed in.

mod alias;
mod class;
mod compare;
mod difference;
mod evidence;
mod gate;
mod json;
mod key;
mod latency;
mod noise;
mod observation;
mod rules;
mod shape;
pub mod statistics;
pub mod trace;

pub use alias::AliasBook;
pub use compare::{compare, is_event_stream, unpacked};
pub use difference::{Comparison, Difference, Standing};
pub use evidence::{
    Answered, Evidence, Failures, KeyReport, Ledger, Missed, Pair, Recent, Recorded, Side, Verdict,
};
pub use gate::{Alone, Condition, Facts, Gate, Judgement, State, Stop, Tail, judge, judge_facts};
pub use key::{Key, Kind, Place};
pub use latency::{Histogram, Latency, Ratio};
pub use noise::{KeyState, Tally};
pub use observation::{Extent, Kept, Observation, Planned};
pub use rules::{Expect, RuleError, Rules, Written};
pub use shape::{Payload, Shape, Shapes, Sightings};
