//! Arrays: which elements belong together, and whether only their order differs.

use super::{Diff, Todo};
use crate::Kind;
use crate::class::likeness;
use crate::compare::align::{Aligned, Hashes, in_order, same_elements, unordered};
use crate::compare::found::Bit;
use crate::compare::path::StepId;
use crate::json::{At, Doc, Value};
use crate::rules::Says;

impl<'d> Diff<'d, '_, '_, '_> {
    pub(super) fn arrays(&mut self, legacy: At, rust: At, step: Option<StepId>) {
        let ours: Vec<At> = self.legacy.elements(legacy).collect();
        let theirs: Vec<At> = self.rust.elements(rust).collect();
        let exact = self.exact_hashes(&ours, &theirs);
        if exact[0] == exact[1] {
            return;
        }
        let aligned = match self.matching(step) {
            Some((rule, None)) => {
                self.found.applied(rule);
                self.align(unordered, &exact, &ours, &theirs)
            }
            Some((rule, Some(field))) => {
                self.found.applied(rule);
                self.by_field(&field, &ours, &theirs)
            }
            None if self.is_reordered(&exact, &ours, &theirs) => {
                let bits = (Bit::Json(self.legacy, legacy), Bit::Json(self.rust, rust));
                self.report(step, Kind::Order, bits);
                self.align(unordered, &exact, &ours, &theirs)
            }
            None => self.align(in_order, &exact, &ours, &theirs),
        };
        let is_equal =
            |pair: &Aligned| matches!(pair, Aligned::Both(i, j) if exact[0][*i] == exact[1][*j]);
        let unequal = aligned.iter().filter(|pair| !is_equal(pair));
        self.look_at(unequal.rev(), &ours, &theirs, step);
    }

    /// Whether the elements are the same, perhaps by class only, and merely their order differs.
    fn is_reordered(&mut self, exact: &[Vec<u64>; 2], ours: &[At], theirs: &[At]) -> bool {
        if ours.len() != theirs.len() || differing(exact) < 2 {
            return false;
        }
        if same_elements(&exact[0], &exact[1]) {
            return true;
        }
        let alike = self.alike_hashes(ours, theirs);
        alike[0] != alike[1] && same_elements(&alike[0], &alike[1])
    }

    fn align(
        &mut self,
        align: fn(Hashes<'_>, Hashes<'_>) -> Vec<Aligned>,
        exact: &[Vec<u64>; 2],
        ours: &[At],
        theirs: &[At],
    ) -> Vec<Aligned> {
        // One pair that differs in place needs no likeness to be found.
        if ours.len() == theirs.len() && differing(exact) < 2 {
            return align(Hashes::exact(&exact[0]), Hashes::exact(&exact[1]));
        }
        let alike = self.alike_hashes(ours, theirs);
        let side = |at: usize| Hashes {
            exact: &exact[at],
            alike: &alike[at],
        };
        align(side(0), side(1))
    }

    fn by_field(&mut self, field: &str, ours: &[At], theirs: &[At]) -> Vec<Aligned> {
        let (legacy, rust) = (self.legacy, self.rust);
        let [of_legacy, of_rust] = self.hashes();
        let ours = keys(legacy, ours, of_legacy, field);
        let theirs = keys(rust, theirs, of_rust, field);
        by_key(&ours, &theirs)
    }

    fn exact_hashes(&mut self, ours: &[At], theirs: &[At]) -> [Vec<u64>; 2] {
        let [of_legacy, of_rust] = self.hashes();
        [picked(of_legacy, ours), picked(of_rust, theirs)]
    }

    fn alike_hashes(&mut self, ours: &[At], theirs: &[At]) -> [Vec<u64>; 2] {
        let (legacy, rust) = (self.legacy, self.rust);
        let hashes = || [legacy, rust].map(|document| document.hashes_with(likeness));
        let [of_legacy, of_rust] = self.alike.get_or_insert_with(hashes);
        [picked(of_legacy, ours), picked(of_rust, theirs)]
    }

    fn look_at<'p>(
        &mut self,
        backwards: impl Iterator<Item = &'p Aligned>,
        ours: &[At],
        theirs: &[At],
        step: Option<StepId>,
    ) {
        for pair in backwards {
            let index = match pair {
                Aligned::Both(index, _) | Aligned::Left(index) | Aligned::Right(index) => *index,
            };
            let step = Some(self.steps.index(step, index));
            self.todo.push(match pair {
                Aligned::Both(i, j) => Todo::Pair(ours[*i], theirs[*j], step),
                Aligned::Left(i) => Todo::Missing(ours[*i], step),
                Aligned::Right(j) => Todo::Extra(theirs[*j], step),
            });
        }
    }

    /// The rule that says how elements are matched, and by which field.
    fn matching(&self, step: Option<StepId>) -> Option<(u16, Option<String>)> {
        self.rule(step, |says| match says {
            Says::Unordered => Some(None),
            Says::Keyed(field) => Some(Some(field.clone())),
            _ => None,
        })
    }

    fn hashes(&mut self) -> &[Vec<u64>; 2] {
        let (legacy, rust) = (self.legacy, self.rust);
        self.hashes
            .get_or_insert_with(|| [legacy.hashes(), rust.hashes()])
    }
}

fn picked(hashes: &[u64], elements: &[At]) -> Vec<u64> {
    elements.iter().map(|at| hashes[*at]).collect()
}

/// How many elements differ from the one in the same place.
fn differing([ours, theirs]: &[Vec<u64>; 2]) -> usize {
    let pairs = ours.iter().zip(theirs);
    pairs.filter(|(one, other)| one != other).count()
}

/// The hash of each element's field; none for an element without it.
fn keys(doc: &Doc<'_>, elements: &[At], hashes: &[u64], field: &str) -> Vec<Option<u64>> {
    let key = |at: &At| match doc.value(*at) {
        Value::Object(_) => doc.member(*at, field.as_bytes()).map(|field| hashes[field]),
        _ => None,
    };
    elements.iter().map(key).collect()
}

/// Pairs elements with the same key; those without one among themselves. What finds no partner stays alone.
fn by_key(ours: &[Option<u64>], theirs: &[Option<u64>]) -> Vec<Aligned> {
    let hash = |key: &Option<u64>| key.map_or(0, |key| key | 1);
    let ours: Vec<u64> = ours.iter().map(hash).collect();
    let theirs: Vec<u64> = theirs.iter().map(hash).collect();
    let split = |pair: Aligned| match pair {
        Aligned::Both(i, j) if ours[i] != theirs[j] => vec![Aligned::Left(i), Aligned::Right(j)],
        pair => vec![pair],
    };
    unordered(Hashes::exact(&ours), Hashes::exact(&theirs))
        .into_iter()
        .flat_map(split)
        .collect()
}
