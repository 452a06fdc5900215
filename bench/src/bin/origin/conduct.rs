//! How an origin treats the requests for `/json`: as one should, or as the targets of shadow requests sometimes do.
//!
//! It must not know who asks. The surprise: a target that refuses is not here, because it is one that does not run.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use clap::ValueEnum;
use http_body_util::{Either, Full};
use hyper::Response;
use hyper::body::{Body, Frame, SizeHint};
use hyper::header::{CONTENT_TYPE, HeaderValue};

use crate::Answer;

/// The size that every figure about shadow requests is quoted for.
const SIZE: usize = 1024;
/// What a target that never stops announces.
const ENDLESS: u64 = 10 << 30;
/// One frame of it.
const PIECE: Bytes = Bytes::from_static(&[b'o'; 64 * 1024]);

/// What becomes of a request for `/json`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Conduct {
    /// It is answered with 1 KiB.
    Same,
    /// As the same, but for the value of one field.
    Differ,
    /// It is read, and never answered.
    Hang,
    /// Its connection is reset.
    Reset,
    /// It is answered with 10 GiB.
    Pour,
}

/// 1 KiB of JSON, as an API might answer it: numbers, strings, a list of objects.
pub(crate) fn document(conduct: Conduct) -> Bytes {
    let state = match conduct {
        Conduct::Differ => "ended",
        _ => "ready",
    };
    let items: Vec<String> = (0..8)
        .map(|index| {
            format!(r#"{{"id":{index},"name":"item {index}","price":{index}.95,"active":true}}"#)
        })
        .collect();
    let start = format!(
        r#"{{"id":"r-1042","state":"{state}","total":8,"items":[{}],"note":""#,
        items.join(",")
    );
    let fill = "n".repeat(SIZE - start.len() - 2);
    format!(r#"{start}{fill}"}}"#).into()
}

/// A document, with its type.
pub(crate) fn json(document: Bytes) -> Answer {
    typed(Either::Left(Full::new(document)))
}

fn typed(body: Either<Full<Bytes>, Pour>) -> Answer {
    let mut answer = Response::new(body);
    let json = HeaderValue::from_static("application/json");
    answer.headers_mut().insert(CONTENT_TYPE, json);
    answer
}

/// A body that goes on for as long as somebody reads it, up to what it announced.
pub(crate) struct Pour {
    left: u64,
}

impl Pour {
    /// 10 GiB under the name of JSON.
    pub(crate) fn answer() -> Answer {
        typed(Either::Right(Self { left: ENDLESS }))
    }
}

impl Body for Pour {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = (self.left > 0).then_some(Ok(Frame::data(PIECE)));
        self.left = self.left.saturating_sub(PIECE.len() as u64);
        Poll::Ready(piece)
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_documents_are_a_kibibyte_of_json_and_differ_in_one_field() {
        let [one, other] = [Conduct::Same, Conduct::Differ].map(document);
        assert_eq!((one.len(), other.len()), (SIZE, SIZE));
        let [mut one, other] =
            [one, other].map(|text| serde_json::from_slice::<serde_json::Value>(&text).unwrap());
        assert_ne!(one, other);
        one["state"] = other["state"].clone();
        assert_eq!(one, other);
    }
}
