//! The ladders beside the legacy's own, run in its Node on the same bytes.

mod support;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use overgrow_images::{
    Declared, Encoding, Endless, ImageError, Layout, Limits, Orientation, Reduced, Wanted, decode,
    encode, inspect, reduce, to_srgb,
};
use serde_json::Value;
use support::{ask_legacy, exif, jpeg, photo, png, veil, with_segments};

fn ours(bytes: &Bytes, name: &str, mime: &str, cap: u64) -> Result<Reduced, ImageError> {
    let declared = Declared {
        mime: Some(mime),
        name: Some(name),
    };
    reduce(bytes, declared, cap, &Limits::default(), &Endless)
}

/// The legacy's `loadWebMedia` on the same file.
fn theirs(bytes: &Bytes, name: &str, cap: u64) -> Value {
    let script = format!(
        "try {{ const out = await media.loadWebMedia(input, {cap});
            const meta = await sharp(out.buffer).metadata();
            show({{ type: out.contentType, bytes: out.buffer.length, width: meta.width, height: meta.height }});
        }} catch (fault) {{ show({{ fault: fault.message }}) }}"
    );
    ask_legacy(bytes, name, &script)
}

/// The same format and size in pixels, and a size in bytes within `percent`.
fn check(bytes: &Bytes, name: &str, mime: &str, cap: u64, percent: f64) {
    let theirs = theirs(bytes, name, cap);
    let ours = ours(bytes, name, mime, cap)
        .unwrap_or_else(|fault| panic!("{fault}, but the legacy: {theirs}"));
    let info = inspect(&ours.bytes).expect("an image");
    let wide = |key: &str| theirs[key].as_u64();
    assert_eq!(ours.mime.as_deref(), theirs["type"].as_str(), "{theirs}");
    assert_eq!(
        (Some(info.width.into()), Some(info.height.into())),
        (wide("width"), wide("height")),
        "{theirs}"
    );
    let off = ours.bytes.len() as f64 / theirs["bytes"].as_f64().expect("a size") - 1.0;
    println!(
        "{name} under {cap}: {:?}, {:+.2} % of {}",
        ours.rung,
        off * 100.0,
        theirs["bytes"]
    );
    assert!(off.abs() * 100.0 <= percent, "{off} of {theirs}");
}

#[test]
fn photos_end_on_the_legacys_rung() {
    let photo = jpeg(&photo(2600, 1900, 24), 90);
    for cap in [
        6 << 20,
        600_000,
        400_000,
        300_000,
        200_000,
        150_000,
        100_000,
    ] {
        check(&photo, "photo.jpg", "image/jpeg", cap, 5.0);
    }
}

#[test]
fn small_photos_end_on_the_legacys_rung() {
    let photo = jpeg(&photo(900, 1200, 40), 90);
    for cap in [6 << 20, 120_000, 80_000, 60_000] {
        check(&photo, "photo.jpg", "image/jpeg", cap, 5.0);
    }
}

#[test]
fn transparent_pngs_end_on_the_legacys_rung() {
    let veil = png(&veil(1100, 700, 8));
    for cap in [6 << 20, 1_000_000, 700_000, 60_000] {
        check(&veil, "veil.png", "image/png", cap, 5.0);
    }
}

#[test]
fn opaque_pngs_become_jpegs() {
    check(
        &png(&photo(1000, 600, 8)),
        "flat.png",
        "image/png",
        6 << 20,
        5.0,
    );
}

#[test]
fn refusals_are_the_legacys_words() {
    let photo = jpeg(&photo(1000, 800, 60), 95);
    let check = |bytes: &Bytes, name: &str, mime: &str, cap: u64| {
        let said = ours(bytes, name, mime, cap)
            .expect_err("too large")
            .to_string();
        assert_eq!(
            Some(said.as_str()),
            theirs(bytes, name, cap)["fault"].as_str()
        );
    };
    check(
        &Bytes::from(vec![b'x'; 3 << 20]),
        "notes.txt",
        "text/plain",
        1 << 20,
    );
    let mut gif = b"GIF89a\x01\0\x01\0\0\0\0".to_vec();
    gif.resize(1_179_648, 0);
    check(&gif.into(), "film.gif", "image/gif", 1 << 20);
    let theirs = theirs(&photo, "photo.jpg", 5000);
    let ours = ours(&photo, "photo.jpg", "image/jpeg", 5000)
        .expect_err("too large")
        .to_string();
    assert_eq!(Some(ours.as_str()), theirs["fault"].as_str());
}

