//! Lookup in a list of headers, where names are compared without case.

/// The first value of that name.
pub fn first<'h>(headers: &'h [(String, String)], name: &str) -> Option<&'h str> {
    all(headers, name).next()
}

/// Every value of that name, in wire order.
pub fn all<'h>(headers: &'h [(String, String)], name: &str) -> impl Iterator<Item = &'h str> {
    headers
        .iter()
        .filter(move |(there, _)| there.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_no_case_and_values_their_order() {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let headers = [pair("X-A", "1"), pair("x-b", "2"), pair("x-a", "3")];
        assert_eq!(first(&headers, "x-A"), Some("1"));
        assert_eq!(all(&headers, "X-a").collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(first(&headers, "x-c"), None);
    }
}
