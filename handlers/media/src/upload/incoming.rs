//! Reads a file out of a request: a form's, a plain body, or a link to one.
//!
//! Everything is read under a cap, and whole before it is looked into: a parser that looks again at each piece that comes takes
//! a core for as long as somebody sends a form byte by byte. The surprise: JSON is always a link, so a JSON file must be sent
//! in a form.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use multer::{Constraints, Field, Multipart, SizeLimit};
use overgrow_handler::{Body, BoxError};

use super::fault::Fault;
use super::helpers::Fetched;

/// A link with some room; browsers and proxies end at 8 KiB.
const LINK: u64 = 16 * 1024;
/// What a form may have around its file: heads, boundaries, short fields.
const FORM: u64 = 64 * 1024;

/// What a request brings.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    File(Fetched),
    Link(String),
}

/// In which shape it comes.
#[derive(Debug, PartialEq, Eq)]
enum Shape {
    Form(String),
    Link,
    Plain(String),
}

impl Incoming {
    /// Reads all of a request's body, at most `max_bytes` of file.
    pub(super) async fn read(
        headers: &HeaderMap,
        body: Body,
        max_bytes: u64,
    ) -> Result<Self, Fault> {
        let shape = Shape::of(headers)?;
        let whole = match shape {
            Shape::Form(_) => max_bytes.saturating_add(FORM),
            Shape::Link => LINK,
            Shape::Plain(_) => max_bytes,
        };
        // Said beforehand, so nothing needs to be read to refuse it.
        if declared(headers).is_some_and(|length| length > whole) {
            return Err(Fault::TooLarge(max_bytes));
        }
        match shape {
            Shape::Form(boundary) => {
                let whole = collect(body, whole, max_bytes).await?;
                form(whole, boundary, max_bytes).await.map(Self::File)
            }
            Shape::Link => link(&collect(body, LINK, LINK).await?).map(Self::Link),
            Shape::Plain(said) => {
                plain(collect(body, whole, max_bytes).await?, said).map(Self::File)
            }
        }
    }
}

impl Shape {
    fn of(headers: &HeaderMap) -> Result<Self, Fault> {
        let said = headers
            .get(CONTENT_TYPE)
            .and_then(|said| said.to_str().ok());
        let said = said.ok_or(Fault::Untyped)?;
        let bare = said.split(';').next().unwrap_or("").trim().to_lowercase();
        match &*bare {
            "" => Err(Fault::Untyped),
            "application/json" => Ok(Self::Link),
            "multipart/form-data" => multer::parse_boundary(said)
                .map(Self::Form)
                .map_err(Fault::Form),
            _ => Ok(Self::Plain(said.to_owned())),
        }
    }
}

fn declared(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn plain(bytes: Bytes, said: String) -> Result<Fetched, Fault> {
    let fetched = Fetched {
        bytes,
        content_type: Some(said),
        name: None,
    };
    not_empty(fetched)
}

fn link(json: &[u8]) -> Result<String, Fault> {
    #[derive(serde::Deserialize)]
    struct Link {
        url: String,
    }
    let link: Link = serde_json::from_slice(json).map_err(Fault::Link)?;
    Ok(link.url)
}

/// The first file of a form; other fields are passed over.
async fn form(whole: Bytes, boundary: String, max_bytes: u64) -> Result<Fetched, Fault> {
    let sizes = SizeLimit::new().per_field(max_bytes);
    let constraints = Constraints::new().size_limit(sizes);
    let refused = |error| refusal(error, max_bytes);
    let mut fields =
        Multipart::with_constraints(Body::from(whole).into_data_stream(), boundary, constraints);
    while let Some(field) = fields.next_field().await.map_err(refused)? {
        if is_file(&field) {
            return file(field).await.map_err(refused).and_then(not_empty);
        }
    }
    Err(Fault::NoFile)
}

fn is_file(field: &Field<'_>) -> bool {
    field.file_name().is_some() || field.name() == Some("file")
}

async fn file(field: Field<'_>) -> Result<Fetched, multer::Error> {
    let content_type = field.content_type().map(ToString::to_string);
    let name = field.file_name().map(ToOwned::to_owned);
    let bytes = field.bytes().await?;
    Ok(Fetched {
        bytes,
        content_type,
        name,
    })
}

fn not_empty(file: Fetched) -> Result<Fetched, Fault> {
    match file.bytes.is_empty() {
        true => Err(Fault::NoFile),
        false => Ok(file),
    }
}

fn refusal(error: multer::Error, max_bytes: u64) -> Fault {
    match error {
        multer::Error::FieldSizeExceeded { .. } => Fault::TooLarge(max_bytes),
        other => Fault::Form(other),
    }
}

/// A body of at most `whole` bytes in one piece: what is kept beside each of its pieces would be more than a byte of them.
async fn collect(body: Body, whole: u64, max_bytes: u64) -> Result<Bytes, Fault> {
    let limit = usize::try_from(whole).unwrap_or(usize::MAX);
    let mut body = Limited::new(body, limit);
    let mut collected = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error, max_bytes))?;
        if let Some(data) = frame.data_ref() {
            collected.extend_from_slice(data);
        }
    }
    Ok(collected.freeze())
}

fn broken(error: &BoxError, max_bytes: u64) -> Fault {
    match error.is::<LengthLimitError>() {
        true => Fault::TooLarge(max_bytes),
        false => Fault::BrokenOff,
    }
}
