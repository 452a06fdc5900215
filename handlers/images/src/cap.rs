//! Sizes against caps, in the legacy's words.
//!
//! The surprise: megabytes are counted in whole bytes instead of floating point, because the legacy's language rounds a tie up
//! where Rust rounds it to even, and 1.125 MB is a tie.

use crate::ImageError;

const MIB: u64 = 1 << 20;

/// Refuses what is larger than the cap and cannot be made smaller.
///
/// # Errors
/// [`ImageError::OverCap`].
pub(crate) fn admit(label: &'static str, size: usize, cap: u64) -> Result<(), ImageError> {
    if size as u64 <= cap {
        return Ok(());
    }
    Err(ImageError::OverCap {
        label,
        cap: whole(cap),
        got: hundredths(size),
    })
}

/// What to say when the smallest is still larger than the cap.
pub(crate) fn irreducible(size: usize, cap: u64) -> ImageError {
    ImageError::Irreducible {
        cap: whole(cap),
        got: hundredths(size),
    }
}

fn whole(bytes: u64) -> String {
    (bytes.saturating_add(MIB / 2) / MIB).to_string()
}

fn hundredths(bytes: usize) -> String {
    let hundredths = (bytes as u64).saturating_mul(100).saturating_add(MIB / 2) / MIB;
    format!("{}.{:02}", hundredths / 100, hundredths % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(size: usize, cap: u64, expect: &str) {
        let said = admit("Media", size, cap)
            .expect_err("over the cap")
            .to_string();
        assert_eq!(said, expect);
    }

    /// Expected texts are what Node's `toFixed` gives.
    #[test]
    fn megabytes_are_rounded_as_the_legacy_rounds() {
        check(7 << 20, 6 << 20, "Media exceeds 6MB limit (got 7.00MB)");
        check(6_291_457, 6 << 20, "Media exceeds 6MB limit (got 6.00MB)");
        // 1.125 and 0.5 are ties.
        check(1_179_648, 1 << 20, "Media exceeds 1MB limit (got 1.13MB)");
        check(1_179_648, 512 << 10, "Media exceeds 1MB limit (got 1.13MB)");
        check(10_486, 1024, "Media exceeds 0MB limit (got 0.01MB)");
    }

    #[test]
    fn the_cap_itself_is_allowed() {
        assert_eq!(admit("GIF", 1 << 20, 1 << 20), Ok(()));
        let over = admit("GIF", (1 << 20) + 1, 1 << 20).expect_err("over the cap");
        assert_eq!(over.to_string(), "GIF exceeds 1MB limit (got 1.00MB)");
        assert_eq!(
            irreducible(2 << 20, 1 << 20).to_string(),
            "Media could not be reduced below 1MB (got 2.00MB)"
        );
    }
}
