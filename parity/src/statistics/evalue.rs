//! Evidence that may be looked at after every request: e-values, and which of many count.

use std::f64::consts::LN_2;

use statrs::function::gamma::ln_gamma;

use super::tail_over_last_term;

/// The natural logarithm of the one-sided mixture e-value of `b` against `c` discordant pairs.
///
/// Under "a discordant pair falls on `b`'s side no more often than on `c`'s", the e-value exceeds `1/α` at any time
/// with probability at most `α`, however often it is looked at. It is
/// `2^(b+c+1) · Beta(b+1, c+1) · (1 − I_½(b+1, c+1))`, 1 without data, and finite for every pair of counts.
pub fn ln_mixture(b: u64, c: u64) -> f64 {
    if b <= c {
        return ln_lower(b, c);
    }
    // The mixture over the whole interval is the sum of its two halves, and the other half is the smaller one.
    let whole = ln_whole(b, c);
    whole + (-(ln_lower(c, b) - whole).exp()).ln_1p()
}

/// The e-value for `b ≤ c`, where it is `Σ_{j≤b} C(n+1, j) / ((n+1)·C(n, b))`, which needs no large numbers.
fn ln_lower(b: u64, c: u64) -> f64 {
    let c = c as f64;
    tail_over_last_term(b, c + 2.0, 1.0).ln() - (c + 1.0).ln()
}

/// `ln(2^(b+c+1) · Beta(b+1, c+1))`.
fn ln_whole(b: u64, c: u64) -> f64 {
    let (b, c) = (b as f64, c as f64);
    (b + c + 1.0) * LN_2 + ln_gamma(b + 1.0) + ln_gamma(c + 1.0) - ln_gamma(b + c + 2.0)
}

/// The e-BH procedure: the logarithm of the least e-value that is rejected at false discovery rate `alpha`, infinite
/// when none is. Sorts its argument, which holds the logarithm of every hypothesis' e-value.
///
/// Needs no independence between the hypotheses.
pub fn least_rejected(ln_values: &mut [f64], alpha: f64) -> f64 {
    ln_values.sort_unstable_by(|one, other| other.total_cmp(one));
    let all = ln_values.len() as f64;
    let ranked = ln_values.iter().enumerate().rev();
    ranked
        .map(|(place, value)| (*value, (all / (alpha * (place as f64 + 1.0))).ln()))
        .find(|(value, needed)| value >= needed)
        .map_or(f64::INFINITY, |(_, needed)| needed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(b: u64, c: u64, expect: f64) {
        let value = ln_mixture(b, c).exp();
        assert!(
            (value / expect - 1.0).abs() < 1e-9,
            "E({b}, {c}) = {value}, not {expect}"
        );
    }

    #[test]
    fn the_mixture_has_its_known_values() {
        check(0, 0, 1.0);
        check(1, 0, 1.5);
        check(0, 1, 0.5);
        check(1, 1, 2.0 / 3.0);
        check(2, 1, 11.0 / 12.0);
        check(9, 0, 102.3);
        check(7, 3, 2048.0 / 1320.0 * 1816.0 / 2048.0);
    }

    #[test]
    fn the_mixture_is_a_fair_bet() {
        // Under a fair coin the expectation of the next value is the present one.
        for (b, c) in [
            (0, 0),
            (3, 1),
            (1, 3),
            (40, 40),
            (500, 450),
            (90_000, 90_500),
        ] {
            let next = (ln_mixture(b + 1, c).exp() + ln_mixture(b, c + 1).exp()) / 2.0;
            let now = ln_mixture(b, c).exp();
            assert!(
                (next / now - 1.0).abs() < 1e-6,
                "({b}, {c}): {now}, then {next}"
            );
        }
    }

    #[test]
    fn the_mixture_stays_finite_and_monotone_for_a_thousand_million() {
        let half = 500_000_000;
        let deviation = 31_623; // √n
        let values: Vec<f64> = (-8..=8)
            .map(|z: i64| {
                let by = z * deviation / 2;
                ln_mixture((half + by) as u64, (half - by) as u64)
            })
            .collect();
        assert!(values.iter().all(|value| value.is_finite()));
        assert!(values.is_sorted(), "{values:?}");
        // √(2π/n)·e^(z²/2)·Φ(z), the limit by Laplace, at z = 8.
        let limit = 0.5 * (std::f64::consts::TAU / 1e9).ln() + 32.0;
        assert!((values[16] - limit).abs() < 0.01, "{} {limit}", values[16]);
        assert!(ln_mixture(1_000_000_000, 0).is_finite());
        assert!(ln_mixture(0, 1_000_000_000).is_finite());
    }

    #[test]
    fn e_bh_weighs_by_rank() {
        let ln = |values: &[f64]| values.iter().map(|value| value.ln()).collect::<Vec<_>>();
        // Of two, the first alone needs 40; both together need 20 each.
        assert_eq!(least_rejected(&mut ln(&[39.0, 1.0]), 0.05), f64::INFINITY);
        assert!((least_rejected(&mut ln(&[41.0, 1.0]), 0.05) - 40f64.ln()).abs() < 1e-9);
        assert!((least_rejected(&mut ln(&[21.0, 25.0]), 0.05) - 20f64.ln()).abs() < 1e-9);
        assert_eq!(least_rejected(&mut [], 0.05), f64::INFINITY);
    }
}
