//! The address by which a client reached us, for plugins whose provider signed it.
//!
//! The surprise: the forwarding headers can be believed here. Whatever an untrusted peer claimed in them was replaced
//! before any handler is asked.

use http::{HeaderMap, Request, header};
use overgrow_handler::{Body, Handler};
use overgrow_plugins::PublicUrl;
use tower::ServiceExt;

/// Tells a plugin's handler that address with each request.
pub(super) fn told(plugin: Handler) -> Handler {
    let answer = move |mut request: Request<Body>| {
        let plugin = plugin.clone();
        let url = url(&request);
        async move {
            request.extensions_mut().extend(url.map(PublicUrl));
            plugin.oneshot(request).await
        }
    };
    Handler::from_fn(answer).through_effects().declining()
}

/// Scheme and authority; nothing, for a request that names no host.
fn url(request: &Request<Body>) -> Option<String> {
    let headers = request.headers();
    let authority = request
        .uri()
        .authority()
        .map(|authority| authority.as_str());
    let host = first(headers, "x-forwarded-host")
        .or(authority)
        .or_else(|| headers.get(header::HOST)?.to_str().ok())?;
    let scheme = match first(headers, "x-forwarded-proto") {
        Some("https") => "https",
        _ => "http",
    };
    Some(format!("{scheme}://{host}"))
}

/// The first of a header's values: what the proxy nearest to the client saw.
fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let line = headers.get(name)?.to_str().ok()?;
    let value = line.split(',').next()?.trim();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(target: &str, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::builder().uri(target);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        url(&request.body(Body::empty()).expect("a request"))
    }

    #[test]
    fn it_is_what_the_client_wrote() {
        let host = ("host", "hooks.example:8080");
        assert_eq!(
            of("/a", &[host]).as_deref(),
            Some("http://hooks.example:8080")
        );
        let seen = [
            host,
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "api.example, inner"),
        ];
        assert_eq!(of("/a", &seen).as_deref(), Some("https://api.example"));
        assert_eq!(
            of("http://b.example/a", &[]).as_deref(),
            Some("http://b.example")
        );
        assert_eq!(of("/a", &[]), None);
    }
}
