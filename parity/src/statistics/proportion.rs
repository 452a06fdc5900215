//! How large a proportion can be, given what was counted.

use statrs::function::gamma::ln_gamma;

use super::tail_over_last_term;

/// One minus the confidence of the limits.
const DOUBT: f64 = 0.05;

/// The one-sided 95 % upper limit (Clopper–Pearson) of a proportion of which `x` in `n` were seen; 1 without data.
pub fn upper_limit(x: u64, n: u64) -> f64 {
    if x >= n {
        return 1.0;
    }
    if x == 0 {
        return -(DOUBT.ln() / n as f64).exp_m1();
    }
    let (mut low, mut high) = (x as f64 / n as f64, 1.0);
    // The limit lies within a few deviations of x/n, so halving 60 times reaches the last bit that matters.
    for _ in 0..60 {
        let middle = 0.5 * (low + high);
        if at_most(x, n, middle) > DOUBT {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The probability of at most `x` hits in `n` trials of chance `p ≥ x/n`.
fn at_most(x: u64, n: u64, p: f64) -> f64 {
    if p >= 1.0 {
        return 0.0;
    }
    let rest = (n - x) as f64;
    let ways = ln_gamma(n as f64 + 1.0) - ln_gamma(x as f64 + 1.0) - ln_gamma(rest + 1.0);
    let last = ways + x as f64 * p.ln() + rest * (-p).ln_1p();
    last.exp() * tail_over_last_term(x, rest + 1.0, (1.0 - p) / p)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(x: u64, n: u64, expect: f64, within: f64) {
        let limit = upper_limit(x, n);
        assert!(
            (limit - expect).abs() < within,
            "{x} of {n}: {limit}, not {expect}"
        );
    }

    #[test]
    fn no_hit_has_the_limits_that_people_know() {
        check(0, 299, 0.01, 4e-5);
        check(0, 2_995, 0.001, 4e-7);
        check(0, 29_956, 0.0001, 4e-9);
        assert!(upper_limit(0, 299) < 0.01 && upper_limit(0, 298) > 0.01);
        assert!(upper_limit(0, 2_995) < 0.001 && upper_limit(0, 2_994) > 0.001);
        assert!(upper_limit(0, 29_956) < 0.0001 && upper_limit(0, 29_955) > 0.0001);
    }

    #[test]
    fn hits_have_the_limits_of_the_tables() {
        check(1, 10, 0.394_163, 1e-6);
        check(5, 10, 0.777_559, 1e-6);
        check(9, 10, 0.994_884, 1e-6);
        check(1, 100, 0.046_559, 1e-6);
        check(10, 100, 0.163_717, 1e-5);
    }

    #[test]
    fn the_limit_is_where_so_few_hits_are_a_matter_of_doubt() {
        for (x, n) in [
            (3, 1_000),
            (700, 1_000),
            (1_000, 1_000_000),
            (250_000_000, 1_000_000_000),
        ] {
            let doubt = at_most(x, n, upper_limit(x, n));
            assert!((doubt - DOUBT).abs() < 1e-3, "{x} of {n}: {doubt}");
        }
    }

    #[test]
    fn without_data_everything_is_possible() {
        assert_eq!(upper_limit(0, 0), 1.0);
        assert_eq!(upper_limit(7, 7), 1.0);
    }
}
