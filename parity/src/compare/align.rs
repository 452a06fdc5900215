//! Which elements of two lists belong together, by their hashes.
//!
//! An element that was put in or left out must not make all that follow it look different. The surprise: where the lists
//! are long and nothing fits, elements are paired by their index, because the perfect answer costs the product of both
//! lengths.

use std::collections::HashMap;

/// A pair, or an element that only one list has; indexes into the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aligned {
    Both(usize, usize),
    Left(usize),
    Right(usize),
}

/// Cells of the table of common subsequences that are worth filling.
const TABLE: usize = 250_000;

/// The elements of a list by two hashes each.
#[derive(Debug, Clone, Copy)]
pub(super) struct Hashes<'h> {
    /// The same for what is equal.
    pub(super) exact: &'h [u64],
    /// The same for what may be equal by class.
    pub(super) alike: &'h [u64],
}

impl<'h> Hashes<'h> {
    /// Where nothing but what is equal is alike.
    pub(super) fn exact(exact: &'h [u64]) -> Self {
        Self {
            exact,
            alike: exact,
        }
    }
}

/// Aligns two lists in their order. Pairs may be unequal: what is equal comes together first, then what is alike.
pub(super) fn in_order(left: Hashes<'_>, right: Hashes<'_>) -> Vec<Aligned> {
    if left.exact.len() == right.exact.len() {
        return by_index((0, left.exact.len()), (0, right.exact.len()));
    }
    let alike = |(i, next_i): Run, (j, next_j): Run| {
        let (left, right) = (&left.alike[i..next_i], &right.alike[j..next_j]);
        let pairs = between_common_ends(left, right, by_index);
        pairs.into_iter().map(|pair| pair.shifted(i, j)).collect()
    };
    between_common_ends(left.exact, right.exact, alike)
}

/// A run of elements, from the first to the one after the last.
type Run = (usize, usize);

/// Aligns two lists by what is equal; runs without it are left to `rest`.
fn between_common_ends(
    left: &[u64],
    right: &[u64],
    rest: impl Fn(Run, Run) -> Vec<Aligned>,
) -> Vec<Aligned> {
    let before = common(left.iter(), right.iter());
    let (left_rest, right_rest) = (&left[before..], &right[before..]);
    let after = common(left_rest.iter().rev(), right_rest.iter().rev());
    let (left_end, right_end) = (left.len() - after, right.len() - after);

    let mut aligned = by_index((0, before), (0, before));
    let shifted = |(i, next_i): Run, (j, next_j): Run| {
        rest((i + before, next_i + before), (j + before, next_j + before))
    };
    let (left_middle, right_middle) = (&left[before..left_end], &right[before..right_end]);
    aligned.extend(middle(left_middle, right_middle, before, shifted));
    aligned.extend(by_index((left_end, left.len()), (right_end, right.len())));
    aligned
}

impl Aligned {
    fn shifted(self, left: usize, right: usize) -> Self {
        match self {
            Self::Both(i, j) => Self::Both(i + left, j + right),
            Self::Left(i) => Self::Left(i + left),
            Self::Right(j) => Self::Right(j + right),
        }
    }
}

fn common<'a>(left: impl Iterator<Item = &'a u64>, right: impl Iterator<Item = &'a u64>) -> usize {
    left.zip(right)
        .take_while(|(left, right)| left == right)
        .count()
}

/// Lists that differ at both ends, `before` elements behind where they began; `rest` counts from here.
fn middle(
    left: &[u64],
    right: &[u64],
    before: usize,
    rest: impl Fn(Run, Run) -> Vec<Aligned>,
) -> Vec<Aligned> {
    if left.len().saturating_mul(right.len()) > TABLE {
        return rest((0, left.len()), (0, right.len()));
    }
    let mut aligned = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (next_i, next_j) in common_subsequence(left, right) {
        aligned.extend(rest((i, next_i), (j, next_j)));
        aligned.push(Aligned::Both(next_i + before, next_j + before));
        (i, j) = (next_i + 1, next_j + 1);
    }
    aligned.extend(rest((i, left.len()), (j, right.len())));
    aligned
}

/// Pairs two runs from their beginnings; the longer one has elements left over.
fn by_index(left: Run, right: Run) -> Vec<Aligned> {
    let shared = (left.1 - left.0).min(right.1 - right.0);
    let both = (0..shared).map(|at| Aligned::Both(left.0 + at, right.0 + at));
    let left_over = (left.0 + shared..left.1).map(Aligned::Left);
    let right_over = (right.0 + shared..right.1).map(Aligned::Right);
    both.chain(left_over).chain(right_over).collect()
}

