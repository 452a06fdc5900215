//! How often an entry may fail at a legacy that is there.
//!
//! It decides and touches nothing. Entries are delivered in order, so one that fails for ever would hold up all behind
//! it; one that fails because the legacy is unwell should not be given up at once.

/// Strikes after which an entry is dead. With the waits in between, half a minute of a legacy that answers others.
const OUT: u32 = 10;

/// The strikes of the one entry that is tried now.
#[derive(Debug, Default)]
pub(super) struct Strikes {
    entry: i64,
    count: u32,
}

/// What a strike was.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Strike {
    /// One more is allowed.
    Again,
    /// It was the last.
    Out,
}

impl Strikes {
    /// Counts a strike against an entry; another entry begins at none.
    pub(super) fn count(&mut self, entry: i64) -> Strike {
        if self.entry != entry {
            *self = Self { entry, count: 0 };
        }
        self.count += 1;
        if self.count < OUT {
            return Strike::Again;
        }
        Strike::Out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tenth_strike_in_a_row_is_the_last() {
        let mut strikes = Strikes::default();
        assert_eq!(strikes.count(1), Strike::Again);
        for _ in 1..OUT {
            assert_eq!(strikes.count(2), Strike::Again);
        }
        assert_eq!(strikes.count(2), Strike::Out);
        assert_eq!(strikes.count(1), Strike::Again);
    }
}
