use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http_body_util::BodyExt;
use overgrow_store::Limits;
use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// Gives what its link says, and remembers nothing.
struct Echo;

#[async_trait::async_trait]
impl Source for Echo {
    async fn get(&self, _: &Effects, url: &str, _: u64) -> Result<Fetched, Refusal> {
        match url {
            "https://inside" => Err(Refusal::Refused("blocked: inside".to_owned())),
            "https://down" => Err(Refusal::Failed("nobody answers".to_owned())),
            _ => Ok(Fetched {
                bytes: Bytes::copy_from_slice(url.as_bytes()),
                content_type: Some("text/plain".to_owned()),
                name: None,
            }),
        }
    }
}

/// Cuts.
struct Scissors;

#[async_trait::async_trait]
impl Reduce for Scissors {
    async fn reduce(&self, image: Fetched, max_bytes: u64) -> Result<Fetched, Refusal> {
        let size = image.bytes.len().min(usize::try_from(max_bytes).unwrap());
        let bytes = image.bytes.slice(..size);
        Ok(Fetched { bytes, ..image })
    }
}

const LIMITS: MediaLimits = MediaLimits {
    max_bytes: 16,
    max_unreduced_bytes: 32,
};

struct Room {
    folder: tempfile::TempDir,
    store: Store,
    helpers: Helpers,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let limits = Limits {
            cap: 64,
            ..Default::default()
        };
        Self {
            store: Store::folder(folder.path(), limits),
            folder,
            helpers: Helpers {
                source: Some(std::sync::Arc::new(Echo)),
                reducer: Some(std::sync::Arc::new(Scissors)),
            },
        }
    }

    async fn post(
        &self,
        query: Option<&str>,
        content_type: &str,
        body: impl Into<Body>,
    ) -> (StatusCode, Value) {
        let effects = Effects::performing();
        let mut headers = HeaderMap::new();
        if let Ok(said) = HeaderValue::from_str(content_type) {
            headers.insert(CONTENT_TYPE, said);
        }
        let request = Request {
            store: &self.store,
            limits: LIMITS,
            helpers: &self.helpers,
            effects: &effects,
            query,
            headers: &headers,
        };
        let response = request.answer(body.into()).await.unwrap();
        let status = response.status();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap())
    }

    fn content(&self, answer: &Value) -> Vec<u8> {
        std::fs::read(self.folder.path().join(answer["id"].as_str().unwrap())).unwrap()
    }
}

fn form(fields: &[&str]) -> String {
    let fields = fields.iter().map(|field| format!("--b\r\n{field}\r\n"));
    format!("{}--b--\r\n", fields.collect::<String>())
}

const FORM: &str = "multipart/form-data; boundary=b";
const FILE: &str = "Content-Disposition: form-data; name=x; filename=\"r\u{e9}p ort.txt\"\r\n\
                    Content-Type: text/plain\r\n\r\nhello";

#[tokio::test]
async fn a_plain_body_is_kept() {
    let room = Room::new();
    let (status, told) = room.post(None, "text/csv", "a,b").await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(room.content(&told), b"a,b");
    assert_eq!(
        (&told["size"], &told["contentType"]),
        (&json!(3), &json!("text/csv"))
    );
    let id = told["id"].as_str().unwrap();
    assert!(id.ends_with(".csv"));
    assert_eq!(told["url"], format!("/media/{id}"));
}

#[tokio::test]
async fn the_first_file_of_a_form_is_kept_with_its_name() {
    let room = Room::new();
    let other = "Content-Disposition: form-data; name=other\r\n\r\nx";
    let (status, told) = room.post(None, FORM, form(&[other, FILE])).await;
    assert_eq!(status, StatusCode::CREATED, "{told}");
    assert_eq!(room.content(&told), b"hello");
    assert!(told["id"].as_str().unwrap().starts_with("rép_ort---"));
    assert!(
        told["url"]
            .as_str()
            .unwrap()
            .starts_with("/media/r%C3%A9p_ort---")
    );
}

