//! A plugin between requests and answers: it is told the address by which a client reached us, which its provider may
//! have signed, and a comparison is told which content answered.
//!
//! The surprise: the forwarding headers can be believed here. Whatever an untrusted peer claimed in them was replaced
//! before any handler is asked.

use std::sync::Arc;

use http::{HeaderMap, HeaderName, HeaderValue, Request, Response, header};
use overgrow_handler::{Body, Call, Handler, Role};
use overgrow_plugins::{Plugins, PublicUrl};
use tower::ServiceExt;

/// Where a comparison looks for a version: evidence of one content is none of another.
const VERSION: HeaderName = HeaderName::from_static("x-overgrow-version");

/// Answers requests by the plugin of a name.
pub(super) fn told(plugins: &Plugins, name: &str) -> Handler {
    let (plugins, name) = (plugins.clone(), Arc::<str>::from(name));
    let plugin = plugins.handler(&name);
    let answer = move |mut request: Request<Body>| {
        let (plugin, plugins, name) = (plugin.clone(), plugins.clone(), Arc::clone(&name));
        let url = url(&request);
        let call = request.extensions().get::<Call>();
        let compared = call.is_some_and(|call| call.role == Role::Shadow);
        async move {
            if let Some(url) = url {
                request.extensions_mut().insert(PublicUrl(url));
            }
            let mut response = plugin.oneshot(request).await?;
            if compared {
                name_content(&mut response, plugins.content(&name));
            }
            Ok(response)
        }
    };
    Handler::from_fn(answer).through_effects().declining()
}

/// Only in answers that no client gets.
fn name_content(response: &mut Response<Body>, content: Option<String>) {
    let content = content.and_then(|content| HeaderValue::from_str(&content).ok());
    if let Some(content) = content {
        response.headers_mut().insert(VERSION, content);
    }
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
