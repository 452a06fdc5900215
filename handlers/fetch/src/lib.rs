//! Fetches what a stranger named, without being led into the house.
