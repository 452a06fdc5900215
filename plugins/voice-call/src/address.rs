//! The address at which the provider saw us.
//!
//! It must not look at headers: what a proxy in front may say about the address is the host's to judge. The surprise:
//! the operator's address gives the origin only, path and query are those of the request.

use url::Url;

/// The address that a signature covers: the operator's origin, else what the host says, with the request's own path
/// and query. `None` when neither is an address.
pub fn seen(operator: Option<&str>, host: &str, path: &str, query: Option<&str>) -> Option<Url> {
    let mut url = Url::parse(operator.unwrap_or(host)).ok()?;
    url.set_path(path);
    url.set_query(query.filter(|query| !query.is_empty()));
    url.set_fragment(None);
    Some(url)
}

/// The address without its query, which is where further requests of a call are to go.
pub fn base(url: &Url) -> String {
    format!("{}{}", url.origin().ascii_serialization(), url.path())
}

/// An address with parameters set in its query; the address itself when it is none.
pub fn with(base: &str, pairs: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse(base) else {
        return base.to_owned();
    };
    let kept: Vec<(String, String)> = url
        .query_pairs()
        .filter(|(name, _)| pairs.iter().all(|(set, _)| set != name))
        .map(|(name, value)| (name.into_owned(), value.into_owned()))
        .collect();
    url.query_pairs_mut()
        .clear()
        .extend_pairs(kept)
        .extend_pairs(pairs);
    url.to_string()
}

/// The ways in which a provider may write the port of an address: as it is, left out, and the scheme's own written.
pub fn spellings(url: &Url) -> Vec<String> {
    let plain = url.to_string();
    let mut bare = url.clone();
    let without = match bare.set_port(None) {
        Ok(()) => bare.to_string(),
        Err(()) => plain.clone(),
    };
    let mut all = vec![plain.clone()];
    all.extend((without != plain).then_some(without));
    all.extend(written_port(url));
    all
}

fn written_port(url: &Url) -> Option<String> {
    let (None, Some(usual), Some(host)) = (url.port(), url.port_or_known_default(), url.host_str())
    else {
        return None;
    };
    let text = url.to_string();
    let end = url.scheme().len() + 3 + host.len();
    let fits = url.username().is_empty() && url.password().is_none();
    (fits && text.is_char_boundary(end))
        .then(|| format!("{}:{usual}{}", &text[..end], &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(operator: Option<&str>, host: &str, path: &str, query: Option<&str>, expect: &str) {
        let url = seen(operator, host, path, query).expect("an address");
        assert_eq!(url.as_str(), expect);
    }

    #[test]
    fn the_operators_origin_carries_the_requests_path() {
        let host = "http://127.0.0.1:3334/voice/webhook";
        let own = Some("https://calls.example.com/elsewhere?x=1#y");
        let query = Some("callId=a%2Fb&type=status");
        check(
            own,
            host,
            "/voice/webhook",
            query,
            "https://calls.example.com/voice/webhook?callId=a%2Fb&type=status",
        );
        check(own, host, "/v", Some(""), "https://calls.example.com/v");
        check(None, host, "/v/w", None, "http://127.0.0.1:3334/v/w");
        assert_eq!(seen(None, "nowhere", "/", None), None);
    }

    #[test]
    fn parameters_are_set_not_added() {
        let base = "https://calls.example.com/v?callId=old&k=1";
        let expect = "https://calls.example.com/v?k=1&callId=a+b&type=status";
        assert_eq!(with(base, &[("callId", "a b"), ("type", "status")]), expect);
        assert_eq!(with("nowhere", &[("a", "b")]), "nowhere");
    }

    #[test]
    fn a_port_may_be_written_or_not() {
        let all = |text| spellings(&Url::parse(text).expect("a URL"));
        assert_eq!(
            all("https://e.com/v?a=1"),
            ["https://e.com/v?a=1", "https://e.com:443/v?a=1"]
        );
        assert_eq!(
            all("https://e.com:8443/v"),
            ["https://e.com:8443/v", "https://e.com/v"]
        );
        assert_eq!(all("https://u:p@e.com/v"), ["https://u:p@e.com/v"]);
    }

    #[test]
    fn the_base_has_no_query() {
        let url = Url::parse("https://u:p@e.com:8443/v/w?a=1#b").expect("a URL");
        assert_eq!(base(&url), "https://e.com:8443/v/w");
    }
}
