//! Where a message goes.

/// A thread of Zalo's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Thread {
    pub(crate) id: String,
    pub(crate) is_group: bool,
}

impl Thread {
    /// Reads a target: `ID`, `group:ID`, either with the channel's name in front. `None` for one that is none, or that
    /// `zca` would take for an option.
    pub(crate) fn parse(target: &str) -> Option<Self> {
        let rest = without(target.trim(), &["zalouser:", "zlu:"]);
        let id = without(rest, &["group:"]);
        let good = !id.is_empty() && !id.starts_with('-');
        good.then(|| Self {
            id: id.to_owned(),
            is_group: id.len() != rest.len(),
        })
    }

    /// What [`parse`](Self::parse) reads.
    pub(crate) fn target(&self) -> String {
        match self.is_group {
            true => format!("group:{}", self.id),
            false => self.id.clone(),
        }
    }
}

fn without<'t>(text: &'t str, prefixes: &[&str]) -> &'t str {
    let prefixed = |prefix: &&str| {
        let (head, rest) = text.split_at_checked(prefix.len())?;
        head.eq_ignore_ascii_case(prefix).then(|| rest.trim())
    };
    prefixes.iter().find_map(prefixed).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_thread_and_back() {
        let check = |target: &str, id: &str, is_group: bool| {
            let thread = Thread::parse(target).expect(target);
            assert_eq!((&*thread.id, thread.is_group), (id, is_group), "{target}");
            assert_eq!(Thread::parse(&thread.target()), Some(thread));
        };
        check(" 12 ", "12", false);
        check("zalouser:12", "12", false);
        check("ZLU:group:12", "12", true);
        check("group: 12", "12", true);
    }

    #[test]
    fn what_is_none_or_an_option_is_refused() {
        for target in ["", " ", "zalouser:", "group:", "-g", "group:--profile"] {
            assert_eq!(Thread::parse(target), None, "{target:?}");
        }
    }
}
