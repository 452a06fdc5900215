//! What is read from images without decoding them, and what is taken away.

mod support;

use bytes::Bytes;
use img_parts::png::{Png, PngChunk};
use img_parts::webp::WebP;
use img_parts::{ImageEXIF, ImageICC};
use overgrow_images::{
    Encoding, Format, Limits, Orientation, Wanted, decode, encode, inspect, strip,
};
use support::{exif, jpeg, photo, png, veil, with_segments};

const SECRET: &[u8] = b"SECRET";

fn holds_secret(bytes: &[u8]) -> bool {
    bytes.windows(SECRET.len()).any(|window| window == SECRET)
}

fn pixels(bytes: &Bytes) -> Vec<u8> {
    decode(bytes, Wanted::Full, &Limits::default())
        .expect("decodes")
        .pixels
}

/// Nothing secret is left, and nobody sees a difference.
fn check(image: &Bytes) {
    assert!(holds_secret(image), "nothing to take away");
    let stripped = strip(image).expect("stripped");
    assert!(!holds_secret(&stripped));
    assert_eq!(pixels(&stripped), pixels(image));
    let (before, after) = (
        inspect(image).expect("an image"),
        inspect(&stripped).expect("an image"),
    );
    assert_eq!(after.orientation, before.orientation);
    assert_eq!(
        (after.icc, after.alpha, after.frames),
        (before.icc, before.alpha, before.frames)
    );
    assert_eq!((after.xmp, after.remarks), (false, false));
    assert_eq!(after.exif, before.orientation != Orientation::Upright);
}

#[test]
fn a_jpeg_is_stripped_of_all_but_profile_and_orientation() {
    let plain = jpeg(&photo(64, 48, 4), 90);
    let profile = [b"ICC_PROFILE\0\x01\x01".as_slice(), &[7; 40]].concat();
    let segments: [(u8, &[u8]); 5] = [
        (0xe1, &exif(6)),
        (0xe1, b"http://ns.adobe.com/xap/1.0/\0SECRET"),
        (0xe2, &profile),
        (0xed, b"Photoshop 3.0\0SECRET"),
        (0xfe, b"SECRET"),
    ];
    let mut image = with_segments(&plain, &segments).to_vec();
    // A telephone's film after the end.
    image.extend(b"ftypmp42 SECRET");
    let image = Bytes::from(image);
    let info = inspect(&image).expect("an image");
    assert_eq!(
        (info.format, info.width, info.height, info.scans),
        (Format::Jpeg, 64, 48, 1)
    );
    assert_eq!(info.orientation, Orientation::Right);
    assert!(info.exif && info.xmp && info.remarks && info.icc && !info.alpha);
    check(&image);
}

#[test]
fn an_upright_jpeg_keeps_no_exif() {
    check(&with_segments(
        &jpeg(&photo(64, 48, 4), 90),
        &[(0xe1, &exif(1))],
    ));
}

#[test]
fn a_png_is_stripped_of_texts_and_exif() {
    let mut image = Png::from_bytes(png(&veil(32, 32, 4))).expect("a PNG");
    let texts = [
        (*b"tEXt", "Comment\0SECRET"),
        (*b"iTXt", "XML:com.adobe.xmp\0SECRET"),
        (*b"prVt", "SECRET"),
    ];
    for (kind, text) in texts {
        image
            .chunks_mut()
            .insert(1, PngChunk::new(kind, text.into()));
    }
    image
        .chunks_mut()
        .insert(1, PngChunk::new(*b"eXIf", exif(8).split_off(6).into()));
    let image = image.encoder().bytes();
    let info = inspect(&image).expect("an image");
    assert!(info.alpha && info.exif && info.xmp && info.remarks);
    assert_eq!(info.orientation, Orientation::Left);
    check(&image);
}

#[test]
fn a_webp_is_stripped_of_exif() {
    let plain = encode(&veil(32, 32, 4), Encoding::Webp(80)).expect("encodes");
    let mut image = WebP::from_bytes(plain.into()).expect("a WebP");
    image.set_icc_profile(Some(vec![7; 40].into()));
    image.set_exif(Some(exif(3).split_off(6).into()));
    let image = image.encoder().bytes();
    let info = inspect(&image).expect("an image");
    assert!(info.alpha && info.exif && info.icc);
    assert_eq!(
        (info.width, info.height, info.orientation),
        (32, 32, Orientation::Half)
    );
    check(&image);
}

#[test]
fn a_gif_is_stripped_of_comments_and_keeps_repeating() {
    let mut image = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    image.extend(b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0");
    image.extend(b"\x21\xfe\x06SECRET\0");
    for _ in 0..2 {
        image.extend(b"\x21\xf9\x04\x01\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    image.push(0x3b);
    let image = Bytes::from(image);
    let info = inspect(&image).expect("an image");
    assert_eq!((info.frames, info.alpha, info.remarks), (2, true, true));
    check(&image);
    let stripped = strip(&image).expect("stripped");
    assert_eq!(stripped.len(), image.len() - b"\x21\xfe\x06SECRET\0".len());
}

#[test]
fn bytes_cut_anywhere_are_never_a_panic() {
    let images = [
        with_segments(&jpeg(&photo(64, 48, 4), 90), &[(0xe1, &exif(6))]),
        png(&veil(32, 32, 4)),
        encode(&veil(32, 32, 4), Encoding::Webp(80))
            .expect("encodes")
            .into(),
    ];
    for image in images {
        for end in 0..image.len() {
            let cut = image.slice(..end);
            let _ = (inspect(&cut), strip(&cut));
        }
    }
}
