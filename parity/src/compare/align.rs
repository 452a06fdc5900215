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

/// Aligns two lists in their order. Pairs may be unequal.
pub(super) fn in_order(left: &[u64], right: &[u64]) -> Vec<Aligned> {
    if left.len() == right.len() {
        return (0..left.len()).map(|at| Aligned::Both(at, at)).collect();
    }
    let before = common(left.iter(), right.iter());
    let (left_rest, right_rest) = (&left[before..], &right[before..]);
    let after = common(left_rest.iter().rev(), right_rest.iter().rev());
    let left_middle = &left_rest[..left_rest.len() - after];
    let right_middle = &right_rest[..right_rest.len() - after];

    let mut aligned: Vec<Aligned> = (0..before).map(|at| Aligned::Both(at, at)).collect();
    let shift = |pair: Aligned| match pair {
        Aligned::Both(i, j) => Aligned::Both(i + before, j + before),
        Aligned::Left(i) => Aligned::Left(i + before),
        Aligned::Right(j) => Aligned::Right(j + before),
    };
    aligned.extend(middle(left_middle, right_middle).into_iter().map(shift));
    let (i, j) = (left.len() - after, right.len() - after);
    aligned.extend((0..after).map(|at| Aligned::Both(i + at, j + at)));
    aligned
}

fn common<'a>(left: impl Iterator<Item = &'a u64>, right: impl Iterator<Item = &'a u64>) -> usize {
    left.zip(right)
        .take_while(|(left, right)| left == right)
        .count()
}

/// Lists that differ at both ends.
fn middle(left: &[u64], right: &[u64]) -> Vec<Aligned> {
    if left.len().saturating_mul(right.len()) > TABLE {
        return by_index((0, left.len()), (0, right.len()));
    }
    let mut aligned = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (next_i, next_j) in common_subsequence(left, right) {
        aligned.extend(by_index((i, next_i), (j, next_j)));
        aligned.push(Aligned::Both(next_i, next_j));
        (i, j) = (next_i + 1, next_j + 1);
    }
    aligned.extend(by_index((i, left.len()), (j, right.len())));
    aligned
}

/// Pairs two runs from their beginnings; the longer one has elements left over.
fn by_index(left: (usize, usize), right: (usize, usize)) -> Vec<Aligned> {
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

/// Matches two lists whatever their order: equal ones first, then the rest from the beginning.
pub(super) fn unordered(left: &[u64], right: &[u64]) -> Vec<Aligned> {
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for (j, hash) in right.iter().enumerate().rev() {
        places.entry(*hash).or_default().push(j);
    }
    let (mut aligned, mut left_over) = (Vec::new(), Vec::new());
    for (i, hash) in left.iter().enumerate() {
        match places.get_mut(hash).and_then(Vec::pop) {
            Some(j) => aligned.push(Aligned::Both(i, j)),
            None => left_over.push(i),
        }
    }
    let mut right_over: Vec<usize> = places.into_values().flatten().collect();
    right_over.sort_unstable();
    let pairs = by_index((0, left_over.len()), (0, right_over.len()));
    aligned.extend(pairs.into_iter().map(|pair| match pair {
        Aligned::Both(i, j) => Aligned::Both(left_over[i], right_over[j]),
        Aligned::Left(i) => Aligned::Left(left_over[i]),
        Aligned::Right(j) => Aligned::Right(right_over[j]),
    }));
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
    fn one_that_was_put_in_shifts_the_rest() {
        assert_eq!(
            in_order(&[1, 2, 3], &[1, 9, 2, 3]),
            [Both(0, 0), Right(1), Both(1, 2), Both(2, 3)]
        );
        assert_eq!(
            in_order(&[1, 2, 3], &[2, 3]),
            [Left(0), Both(1, 0), Both(2, 1)]
        );
        assert_eq!(in_order(&[1], &[]), [Left(0)]);
    }

    #[test]
    fn a_changed_one_beside_it_stays_a_pair() {
        let aligned = in_order(&[1, 2, 3, 4], &[1, 7, 3, 9, 4]);
        assert_eq!(
            aligned,
            [Both(0, 0), Both(1, 1), Both(2, 2), Right(3), Both(3, 4)]
        );
    }

    #[test]
    fn whatever_the_order_equal_ones_meet() {
        let aligned = unordered(&[1, 2, 2, 5], &[2, 6, 1, 2, 7]);
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
        let aligned = in_order(&left, &right);
        assert_eq!(aligned.len(), 6_000);
        assert_eq!(aligned[5_000], Right(5_000));
    }
}
