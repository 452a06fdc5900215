//! Forms that mean harm: whatever comes, it is answered, nothing above the cap is kept, and no more is read than may come.
//!
//! The surprise: memory is held by counting what the handler takes from the body, since it can hold no more than that.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt;
use futures_util::stream::{self, Stream};
use http::header::CONTENT_TYPE;
use http::{Request, StatusCode};
use http_body::Frame;
use http_body_util::StreamBody;
use overgrow_handler::{Body, Call, Effects, Handler, RequestId, Role};
use overgrow_media::{Helpers, MediaLimits, Upload};
use overgrow_store::{Limits, Store};
use proptest::collection::vec;
use proptest::prelude::*;
use tempfile::TempDir;
use tower::ServiceExt;

/// Bytes that a file may have here.
const MAX: usize = 4096;
/// Bytes that all of a form may have around its file.
const AROUND: usize = 64 * 1024;
/// Bytes of one read from a connection.
const CHUNK: usize = 1024;
/// No answer takes so long; a wait that nobody ends would.
const PATIENCE: Duration = Duration::from_secs(20);

struct Room {
    folder: TempDir,
    handler: Handler,
}

/// What came of one form.
#[derive(Debug)]
struct Outcome {
    status: StatusCode,
    /// Bytes that were taken from the body.
    taken: usize,
    /// Sizes of the files that are there now.
    files: Vec<usize>,
}

impl Room {
    fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        let limits = MediaLimits {
            max_bytes: MAX as u64,
            max_unreduced_bytes: MAX as u64,
        };
        let store = Store::folder(folder.path(), Limits::default());
        let handler = overgrow_media::handler(store, limits, Upload::On(Helpers::default()));
        Self { folder, handler }
    }

    async fn post(
        &self,
        content_type: &str,
        chunks: impl Stream<Item = Bytes> + Send + 'static,
    ) -> Outcome {
        let taken = Arc::<AtomicUsize>::default();
        let body = counted(chunks, Arc::clone(&taken));
        let mut request = Request::post("/media").body(body).expect("a request");
        request
            .headers_mut()
            .insert(CONTENT_TYPE, content_type.try_into().expect("visible"));
        request.extensions_mut().insert(call());
        let answer = tokio::time::timeout(PATIENCE, self.handler.clone().oneshot(request));
        let response = answer.await.expect("in time").expect("an answer");
        Outcome {
            status: response.status(),
            taken: taken.load(Relaxed),
            files: self.files(),
        }
    }

    fn files(&self) -> Vec<usize> {
        let entries = std::fs::read_dir(self.folder.path()).expect("the store");
        let size = |entry: std::io::Result<std::fs::DirEntry>| entry?.metadata();
        entries
            .map(|entry| size(entry).expect("a file").len() as usize)
            .collect()
    }
}

impl Outcome {
    /// What holds of every form.
    fn check(&self) {
        let answered = self.status == StatusCode::CREATED || self.status.is_client_error();
        assert!(answered, "{self:?}");
        assert!(self.taken <= MAX + AROUND + CHUNK, "{self:?}");
        let kept = usize::from(self.status == StatusCode::CREATED);
        assert_eq!(self.files.len(), kept, "{self:?}");
        assert!(self.files.iter().all(|size| *size <= MAX), "{self:?}");
    }
}

/// A body that comes in pieces, as from a slow client: each needs another look.
fn counted(chunks: impl Stream<Item = Bytes> + Send + 'static, taken: Arc<AtomicUsize>) -> Body {
    let frames = chunks.then(move |chunk| {
        taken.fetch_add(chunk.len(), Relaxed);
        async move {
            tokio::task::yield_now().await;
            Ok::<_, Infallible>(Frame::data(chunk))
        }
    });
    Body::new(StreamBody::new(frames))
}

fn call() -> Call {
    Call {
        route: "media".into(),
        request_id: RequestId::from_bits(1),
        client: IpAddr::V4(Ipv4Addr::LOCALHOST),
        role: Role::Primary,
        deadline: Instant::now() + PATIENCE,
        effects: Effects::performing(),
    }
}

fn pieces(form: Vec<u8>, size: usize) -> impl Stream<Item = Bytes> + Send + 'static {
    let pieces: Vec<_> = form.chunks(size).map(Bytes::copy_from_slice).collect();
    stream::iter(pieces)
}

fn post(content_type: &str, form: Vec<u8>, size: usize) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    runtime.block_on(Room::new().post(content_type, pieces(form, size)))
}

const FORM: &str = "multipart/form-data; boundary=b";