#[tokio::test]
async fn a_link_is_fetched_by_who_may() {
    let mut room = Room::new();
    let json = "application/json; charset=utf-8";
    let (status, told) = room.post(None, json, r#"{"url":"https://x/a"}"#).await;
    assert_eq!(
        (status, room.content(&told)),
        (StatusCode::CREATED, b"https://x/a".to_vec())
    );
    let refused = room.post(None, json, r#"{"url":"https://inside"}"#).await;
    let told = json!({"ok": false, "error": "blocked: inside"});
    assert_eq!(refused, (StatusCode::UNPROCESSABLE_ENTITY, told));
    let (status, _) = room.post(None, json, r#"{"url":"https://down"}"#).await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    room.helpers.source = None;
    let (status, _) = room.post(None, json, r#"{"url":"https://x"}"#).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn what_is_reduced_may_come_larger() {
    let mut room = Room::new();
    let (status, told) = room
        .post(Some("a=b&reduce=1"), "image/png", "x".repeat(32))
        .await;
    assert_eq!((status, &told["size"]), (StatusCode::CREATED, &json!(16)));
    let (status, _) = room
        .post(Some("reduce=1"), "image/png", "x".repeat(33))
        .await;
    assert_eq!(status, StatusCode::PAYLOAD_TOO_LARGE);
    room.helpers.reducer = None;
    let (status, _) = room.post(Some("reduce=1"), "image/png", "x").await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
}

#[tokio::test]
async fn what_cannot_be_kept_is_refused_with_a_reason() {
    let room = Room::new();
    let large = FILE.replace("hello", &"x".repeat(17));
    let unnamed = "Content-Disposition: form-data; name=other\r\n\r\nx";
    let check = async |content_type: &str, body: String, expect: u16| {
        let (status, told) = room.post(None, content_type, body.clone()).await;
        assert_eq!(status.as_u16(), expect, "{content_type} {body} {told}");
        assert_eq!(told["ok"], false);
        assert!(!told["error"].as_str().unwrap().is_empty());
    };
    check("text/plain", "x".repeat(17), 413).await;
    check("text/plain", String::new(), 400).await;
    check(FORM, form(&[&large]), 413).await;
    check(FORM, form(&[unnamed]), 400).await;
    check(FORM, "--b\r\nbroken".to_owned(), 400).await;
    check("multipart/form-data", form(&[FILE]), 400).await;
    check("application/json", "{}".to_owned(), 400).await;
    check("application/json", "x".repeat(20_000), 413).await;
    check(";", "x".to_owned(), 415).await;
    check("\n", "x".to_owned(), 415).await;
    assert_eq!(std::fs::read_dir(room.folder.path()).unwrap().count(), 0);
}

/// A body that comes in pieces of so many bytes, and makes its reader wait for each.
fn in_pieces(whole: Vec<u8>, size: usize) -> Body {
    use futures_util::StreamExt;
    let pieces: Vec<_> = whole.chunks(size).map(Bytes::copy_from_slice).collect();
    let pieces = futures_util::stream::iter(pieces).then(|piece| async {
        tokio::task::yield_now().await;
        Ok::<_, BoxError>(http_body::Frame::data(piece))
    });
    Body::new(http_body_util::StreamBody::new(pieces))
}

/// Looked at piece by piece, this head is gone over 130,000 times: fifteen seconds of a core for four megabytes.
#[tokio::test]
async fn a_head_without_an_end_is_read_once() {
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
    let endless = [b"--b\r\nA: ", &*vec![b'a'; 4 << 20]].concat();
    let began = std::time::Instant::now();
    let read = Incoming::read(&headers, in_pieces(endless, 32), 4 << 20).await;
    assert!(matches!(read, Err(Fault::Form(_))), "{read:?}");
    let took = began.elapsed();
    assert!(took < std::time::Duration::from_secs(2), "{took:?}");
}

#[tokio::test]
async fn a_full_store_says_so() {
    let room = Room::new();
    for _ in 0..4 {
        let (status, _) = room.post(None, "text/plain", "x".repeat(16)).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    let (status, told) = room.post(None, "text/plain", "x").await;
    assert_eq!(status, StatusCode::INSUFFICIENT_STORAGE);
    let error = "the media store is full: 64 of 64 bytes are used";
    assert_eq!(told["error"], error);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever a form holds, it is answered, and nothing is written outside the store.
    #[test]
    fn no_form_panics_or_escapes(
        name in r#"[^"\r\n]*|(\.\./)*[a-z]*"#,
        noise in "[-b\r\n:; \"=a-z]*",
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let file = format!("Content-Disposition: form-data; name=f; filename=\"{name}\"\r\n\r\nx");
        for body in [form(&[&file]), form(&[&noise]), noise.clone()] {
            let room = Room::new();
            let (status, told) = runtime.block_on(room.post(None, FORM, body));
            match status {
                StatusCode::CREATED => prop_assert_eq!(room.content(&told), b"x"),
                _ => prop_assert!(status.is_client_error()),
            }
        }
    }
}
