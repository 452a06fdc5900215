//! Why a request was turned away, with the status, the metric label and the sentence that go with it.
//!
//! It must not know how the answer is sent. The one surprise: a refused head travels through the engine as a request
//! of its own (the stand-in), so that answers to requests pipelined before it keep their place.

use std::error::Error;
use std::io;

/// Method of the stand-in request that the guard hands to the engine in place of a refused head. Its target is `/`
/// and the refusal's slug. A client that sends this method itself is refused as well.
pub const STAND_IN_METHOD: &str = "OVERGROW-REFUSED";

/// Declares the refusals once: the variant, its documentation, status, slug and sentence.
macro_rules! refusals {
    ($($variant:ident $status:literal $slug:literal $detail:literal)+) => {
        /// What was wrong with a request. The set is closed, so that its slugs can label metrics.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
        pub enum Refusal {
            $(#[doc = $detail] #[error($detail)] $variant,)+
        }

        impl Refusal {
            /// Every refusal there is.
            pub const ALL: &[Refusal] = &[$(Refusal::$variant),+];

            /// The HTTP status of the answer.
            pub fn status(self) -> u16 {
                match self { $(Refusal::$variant => $status,)+ }
            }

            /// A short name from a bounded set, fit to label a metric.
            pub fn reason(self) -> &'static str {
                match self { $(Refusal::$variant => $slug,)+ }
            }

            /// A sentence for the person who sent the request.
            pub fn detail(self) -> &'static str {
                match self { $(Refusal::$variant => $detail,)+ }
            }
        }
    };
}

refusals! {
    Method 400 "method" "the method is not made of capital letters, hyphens and underscores"
    ReservedMethod 501 "reserved-method" "the method is reserved"
    Connect 405 "connect" "this is not a forward proxy"
    Target 400 "target" "the request target is not a path or an absolute address"
    RequestLine 400 "request-line" "the request line is not a method, a target and a version"
    Version 505 "version" "only HTTP/1.0 and HTTP/1.1 are spoken in this form"
    RequestLineTooLong 414 "request-line-too-long" "the request line is too long"
    HeadTooLong 431 "head-too-long" "the request head is too long"
    TooManyHeaders 431 "too-many-headers" "the request head has too many lines"
    HeadTimeout 408 "head-timeout" "the request head took too long"
    ObsFold 400 "obs-fold" "a header line begins with white space"
    BareLf 400 "bare-lf" "a line ends without a carriage return"
    BareCr 400 "bare-cr" "a carriage return stands without a line feed"
    Control 400 "control-character" "a header value contains a control character"
    HeaderName 400 "header-name" "a header name is empty or contains a forbidden character"
    SpaceBeforeColon 400 "space-before-colon" "a header name is followed by white space"
    ContentLength 400 "content-length" "the content length is not a number"
    TwoContentLengths 400 "two-content-lengths" "there is more than one content length"
    TransferEncoding 400 "transfer-encoding" "the transfer encoding is not chunked"
    TwoTransferEncodings 400 "two-transfer-encodings" "there is more than one transfer encoding header"
    TransferCoding 501 "transfer-coding" "the transfer coding is not supported"
    TransferEncodingInHttp10 400 "transfer-encoding-in-http-1.0" "HTTP/1.0 has no transfer encoding"
    ContentLengthAndTransferEncoding 400 "content-length-and-transfer-encoding"
        "there is both a content length and a transfer encoding"
    NoHost 400 "no-host" "the host header is missing"
    TwoHosts 400 "two-hosts" "there is more than one host header"
    Host 400 "host" "the host header is not a host and a port"
    HostMismatch 400 "host-mismatch" "the host header and the authority name different hosts"
    ChunkSize 400 "chunk-size" "a chunk size is not a short hexadecimal number"
    ChunkExtension 400 "chunk-extension" "a chunk extension contains a control character"
    ChunkExtensionTooLong 400 "chunk-extension-too-long" "the chunk extensions are too long"
    ChunkEnd 400 "chunk-end" "a chunk does not end where its size says"
    TrailersTooLong 431 "trailers-too-long" "the trailers are too long"
    UpgradeWithoutConnection 400 "upgrade-without-connection" "Upgrade: websocket needs Connection: Upgrade beside it"
    ForbiddenTrailer 400 "forbidden-trailer" "a trailer would change how the message is read"
}

impl Refusal {
    /// Reads the refusal out of a stand-in request; `None` for any other request.
    pub fn of<B>(request: &http::Request<B>) -> Option<Refusal> {
        let named = || Refusal::from_slug(request.uri().path());
        (request.method().as_str() == STAND_IN_METHOD)
            .then(|| named().unwrap_or(Refusal::ReservedMethod))
    }

    /// The refusal a slug names, with or without the `/` that precedes it in the stand-in's target.
    pub fn from_slug(slug: &str) -> Option<Refusal> {
        let slug = slug.strip_prefix('/').unwrap_or(slug);
        Refusal::ALL.iter().copied().find(|it| it.reason() == slug)
    }

    /// Looks for a refusal among the causes of a failed body.
    pub fn find(error: &(dyn Error + 'static)) -> Option<Refusal> {
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(refusal) = inside(error) {
                return Some(refusal);
            }
            next = error.source();
        }
        None
    }

    /// The well-formed request that the engine sees instead of the refused one.
    pub(super) fn stand_in(self) -> String {
        let target = self.target();
        format!(
            "{STAND_IN_METHOD} {target} HTTP/1.1\r\nhost: overgrow\r\nconnection: close\r\n\r\n"
        )
    }

    /// The stand-in's target.
    pub(super) fn target(self) -> String {
        format!("/{}", self.reason())
    }
}

impl From<Refusal> for io::Error {
    fn from(refusal: Refusal) -> io::Error {
        io::Error::new(io::ErrorKind::InvalidData, refusal)
    }
}

/// `io::Error` hides what it wraps from `source`, so it is opened by hand.
fn inside(error: &(dyn Error + 'static)) -> Option<Refusal> {
    let wrapped = error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref);
    let refusal = match wrapped {
        Some(wrapped) => wrapped.downcast_ref(),
        None => error.downcast_ref(),
    };
    refusal.copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_slug_leads_back_to_its_refusal() {
        for &refusal in Refusal::ALL {
            assert_eq!(Refusal::from_slug(refusal.reason()), Some(refusal));
            assert!((400..=505).contains(&refusal.status()), "{refusal:?}");
        }
        assert_eq!(Refusal::from_slug("/bare-lf"), Some(Refusal::BareLf));
        assert_eq!(Refusal::from_slug("nonsense"), None);
    }

    #[test]
    fn a_refusal_is_found_under_an_io_error() {
        let error = io::Error::other(io::Error::from(Refusal::ChunkSize));
        assert_eq!(
            Refusal::find(&io::Error::from(Refusal::ChunkEnd)),
            Some(Refusal::ChunkEnd)
        );
        assert_eq!(Refusal::find(&io::Error::other("else")), None);
        assert_eq!(
            Refusal::find(error.get_ref().unwrap()),
            Some(Refusal::ChunkSize)
        );
    }
}