/// The longest common subsequence, as pairs of indexes.
fn common_subsequence(left: &[u64], right: &[u64]) -> Vec<(usize, usize)> {
    let width = right.len() + 1;
    let mut lengths = vec![0u32; (left.len() + 1) * width];
    for i in (0..left.len()).rev() {
        for j in (0..right.len()).rev() {
            lengths[i * width + j] = if left[i] == right[j] {
                lengths[(i + 1) * width + j + 1] + 1
            } else {
                lengths[(i + 1) * width + j].max(lengths[i * width + j + 1])
            };
        }
    }
    let (mut pairs, mut i, mut j) = (Vec::new(), 0, 0);
    while i < left.len() && j < right.len() {
        if left[i] == right[j] {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
            continue;
        }
        let (skip_left, skip_right) = (lengths[(i + 1) * width + j], lengths[i * width + j + 1]);
        // Where both ways are as good the same one is taken from either side.
        if (skip_left, right[j]) > (skip_right, left[i]) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

/// Matches two lists whatever their order: equal ones first, then what is alike, then the rest from the beginning.
pub(super) fn unordered(left: Hashes<'_>, right: Hashes<'_>) -> Vec<Aligned> {
    let all = |count: usize| (0..count).collect::<Vec<usize>>();
    let (mut left_over, mut right_over) = (all(left.exact.len()), all(right.exact.len()));
    let mut aligned = take_equal(left.exact, right.exact, &mut left_over, &mut right_over);
    aligned.extend(take_equal(
        left.alike,
        right.alike,
        &mut left_over,
        &mut right_over,
    ));
    let pairs = by_index((0, left_over.len()), (0, right_over.len()));
    aligned.extend(pairs.into_iter().map(|pair| match pair {
        Aligned::Both(i, j) => Aligned::Both(left_over[i], right_over[j]),
        Aligned::Left(i) => Aligned::Left(left_over[i]),
        Aligned::Right(j) => Aligned::Right(right_over[j]),
    }));
    aligned
}

/// Pairs those of the elements left over that have the same hash.
fn take_equal(
    left: &[u64],
    right: &[u64],
    left_over: &mut Vec<usize>,
    right_over: &mut Vec<usize>,
) -> Vec<Aligned> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for j in right_over.drain(..).rev() {
        places.entry(right[j]).or_default().push(j);
    }
    let mut aligned = Vec::new();
    left_over.retain(|&i| {
        let found = places.get_mut(&left[i]).and_then(Vec::pop);
        aligned.extend(found.map(|j| Aligned::Both(i, j)));
        found.is_none()
    });
    right_over.extend(places.into_values().flatten());
    right_over.sort_unstable();
    aligned
}

/// Whether the lists have the same elements.
pub(super) fn same_elements(left: &[u64], right: &[u64]) -> bool {
    let sorted = |list: &[u64]| {
        let mut list = list.to_vec();
        list.sort_unstable();
        list
    };
    left.len() == right.len() && sorted(left) == sorted(right)
}

#[cfg(test)]
mod tests {
    use super::Aligned::{Both, Left, Right};
    use super::*;

    #[test]
    fn what_is_alike_comes_together_behind_what_is_equal() {
        let left = Hashes {
            exact: &[1, 20, 21, 3],
            alike: &[1, 2, 2, 3],
        };
        let right = Hashes {
            exact: &[1, 21, 9, 22, 3, 4],
            alike: &[1, 2, 9, 2, 3, 4],
        };
        assert_eq!(
            in_order(left, right),
            [
                Both(0, 0),
                Left(1),
                Both(2, 1),
                Right(2),
                Right(3),
                Both(3, 4),
                Right(5)
            ]
        );
        assert_eq!(
            unordered(left, right),
            [
                Both(0, 0),
                Both(2, 1),
                Both(3, 4),
                Both(1, 3),
                Right(2),
                Right(5)
            ]
        );
    }

    #[test]
    fn one_that_was_put_in_shifts_the_rest() {
        assert_eq!(
            in_order(Hashes::exact(&[1, 2, 3]), Hashes::exact(&[1, 9, 2, 3])),
            [Both(0, 0), Right(1), Both(1, 2), Both(2, 3)]
        );
        assert_eq!(
            in_order(Hashes::exact(&[1, 2, 3]), Hashes::exact(&[2, 3])),
            [Left(0), Both(1, 0), Both(2, 1)]
        );
        assert_eq!(in_order(Hashes::exact(&[1]), Hashes::exact(&[])), [Left(0)]);
    }

    #[test]
    fn a_changed_one_beside_it_stays_a_pair() {
        let aligned = in_order(
            Hashes::exact(&[1, 2, 3, 4]),
            Hashes::exact(&[1, 7, 3, 9, 4]),
        );
        assert_eq!(
            aligned,
            [Both(0, 0), Both(1, 1), Both(2, 2), Right(3), Both(3, 4)]
        );
    }

    #[test]
    fn whatever_the_order_equal_ones_meet() {
        let aligned = unordered(
            Hashes::exact(&[1, 2, 2, 5]),
            Hashes::exact(&[2, 6, 1, 2, 7]),
        );
        assert_eq!(
            aligned,
            [Both(0, 2), Both(1, 0), Both(2, 3), Both(3, 1), Right(4)]
        );
        assert!(same_elements(&[1, 2, 2], &[2, 1, 2]) && !same_elements(&[1, 2, 2], &[1, 1, 2]));
    }

    #[test]
    fn long_lists_are_paired_by_index() {
        let left: Vec<u64> = (0..5_000).collect();
        let right: Vec<u64> = (10_000..16_000).collect();
        let aligned = in_order(Hashes::exact(&left), Hashes::exact(&right));
        assert_eq!(aligned.len(), 6_000);
        assert_eq!(aligned[5_000], Right(5_000));
    }
}
