//! Images through the pool; what it does when it is full or left is tested beside it.

mod support;

use bytes::Bytes;
use overgrow_images::{Effort, Encoding, ImageError, Images, Limits, inspect};
use support::{jpeg, photo};

const JPEG: Encoding = Encoding::Jpeg(80, Effort::Balanced);

fn sample() -> Bytes {
    jpeg(&photo(400, 300, 8), 90)
}

#[tokio::test]
async fn an_image_is_shrunk_and_never_enlarged() {
    let images = Images::new(Limits::default());
    for (side, expect) in [(100, (100, 75)), (1000, (400, 300))] {
        let out = images.resize(sample(), side, JPEG).await.expect("resized");
        let info = inspect(&out).expect("an image");
        assert_eq!((info.width, info.height), expect);
    }
}

#[tokio::test]
async fn a_broken_image_is_nobody_elses_trouble() {
    let images = Images::new(Limits::default());
    let broken = Bytes::from_static(
        b"\xff\xd8\xff\xc0\0\x11\x08\0\x10\0\x10\x03\x01\x22\0\x02\x11\x01\x03\x11\x01",
    );
    let (broken, sound) = tokio::join!(
        images.resize(broken, 100, JPEG),
        images.resize(sample(), 100, JPEG)
    );
    assert!(
        matches!(
            broken,
            Err(ImageError::Broken { .. } | ImageError::Panicked(_))
        ),
        "{broken:?}"
    );
    assert!(sound.is_ok());
}