#[test]
fn every_orientation_is_turned_as_sharp_turns_it() {
    let photo = jpeg(&photo(120, 80, 4), 95);
    for value in 1..=8 {
        let turned = with_segments(&photo, &[(0xe1, &exif(value))]);
        assert_eq!(
            inspect(&turned).expect("an image").orientation,
            Orientation::from_exif(value)
        );
        let ours =
            decode(&turned, Wanted::Full, &Limits::default()).and_then(|picture| picture.turned());
        let ours = ours.expect("decodes");
        let script = "const { data, info } = await sharp(await read()).rotate().raw().toBuffer({ resolveWithObject: true });
            show({ width: info.width, height: info.height, pixels: data.toString('base64') });";
        let theirs = ask_legacy(&turned, "turned.jpg", script);
        assert_eq!(
            (theirs["width"].as_u64(), theirs["height"].as_u64()),
            (Some(ours.width.into()), Some(ours.height.into()))
        );
        let pixels = STANDARD
            .decode(theirs["pixels"].as_str().expect("pixels"))
            .expect("base64");
        assert_eq!(ours.layout, Layout::Rgb);
        assert!(
            mean_difference(&ours.pixels, &pixels) < 0.5,
            "orientation {value}"
        );
    }
}

fn mean_difference(ours: &[u8], theirs: &[u8]) -> f64 {
    assert_eq!(ours.len(), theirs.len());
    let sum: u64 = ours
        .iter()
        .zip(theirs)
        .map(|(a, b)| u64::from(a.abs_diff(*b)))
        .sum();
    sum as f64 / ours.len() as f64
}

#[test]
fn colours_of_a_profile_become_sharps() {
    let p3 = moxcms::ColorProfile::new_display_p3()
        .encode()
        .expect("a profile");
    let segment = [b"ICC_PROFILE\0\x01\x01".as_slice(), &p3].concat();
    let photo = with_segments(&jpeg(&photo(96, 64, 4), 95), &[(0xe2, &segment)]);
    let plain = decode(&photo, Wanted::Full, &Limits::default()).expect("decodes");
    let ours = to_srgb(plain.clone());
    let script =
        "show({ pixels: (await sharp(await read()).raw().toBuffer()).toString('base64') });";
    let theirs = ask_legacy(&photo, "p3.jpg", script);
    let theirs = STANDARD
        .decode(theirs["pixels"].as_str().expect("pixels"))
        .expect("base64");
    assert!(
        mean_difference(&plain.pixels, &theirs) > 2.0,
        "the profile changes nothing"
    );
    let off = mean_difference(&ours.pixels, &theirs);
    assert!(off < 1.0, "{off}");
}

#[test]
fn webp_and_drawings_end_on_the_legacys_rung() {
    let webp = encode(&veil(900, 500, 8), Encoding::Webp(90))
        .expect("encodes")
        .into();
    check(&webp, "veil.webp", "image/webp", 6 << 20, 5.0);
    let mut drawing = photo(1200, 900, 1);
    drawing
        .pixels
        .iter_mut()
        .for_each(|channel| *channel &= 0xc0);
    check(&png(&drawing), "drawing.png", "image/png", 6 << 20, 8.0);
    check(&png(&drawing), "drawing.png", "image/png", 50_000, 8.0);
}

#[test]
fn four_inks_are_near_sharps_colours() {
    let photo = png(&photo(96, 64, 4));
    let script = "const inks = await sharp(await read()).toColourspace('cmyk').jpeg({ quality: 95 }).toBuffer();
        const pixels = await sharp(inks).toColourspace('srgb').raw().toBuffer();
        show({ inks: inks.toString('base64'), pixels: pixels.toString('base64') });";
    let answer = ask_legacy(&photo, "photo.png", script);
    let bytes = |key: &str| {
        STANDARD
            .decode(answer[key].as_str().expect("bytes"))
            .expect("base64")
    };
    let ours = decode(&bytes("inks").into(), Wanted::Full, &Limits::default())
        .map(to_srgb)
        .expect("decodes");
    let theirs = bytes("pixels");
    let off = mean_difference(&ours.pixels, &theirs);
    // No printer's profile is used here. Light and dark are never swapped.
    assert!(off < 40.0, "{off}");
    let negative: Vec<u8> = ours.pixels.iter().map(|channel| 255 - channel).collect();
    assert!(mean_difference(&negative, &theirs) > 2.0 * off);
}

#[test]
fn a_cut_photo_is_shown_as_far_as_it_goes() {
    let photo = jpeg(&photo(900, 600, 8), 90);
    check(
        &photo.slice(..photo.len() / 2),
        "cut.jpg",
        "image/jpeg",
        6 << 20,
        10.0,
    );
}
