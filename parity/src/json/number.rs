//! Numbers as decimal text, compared by value: `5 = 5.0 = 5e0`, without rounding and without writing out an exponent.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// A number as `0.DIGITS × 10^exponent`, where the first and the last digit are not zero.
struct Decimal<'a> {
    negative: bool,
    /// Integer part and fraction, as far as they matter.
    digits: [&'a [u8]; 2],
    exponent: Exponent,
}

/// Powers of ten; those beyond 128 bits are told apart by their text only.
#[derive(PartialEq, Eq, Hash)]
enum Exponent {
    Small(i128),
    Huge(String),
}

/// Whether two numbers are the same.
pub(crate) fn same(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    let (left, right) = (Decimal::of(left), Decimal::of(right));
    left.is_zero() && right.is_zero()
        || (left.negative == right.negative
            && left.exponent == right.exponent
            && left.figures().eq(right.figures()))
}

/// The same for numbers that are the same.
pub(super) fn hash(text: &str) -> u64 {
    let decimal = Decimal::of(text);
    if decimal.is_zero() {
        return 11;
    }
    let power = match &decimal.exponent {
        Exponent::Small(power) => match i32::try_from(*power) {
            Ok(power) => u64::from(power.cast_unsigned()),
            Err(_) => xxh3_64(&power.to_le_bytes()),
        },
        Exponent::Huge(text) => xxh3_64(text.as_bytes()),
    };
    let seed = power << 1 | u64::from(decimal.negative);
    match decimal.digits {
        [all, []] | [[], all] => xxh3_64_with_seed(all, seed),
        both => xxh3_64_with_seed(&both.concat(), seed),
    }
}

/// Whether two numbers are no further apart than `tolerance`: exactly where 38 digits are enough for it, and as far as floats
/// can tell otherwise.
pub(crate) fn within(left: &str, right: &str, tolerance: f64) -> bool {
    let exactly = exactly_within(left, right, &tolerance.to_string());
    exactly.unwrap_or_else(|| (ordinal(left) - ordinal(right)).abs() <= tolerance)
}

fn exactly_within(left: &str, right: &str, tolerance: &str) -> Option<bool> {
    let numbers = [left, right, tolerance].map(|text| Decimal::of(text).scaled());
    let [left, right, tolerance] = [numbers[0]?, numbers[1]?, numbers[2]?];
    let scale = left.1.min(right.1).min(tolerance.1);
    let aligned = |(whole, power): (i128, i128)| {
        let shift = u32::try_from(power.checked_sub(scale)?).ok()?;
        whole.checked_mul(10_i128.checked_pow(shift)?)
    };
    let apart = aligned(left)?.checked_sub(aligned(right)?)?;
    Some(apart.checked_abs()? <= aligned(tolerance)?)
}

/// Its value as far as a float can hold it, for times.
pub(crate) fn ordinal(text: &str) -> f64 {
    text.parse().unwrap_or(f64::NAN)
}

impl<'a> Decimal<'a> {
    fn of(text: &'a str) -> Self {
        let (negative, text) = match text.strip_prefix('-') {
            Some(text) => (true, text),
            None => (false, text),
        };
        let (mantissa, power) = text.split_once(['e', 'E']).unwrap_or((text, "0"));
        let (integer, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let mut digits = [integer.as_bytes(), fraction.as_bytes()];
        let mut shift = integer.len() as i128;
        let zeros = leading(digits[0])
            + if all_zero(digits[0]) {
                leading(digits[1])
            } else {
                0
            };
        shift -= zeros as i128;
        if all_zero(digits[0]) {
            digits = [&[], &digits[1][leading(digits[1])..]];
        } else {
            digits[0] = &digits[0][leading(digits[0])..];
        }
        digits[1] = without_trailing(digits[1]);
        if digits[1].is_empty() {
            digits[0] = without_trailing(digits[0]);
        }
        Self {
            negative,
            digits,
            exponent: exponent(power, shift),
        }
    }

    /// The number as `whole × 10^power`, where that fits.
    fn scaled(&self) -> Option<(i128, i128)> {
        let Exponent::Small(exponent) = self.exponent else {
            return None;
        };
        if self.is_zero() {
            return Some((0, 0));
        }
        let (mut whole, mut count) = (0_i128, 0);
        for digit in self.figures() {
            whole = whole
                .checked_mul(10)?
                .checked_add(i128::from(digit - b'0'))?;
            count += 1;
        }
        let whole = if self.negative { -whole } else { whole };
        Some((whole, exponent.checked_sub(count)?))
    }

    fn is_zero(&self) -> bool {
        self.figures().next().is_none()
    }

    fn figures(&self) -> impl Iterator<Item = &'a u8> {
        self.digits[0].iter().chain(self.digits[1])
    }
}

fn exponent(power: &str, shift: i128) -> Exponent {
    match power
        .parse::<i128>()
        .ok()
        .and_then(|power| power.checked_add(shift))
    {
        Some(power) => Exponent::Small(power),
        None => {
            let (sign, digits) = match power.strip_prefix('-') {
                Some(digits) => ("-", digits),
                None => ("", power.trim_start_matches('+')),
            };
            Exponent::Huge(format!("{sign}{}{shift:+}", digits.trim_start_matches('0')))
        }
    }
}

fn leading(digits: &[u8]) -> usize {
    digits.iter().take_while(|digit| **digit == b'0').count()
}

fn all_zero(digits: &[u8]) -> bool {
    leading(digits) == digits.len()
}

fn without_trailing(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().rev().take_while(|digit| **digit == b'0');
    &digits[..digits.len() - zeros.count()]
}
