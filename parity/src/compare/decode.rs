//! Bodies without their `Content-Encoding`.
//!
//! The surprise: a body that unpacks to more than is worth comparing is told apart from one that cannot be unpacked; a
//! bomb is a finding, not a reason to run out of memory.

use std::borrow::Cow;
use std::io::Read;

use http::HeaderMap;
use http::header::CONTENT_ENCODING;

use crate::Extent;

/// Bytes that a body may unpack to.
const MOST: u64 = 8 << 20;

/// A body as a client sees it after unpacking.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Decoded<'a> {
    /// Unpacked, or never packed.
    Plain(Cow<'a, [u8]>),
    /// Packed in a way that is not known here, or broken: what it was packed with, as it is written.
    Packed(String),
    /// It unpacks to more than is looked at.
    Bomb,
}

/// Unpacks a body; of one that was cut, as much as there is.
pub(super) fn decode<'a>(headers: &HeaderMap, body: &'a [u8], extent: Extent) -> Decoded<'a> {
    let coding = coding(headers);
    let unpacked = match &*coding {
        "" | "identity" => return Decoded::Plain(Cow::Borrowed(body)),
        _ if body.is_empty() => return Decoded::Plain(Cow::Borrowed(body)),
        "gzip" | "x-gzip" => unpack(flate2::read::MultiGzDecoder::new(body), extent),
        "deflate" => unpack(flate2::read::ZlibDecoder::new(body), extent)
            .or_else(|| unpack(flate2::read::DeflateDecoder::new(body), extent)),
        "br" => unpack(brotli_decompressor::Decompressor::new(body, 4096), extent),
        _ => None,
    };
    match unpacked {
        Some(bytes) if bytes.len() as u64 > MOST => Decoded::Bomb,
        Some(bytes) => Decoded::Plain(Cow::Owned(bytes)),
        None => Decoded::Packed(coding),
    }
}

/// As it is written, in one line and in lower case; several that were applied one after the other are not known here.
fn coding(headers: &HeaderMap) -> String {
    let values = headers.get_all(CONTENT_ENCODING).iter();
    let values = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
    let codings: Vec<String> = values
        .map(|value| value.trim().to_ascii_lowercase())
        .collect();
    codings.join(", ")
}

fn unpack(reader: impl Read, extent: Extent) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = reader.take(MOST + 1).read_to_end(&mut bytes);
    // What a cut body unpacked to before its end is left in `bytes`.
    let is_cut = extent == Extent::Cut && !bytes.is_empty();
    (read.is_ok() || is_cut).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::Kept;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    }

    #[track_caller]
    fn check(coding: &str, body: &[u8], expect: &Decoded<'_>) {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, coding.parse().unwrap());
        let kept = Kept::whole(body.to_vec());
        assert_eq!(&decode(&headers, &kept.bytes, kept.extent), expect);
    }

    #[test]
    fn of_a_cut_body_the_beginning_is_unpacked() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_ENCODING, "gzip".parse().unwrap());
        let noise: Vec<u8> = (0..20_000u32).map(|at| ((at * at) >> 7) as u8).collect();
        let packed = gzip(&noise);
        let half = Kept {
            bytes: packed[..packed.len() / 2].to_vec().into(),
            extent: Extent::Cut,
        };
        let Decoded::Plain(bytes) = decode(&headers, &half.bytes, half.extent) else {
            panic!("not unpacked")
        };
        assert!(!bytes.is_empty() && noise.starts_with(&bytes));
    }

    #[test]
    fn packed_bodies_are_unpacked() {
        let plain = Decoded::Plain(Cow::Borrowed(b"hello".as_slice()));
        check("gzip", &gzip(b"hello"), &plain);
        check("GZIP", &gzip(b"hello"), &plain);
        check("identity", b"hello", &plain);
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(b"hello").unwrap();
        check("deflate", &zlib.finish().unwrap(), &plain);
        // `hello` as brotli's own tool writes it: one uncompressed block.
        check(
            "br",
            &[0x0b, 0x02, 0x80, b'h', b'e', b'l', b'l', b'o', 0x03],
            &plain,
        );
    }

    #[test]
    fn a_second_coding_is_not_overlooked() {
        let mut headers = HeaderMap::new();
        headers.append(CONTENT_ENCODING, "gzip".parse().unwrap());
        headers.append(CONTENT_ENCODING, "br".parse().unwrap());
        let decoded = decode(&headers, b"hello", Extent::Whole);
        assert_eq!(decoded, Decoded::Packed("gzip, br".to_owned()));
    }

    #[test]
    fn what_cannot_be_unpacked_says_so() {
        check("gzip", b"hello", &Decoded::Packed("gzip".into()));
        check("zstd", b"hello", &Decoded::Packed("zstd".into()));
        check("gzip", &gzip(&vec![0; 9 << 20]), &Decoded::Bomb);
    }
}
