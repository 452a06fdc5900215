//! Limits on heads that the guard does not see.
//!
//! Over HTTP/2 the engine reads heads itself; what it lets through is held to the same numbers as HTTP/1 here, so that
//! a client cannot choose its limits with its protocol.

use http::{Request, Version};

use crate::listen::{Refusal, guard};

/// Why the head is too much, if it is.
pub(super) fn excess<B>(request: &Request<B>) -> Option<Refusal> {
    if request.version() != Version::HTTP_2 {
        return None;
    }
    let limits = guard::Limits::default();
    if request.headers().len() > limits.headers {
        return Some(Refusal::TooManyHeaders);
    }
    let target = request
        .uri()
        .path_and_query()
        .map_or(0, |target| target.as_str().len());
    (target > limits.request_line).then_some(Refusal::RequestLineTooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(version: Version, headers: usize, target: usize) -> Request<()> {
        let mut request = Request::builder()
            .version(version)
            .uri(format!("/{}", "a".repeat(target)));
        for number in 0..headers {
            request = request.header(format!("x-{number}"), "1");
        }
        request.body(()).unwrap()
    }

    #[test]
    fn http2_is_held_to_the_limits_of_http1() {
        assert_eq!(excess(&request(Version::HTTP_2, 100, 16_000)), None);
        assert_eq!(
            excess(&request(Version::HTTP_2, 101, 1)),
            Some(Refusal::TooManyHeaders)
        );
        assert_eq!(
            excess(&request(Version::HTTP_2, 1, 17_000)),
            Some(Refusal::RequestLineTooLong)
        );
        assert_eq!(excess(&request(Version::HTTP_11, 101, 17_000)), None);
    }
}
