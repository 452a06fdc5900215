//! What the host answers to effects while planning, from the rules of the grant.
//!
//! Pure. A rule names a kind and a target, in which `*` stands for any run of characters; the first that fits counts.

use crate::grant::PlanRule;

/// The first rule for an effect.
pub(crate) fn rule<'a>(rules: &'a [PlanRule], kind: &str, target: &str) -> Option<&'a PlanRule> {
    let mut rules = rules.iter();
    rules.find(|rule| rule.kind == kind && fits(&rule.target, target))
}

/// Whether a text fits a pattern in which `*` stands for any run of characters.
pub(crate) fn fits(pattern: &str, text: &str) -> bool {
    let mut pieces = pattern.split('*');
    let first = pieces.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let Some(last) = pieces.next_back() else {
        return rest.is_empty();
    };
    for piece in pieces {
        // The earliest place leaves most of the text to the pieces that follow.
        match rest.find(piece) {
            Some(at) => rest = &rest[at + piece.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_is_any_run_and_everything_else_itself() {
        for (pattern, text) in [
            ("a", "a"),
            ("*", ""),
            ("/bot*/getUpdates", "/bot1:x/getUpdates"),
            ("a*b*c", "a--b--b--c"),
            ("a**a", "aa"),
            ("POST https://*/send", "POST https://a.example/x/send"),
        ] {
            assert!(fits(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in [
            ("", "a"),
            ("a", "ab"),
            ("a*a", "a"),
            ("*b*b", "ab"),
            ("/bot*/getUpdates", "/bot1/getUpdates/x"),
            ("a.c", "abc"),
        ] {
            assert!(!fits(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn the_first_rule_of_its_kind_counts() {
        let of = |kind: &str, target: &str, status| PlanRule {
            kind: kind.to_owned(),
            target: target.to_owned(),
            status,
            answer: serde_json::Value::Null,
        };
        let rules = [
            of("legacy", "*", 1),
            of("http", "POST *", 2),
            of("http", "*", 3),
        ];
        assert_eq!(rule(&rules, "http", "POST x").unwrap().status, 2);
        assert_eq!(rule(&rules, "http", "PUT x").unwrap().status, 3);
        assert!(rule(&rules, "process", "x").is_none());
    }
}
