//! Where a template's places are.
//!
//! The surprise: a place ends at the first `}`, and one that is not followed by another makes plain text of it all.

/// A part of a template.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// Stands for itself.
    Plain(&'a str),
    /// Stands for what its expression, white space included, names.
    Place(&'a str),
}

/// The parts of a template, in order.
pub(super) fn parts(template: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let (mut plain, mut from) = (0, 0);
    while let Some(place) = next(template, from) {
        if place.is_whole(template) {
            parts.push(Part::Plain(&template[plain..place.start]));
            parts.push(Part::Place(&template[place.start + 2..place.end]));
            plain = place.end + 2;
        }
        from = place.end + 1;
    }
    parts.push(Part::Plain(&template[plain..]));
    parts
}

/// What may be a place: from `{{` to the next `}`.
struct Candidate {
    start: usize,
    end: usize,
}

impl Candidate {
    /// Whether something is in it and it ends with `}}`.
    fn is_whole(&self, template: &str) -> bool {
        self.end > self.start + 2 && template[self.end..].starts_with("}}")
    }
}

fn next(template: &str, from: usize) -> Option<Candidate> {
    let start = from + template.get(from..)?.find("{{")?;
    let end = start + 2 + template[start + 2..].find('}')?;
    Some(Candidate { start, end })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(template: &str, places: &[&str]) {
        let found = parts(template).into_iter().filter_map(|part| match part {
            Part::Place(expression) => Some(expression),
            Part::Plain(_) => None,
        });
        assert_eq!(found.collect::<Vec<_>>(), places, "{template}");
    }

    #[test]
    fn a_place_ends_at_the_first_closing_brace() {
        check("a {{ b }} c{{d}}", &[" b ", "d"]);
        check("{{}}{{ }}", &[" "]);
        check("{{{a}}}", &["{a"]);
        check("{{a}b}}{{c}}", &["c"]);
        check("{{a}{{b}}", &["b"]);
        check("{{}{{a}}}", &["a"]);
        check("{{a}}}}{{", &["a"]);
        check("{ {a}} {{a", &[]);
        check("{{a\n{{b}}", &["a\n{{b"]);
    }
}
