use std::sync::mpsc;

use http_body_util::{BodyExt, StreamBody};

use super::*;

fn in_frames(frames: &[&'static str]) -> Body {
    let frames: Vec<_> = frames
        .iter()
        .map(|text| Ok::<_, BoxError>(Frame::data(Bytes::from_static(text.as_bytes()))))
        .collect();
    Body::new(StreamBody::new(futures_util::stream::iter(frames)))
}

fn teed(body: Body, length: Option<u64>, cap: usize) -> (Body, Cutter, mpsc::Receiver<Copied>) {
    let (told, copied) = mpsc::channel();
    let on_end = Box::new(move |copied| told.send(copied).unwrap());
    let (body, cutter) = tee(body, length, cap, &Budget::new(1000), on_end);
    (body, cutter, copied)
}

#[track_caller]
fn check(copied: &mpsc::Receiver<Copied>, bytes: &str, end: End) {
    let copied = copied.try_recv().expect("the copy has ended");
    assert_eq!((&copied.bytes[..], copied.end), (bytes.as_bytes(), end));
}

async fn text(body: Body) -> String {
    String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[tokio::test]
async fn a_body_that_fits_is_copied_whole() {
    let (body, _, copied) = teed(in_frames(&["one ", "two"]), None, 100);
    assert_eq!(text(body).await, "one two");
    check(&copied, "one two", End::Whole);
}

#[tokio::test]
async fn past_the_cap_the_copy_ends_at_once_and_the_reader_gets_everything() {
    let (mut body, _, copied) = teed(in_frames(&["one ", "two ", "three"]), None, 6);
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    check(&copied, "one tw", End::Full);
    assert_eq!(text(body).await, "three");
    assert!(copied.try_recv().is_err(), "told twice");
}

#[tokio::test]
async fn a_reader_that_leaves_ends_the_copy() {
    let (mut body, _, copied) = teed(in_frames(&["one ", "two"]), None, 100);
    body.frame().await.unwrap().unwrap();
    drop(body);
    check(&copied, "one ", End::Left);
}

#[tokio::test]
async fn a_reader_that_has_counted_to_the_end_need_not_ask_for_more() {
    let (mut body, _, copied) = teed(in_frames(&["one ", "two"]), Some(7), 100);
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    drop(body);
    check(&copied, "one two", End::Whole);
}

#[tokio::test]
async fn a_failing_body_ends_the_copy() {
    let frames = [
        Ok(Frame::data(Bytes::from_static(b"one"))),
        Err::<_, BoxError>("cut".into()),
    ];
    let broken = Body::new(StreamBody::new(futures_util::stream::iter(frames)));
    let (body, _, copied) = teed(broken, None, 100);
    assert!(body.collect().await.is_err());
    check(&copied, "one", End::Failed);
}

#[tokio::test]
async fn trailers_are_the_end() {
    let frames = [
        Frame::data(Bytes::from_static(b"one")),
        Frame::trailers(http::HeaderMap::new()),
    ];
    let stream = futures_util::stream::iter(frames.map(Ok::<_, BoxError>));
    let (mut body, _, copied) = teed(Body::new(StreamBody::new(stream)), None, 100);
    body.frame().await.unwrap().unwrap();
    body.frame().await.unwrap().unwrap();
    check(&copied, "one", End::Whole);
}

#[tokio::test]
async fn a_copy_can_be_cut() {
    let (mut body, cutter, copied) = teed(in_frames(&["one ", "two"]), None, 100);
    body.frame().await.unwrap().unwrap();
    cutter.cut();
    check(&copied, "one ", End::Late);
    assert_eq!(text(body).await, "two");
    cutter.cut();
    assert!(copied.try_recv().is_err(), "told twice");
}

#[test]
fn an_empty_body_is_whole_at_once() {
    let (_, _, copied) = teed(Body::empty(), None, 100);
    check(&copied, "", End::Whole);
}

#[tokio::test]
async fn all_copies_share_one_budget() {
    let budget = Budget::new(10);
    let (told, copied) = mpsc::channel();
    let begin = |text: &'static str| {
        let told = told.clone();
        let on_end = Box::new(move |copied| told.send(copied).unwrap());
        tee(in_frames(&[text]), None, 100, &budget, on_end).0
    };
    let (first, second) = (begin("seven.."), begin("four"));
    text(first).await;
    assert_eq!(text(second).await, "four");
    let kept = copied.recv().unwrap();
    assert_eq!((kept.end, budget.left()), (End::Whole, 3));
    assert_eq!(copied.recv().unwrap().end, End::Crowded);
    drop(kept);
    assert_eq!(budget.left(), 10);
    text(begin("four")).await;
    assert_eq!(copied.recv().unwrap().end, End::Whole);
}
