//! "Did you mean": the known word nearest to a written one.

/// The nearest of `known`, when it is near enough to be meant.
///
/// Case, `_` and `-` are not told apart, for those are the slips people make most.
pub(super) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    // A word of another length than any key is no slip, and comparing costs the product of both lengths.
    if written.len() > 64 {
        return None;
    }
    let written = plain(written);
    let scored = known
        .into_iter()
        .map(|word| (strsim::damerau_levenshtein(&written, &plain(word)), word));
    let (distance, word) = scored.min_by_key(|(distance, _)| *distance)?;
    (distance <= allowed(&written, word)).then_some(word)
}

/// `known` as a list for people: `a`, `b` or `c`.
pub(super) fn listed<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    let known: Vec<String> = known.into_iter().map(|word| format!("`{word}`")).collect();
    match known.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
        None => String::new(),
    }
}

/// One slip in three letters, and a whole ending left off or added.
fn allowed(written: &str, word: &str) -> usize {
    let begins = written.len() >= 3
        && (plain(word).starts_with(written) || written.starts_with(&plain(word)));
    let slips = written.len().max(word.len()).div_ceil(3).min(3);
    if begins { usize::MAX } else { slips }
}

fn plain(word: &str) -> String {
    word.to_lowercase().replace(['_', ' '], "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &str, expect: Option<&str>) {
        assert_eq!(
            nearest(written, ["handler", "timeout", "trusted_proxies", "id"]),
            expect
        );
    }

    #[test]
    fn slips_are_understood_and_other_words_are_not() {
        check("handeler", Some("handler"));
        check("Timeout", Some("timeout"));
        check("trusted-proxy", Some("trusted_proxies"));
        check("hand", Some("handler"));
        check("zzz", None);
        check("", None);
        check(&"handler".repeat(100_000), None);
    }

    #[test]
    fn a_list_reads_as_a_sentence() {
        assert_eq!(listed(["a", "b", "c"]), "`a`, `b` or `c`");
        assert_eq!(listed(["a"]), "`a`");
        assert_eq!(listed([]), "");
    }
}