/// Marks of a form in any order.
fn noise() -> impl Strategy<Value = Vec<u8>> {
    let mark = prop::sample::select(
        &[
            "--b",
            "--b--",
            "\r\n",
            "\r",
            "\n",
            "--",
            "b",
            "-",
            ":",
            ";",
            "=",
            "\"",
            "\\",
            "\0",
            "\r\n\r\n",
            "\r\n--b\r\n",
            "\r\n--b--\r\n",
            " ",
            "\t",
            "x",
            "é",
            "😀",
            "Content-Disposition: form-data",
            "; name=",
            "; filename=",
            "; filename*=UTF-8''%e4",
            "Content-Disposition: form-data; name=\"file\"\r\n\r\n",
            "Content-Type: multipart/mixed; boundary=c\r\n",
            "--c\r\n",
            "Content-Type: /\r\n",
            "Content-Length: -1\r\n",
            "Content-Transfer-Encoding: base64\r\n",
            "../../x",
        ][..],
    );
    let mark = mark.prop_map(|mark| mark.as_bytes().to_vec());
    let bytes = vec(any::<u8>(), 0..8);
    let long = (any::<u8>(), 0..3000_usize).prop_map(|(byte, length)| vec![byte; length]);
    let part = prop_oneof![12 => mark, 2 => bytes, 1 => long];
    vec(part, 0..24).prop_map(|parts| parts.concat())
}

/// A good form with one file, and what is done to it.
fn broken() -> impl Strategy<Value = Vec<u8>> {
    let change = (
        any::<prop::sample::Index>(),
        0..6_usize,
        vec(any::<u8>(), 0..4),
    );
    (0..6000_usize, vec(change, 0..4)).prop_map(|(size, changes)| {
        let mut form =
            b"--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\
            Content-Type: text/plain\r\n\r\n"
                .to_vec();
        form.extend(vec![b'x'; size]);
        form.extend(b"\r\n--b--\r\n");
        for (place, cut, new) in changes {
            let start = place.index(form.len() + 1);
            let end = (start + cut).min(form.len());
            form.splice(start..end, new);
        }
        form
    })
}

fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn any_marks_are_answered(form in noise(), size in 1..200_usize) {
        post(FORM, form, size).check();
    }

    #[test]
    fn a_broken_form_is_answered(form in broken(), size in 1..2000_usize) {
        post(FORM, form, size).check();
    }

    #[test]
    fn any_boundary_is_answered(said in "[ -~]{0,80}", form in noise()) {
        post(&format!("multipart/form-data; boundary={said}"), form, CHUNK).check();
    }
}

/// Something that is sent for as long as it is read.
fn endless(start: &'static str, again: &'static str) -> impl Stream<Item = Bytes> + Send + 'static {
    let again = Bytes::from(again.repeat(CHUNK / again.len() + 1)).slice(..CHUNK);
    stream::once(async { Bytes::from_static(start.as_bytes()) }).chain(stream::repeat(again))
}

#[tokio::test]
async fn what_never_ends_is_read_to_the_cap_only() {
    let file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\r\n";
    let other = "--b\r\nContent-Disposition: form-data; name=\"other\"\r\n\r\n";
    let part = "--b\r\nContent-Disposition: form-data; name=\"o\"\r\n\r\n\r\n";
    for (start, again) in [
        ("", "x"),
        ("", "\r\n--"),
        ("--b", " "),
        ("--b\r\n", "x"),
        ("--b\r\n", "a: b\r\n"),
        (file, "x"),
        (file, "\r\n--"),
        (file, "\r"),
        (other, "x"),
        (other, "\r\n--\r\n"),
        ("", part),
    ] {
        let outcome = Room::new().post(FORM, endless(start, again)).await;
        outcome.check();
        assert!(
            outcome.status.is_client_error(),
            "{start:?} {again:?} {outcome:?}"
        );
    }
}

#[tokio::test]
async fn ten_thousand_parts_are_too_many_or_passed_over() {
    let form = "--b\r\n\r\n\r\n".repeat(10_000) + "--b--\r\n";
    let outcome = Room::new()
        .post(FORM, pieces(form.into_bytes(), CHUNK))
        .await;
    outcome.check();
    assert_eq!(outcome.status, StatusCode::PAYLOAD_TOO_LARGE);
    let few = "--b\r\n\r\n\r\n".repeat(5_000) + "--b--\r\n";
    let outcome = Room::new()
        .post(FORM, pieces(few.into_bytes(), CHUNK))
        .await;
    outcome.check();
    assert_eq!(outcome.status, StatusCode::BAD_REQUEST);
}

/// Looked at again with each byte, this would be two gigabytes to search.
#[tokio::test]
async fn a_form_byte_by_byte_is_looked_at_once() {
    let form = vec![b'x'; MAX + AROUND];
    let outcome = Room::new().post(FORM, pieces(form, 1)).await;
    outcome.check();
    assert_eq!(outcome.status, StatusCode::BAD_REQUEST);
}

/// A form in a form is a file like any other.
#[tokio::test]
async fn a_form_in_a_form_is_not_opened() {
    let inner =
        "--c\r\nContent-Disposition: form-data; name=file; filename=x\r\n\r\ny\r\n--c--\r\n";
    let form = format!(
        "--b\r\nContent-Disposition: form-data; name=file\r\nContent-Type: multipart/mixed; boundary=c\r\n\r\n\
         {inner}\r\n--b--\r\n"
    );
    let outcome = Room::new().post(FORM, pieces(form.into_bytes(), 7)).await;
    outcome.check();
    assert_eq!(outcome.files, [inner.len()]);
}
