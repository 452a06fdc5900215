//! The signatures, in the order in which they are tried.
//!
//! The order is part of the meaning: an earlier, shorter signature hides a later one.

use super::Verdict::{Behind, Broken, Is, Next, Tagged, Unsure};
use super::{Sample, Verdict, boxes, containers, zip};

/// One signature and the type it stands for; a rule that asks names the type itself.
pub(super) struct Rule(pub(super) Match, pub(super) &'static str);

/// How a rule recognises its type.
pub(super) enum Match {
    /// Bytes at a place.
    Bytes(usize, &'static [u8]),
    /// A look at more than that.
    Ask(fn(&Sample<'_>) -> Verdict),
}

const fn magic(bytes: &'static [u8], name: &'static str) -> Rule {
    Rule(Match::Bytes(0, bytes), name)
}

const fn at(place: usize, bytes: &'static [u8], name: &'static str) -> Rule {
    Rule(Match::Bytes(place, bytes), name)
}

const fn ask(ask: fn(&Sample<'_>) -> Verdict) -> Rule {
    Rule(Match::Ask(ask), "")
}

/// Those that leave no doubt.
pub(super) const RULES: &[Rule] = &[
    magic(b"BM", "image/bmp"),
    magic(b"\x0b\x77", "audio/vnd.dolby.dd-raw"),
    magic(b"\x78\x01", "application/x-apple-diskimage"),
    magic(b"MZ", "application/x-msdownload"),
    ask(postscript),
    magic(b"\x1f\xa0", "application/x-compress"),
    magic(b"\x1f\x9d", "application/x-compress"),
    magic(b"\xc7\x71", "application/x-cpio"),
    magic(b"\x60\xea", "application/x-arj"),
    ask(byte_order_mark),
    magic(b"GIF", "image/gif"),
    magic(b"II\xbc", "image/vnd.ms-photo"),
    magic(b"\x1f\x8b\x08", "application/gzip"),
    magic(b"BZh", "application/x-bzip2"),
    ask(id3),
    magic(b"MP+", "audio/x-musepack"),
    magic(b"CWS", "application/x-shockwave-flash"),
    magic(b"FWS", "application/x-shockwave-flash"),
    magic(b"\xff\xd8\xff\xf7", "image/jls"),
    magic(b"\xff\xd8\xff", "image/jpeg"),
    magic(b"Obj\x01", "application/avro"),
    magic(b"FLIF", "image/flif"),
    magic(b"8BPS", "image/vnd.adobe.photoshop"),
    magic(b"MPCK", "audio/x-musepack"),
    magic(b"FORM", "audio/aiff"),
    magic(b"icns", "image/icns"),
    ask(zip::judge),
    ask(containers::ogg),
    ask(other_zip),
    magic(b"MThd", "audio/midi"),
    magic(b"wOFF\x00\x01\x00\x00", "font/woff"),
    magic(b"wOFFOTTO", "font/woff"),
    magic(b"wOF2\x00\x01\x00\x00", "font/woff2"),
    magic(b"wOF2OTTO", "font/woff2"),
    magic(b"\xd4\xc3\xb2\xa1", "application/vnd.tcpdump.pcap"),
    magic(b"\xa1\xb2\xc3\xd4", "application/vnd.tcpdump.pcap"),
    magic(b"DSD ", "audio/x-dsf"),
    magic(b"LZIP", "application/x-lzip"),
    magic(b"fLaC", "audio/flac"),
    magic(b"BPG\xfb", "image/bpg"),
    magic(b"wvpk", "audio/wavpack"),
    magic(b"%PDF", "application/pdf"),
    magic(b"\x00asm", "application/wasm"),
    ask(containers::tiff),
    magic(b"MAC ", "audio/ape"),
    ask(containers::ebml),
    magic(b"SQLi", "application/x-sqlite3"),
    magic(b"NES\x1a", "application/x-nintendo-nes-rom"),
    magic(b"Cr24", "application/x-google-chrome-extension"),
    magic(b"MSCF", "application/vnd.ms-cab-compressed"),
    magic(b"ISc(", "application/vnd.ms-cab-compressed"),
    magic(b"\xed\xab\xee\xdb", "application/x-rpm"),
    magic(b"\xc5\xd0\xd3\xc6", "application/eps"),
    magic(b"\x28\xb5\x2f\xfd", "application/zstd"),
    magic(b"\x7fELF", "application/x-elf"),
    magic(b"!BDN", "application/vnd.ms-outlook"),
    magic(b"PAR1", "application/vnd.apache.parquet"),
    magic(b"PARE", "application/vnd.apache.parquet"),
    magic(b"ttcf", "font/collection"),
    magic(b"\xfe\xed\xfa\xce", "application/x-mach-binary"),
    magic(b"\xfe\xed\xfa\xcf", "application/x-mach-binary"),
    magic(b"\xce\xfa\xed\xfe", "application/x-mach-binary"),
    magic(b"\xcf\xfa\xed\xfe", "application/x-mach-binary"),
    magic(b"\x04\x22\x4d\x18", "application/x-lz4"),
    magic(b"regf", "application/x-ft-windows-registry-hive"),
    magic(b"$FL2", "application/x-spss-sav"),
    magic(b"$FL3", "application/x-spss-sav"),
    magic(b"OTTO\x00", "font/otf"),
    magic(b"#!AMR", "audio/amr"),
    magic(b"{\\rtf", "application/rtf"),
    magic(b"FLV\x01", "video/x-flv"),
    magic(b"IMPM", "audio/x-it"),
    ask(lzh),
    ask(mpeg_program),
    magic(b"ITSF", "application/vnd.ms-htmlhelp"),
    ask(cafe_babe),
    magic(b".RMF", "application/vnd.rn-realmedia"),
    magic(b"DRACO", "application/vnd.google.draco"),
    magic(b"\xfd7zXZ\x00", "application/x-xz"),
    magic(b"<?xml ", "application/xml"),
    magic(b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    magic(b"Rar!\x1a\x07\x00", "application/x-rar-compressed"),
    magic(b"Rar!\x1a\x07\x01", "application/x-rar-compressed"),
    magic(b"solid ", "model/stl"),
    ask(dwg),
    magic(b"070707", "application/x-cpio"),
    magic(b"BLENDER", "application/x-blender"),
    ask(archive),
    ask(web_vtt),
    ask(boxes::png),
    magic(b"ARROW1\x00\x00", "application/vnd.apache.arrow.file"),
    magic(b"glTF\x02\x00\x00\x00", "model/gltf-binary"),
    at(4, b"free", "video/quicktime"),
    at(4, b"mdat", "video/quicktime"),
    at(4, b"moov", "video/quicktime"),
    at(4, b"wide", "video/quicktime"),
    magic(b"IIRO\x08\x00\x00\x00\x18", "image/x-olympus-orf"),
    magic(b"gimp xcf ", "image/x-xcf"),
    ask(boxes::ftyp),
    magic(b"REGEDIT4\r\n", "application/x-ms-regedit"),
    ask(riff),
    magic(
        b"IIU\x00\x18\x00\x00\x00\x88\xe7\x74\xd8",
        "image/x-panasonic-rw2",
    ),
    ask(containers::asf),
    magic(b"\xabKTX 11\xbb\r\n\x1a\n", "image/ktx"),
    ask(mie),
    at(
        2,
        b"\x27\x0a\0\0\0\0\0\0\0\0\0\0",
        "application/x-esri-shape",
    ),
    magic(b"\xff\x4f\xff\x51", "image/j2c"),
    ask(boxes::jpeg_2000),
    magic(b"\xff\x0a", "image/jxl"),
    magic(b"\0\0\0\x0cJXL \r\n\x87\n", "image/jxl"),
    magic(b"\xfe\xff\0<\0?\0x\0m\0l\0 ", "application/xml"),
    ask(|sample| unsure_after(sample, b"\xfe\xff")),
    magic(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-cfb"),
    at(36, b"acsp", "application/vnd.iccprofile"),
    ask(ace),
    magic(b"BEGIN:VCARD", "text/vcard"),
    magic(b"BEGIN:VCALENDAR", "text/calendar"),
    magic(b"FUJIFILMCCD-RAW", "image/x-fujifilm-raf"),
    magic(b"Extended Module:", "audio/x-xm"),
    magic(b"Creative Voice File", "audio/x-voc"),
    ask(containers::asar),
    magic(
        b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02\x01\x01\x02",
        "application/mxf",
    ),
    at(44, b"SCRM", "audio/x-s3m"),
    ask(|sample| transport_stream(sample, 0)),
    ask(|sample| transport_stream(sample, 4)),
    at(60, b"BOOKMOBI", "application/x-mobipocket-ebook"),
    at(128, b"DICM", "application/dicom"),
    magic(
        b"L\0\0\0\x01\x14\x02\0\0\0\0\0\xc0\0\0\0\0\0\0\x46",
        "application/x.ms.shortcut",
    ),
    magic(b"book\0\0\0\0mark\0\0\0\0", "application/x.apple.alias"),
    magic(b"Kaydara FBX Binary  \0", "application/x.autodesk.fbx"),
    ask(embedded_opentype),
    magic(
        b"\x06\x06\xed\xf5\xd8\x1d\x46\xe5\xbd\x31\xef\xe7\xfe\x74\xb7\x1d",
        "application/x-indesign",
    ),
    magic(
        b"\xff\xff\0\0\x07\0\0\0\x04\0\0\0\x01\0\x01\0",
        "application/x-jmp-data",
    ),
    magic(
        b"\0\0\xff\xff\0\0\0\x07\0\0\0\x04\0\x01\0\x01",
        "application/x-jmp-data",
    ),
    ask(containers::tar),
    ask(little_endian_text),
    magic(b"-----BEGIN PGP MESSAGE-----", "application/pgp-encrypted"),
];

/// Those that guess by a few bytes, asked when nobody was sure.
pub(super) const LOOSE: &[Rule] = &[
    magic(b"\0\0\x01\xba", "video/mpeg"),
    magic(b"\0\0\x01\xb3", "video/mpeg"),
    magic(b"\0\x01\0\0\0", "font/ttf"),
    magic(b"\0\0\x01\0", "image/x-icon"),
    magic(b"\0\0\x02\0", "image/x-icon"),
    ask(mpeg_audio),
];

fn postscript(sample: &Sample<'_>) -> Verdict {
    match sample.has(0, b"%!") {
        false => Next,
        true if sample.has(2, b"PS-Adobe-") && sample.has(14, b" EPSF-") => Is("application/eps"),
        true => Is("application/postscript"),
    }
}

fn byte_order_mark(sample: &Sample<'_>) -> Verdict {
    match sample.has(0, b"\xef\xbb\xbf") {
        true => Behind(3),
        false => Next,
    }
}

/// An ID3 tag says how long it is, in four groups of seven bits; one that is longer than the file is music all the same.
fn id3(sample: &Sample<'_>) -> Verdict {
    if !sample.has(0, b"ID3") {
        return Next;
    }
    let Some([a, b, c, d]) = sample.read::<4>(6) else {
        return Broken;
    };
    let length =
        usize::from(a) << 21 | usize::from(b) << 14 | usize::from(c) << 7 | usize::from(d & 0x7f);
    match 10 + length > sample.rest.len() {
        true => Is("audio/mpeg"),
        false => Tagged(10 + length),
    }
}

fn other_zip(sample: &Sample<'_>) -> Verdict {
    let [b'P', b'K', third, fourth, ..] = sample.window else {
        return Next;
    };
    match matches!(third, 3 | 5 | 7) && matches!(fourth, 4 | 6 | 8) {
        true => Is("application/zip"),
        false => Next,
    }
}

fn lzh(sample: &Sample<'_>) -> Verdict {
    const KINDS: [&[u8]; 12] = [
        b"-lh0-", b"-lh1-", b"-lh2-", b"-lh3-", b"-lh4-", b"-lh5-", b"-lh6-", b"-lh7-", b"-lzs-",
        b"-lz4-", b"-lz5-", b"-lhd-",
    ];
    match KINDS.iter().any(|kind| sample.has(2, kind)) {
        true => Is("application/x-lzh-compressed"),
        false => Next,
    }
}

fn mpeg_program(sample: &Sample<'_>) -> Verdict {
    match (sample.has(0, b"\0\0\x01\xba"), sample.window[4]) {
        (true, version) if version & 0xf1 == 0x21 => Is("video/MP1S"),
        (true, version) if version & 0xc4 == 0x44 => Is("video/MP2P"),
        _ => Next,
    }
}

/// Java and fat Mach-O share their first four bytes; what follows is a version or a small count.
fn cafe_babe(sample: &Sample<'_>) -> Verdict {
    let [0xca, 0xfe, 0xba, 0xbe, a, b, c, d, ..] = sample.window else {
        return Next;
    };
    match (u32::from_be_bytes([a, b, c, d]), u16::from_be_bytes([c, d])) {
        (1..=30, _) => Is("application/x-mach-binary"),
        (_, 31..) => Is("application/java-vm"),
        _ => Next,
    }
}

fn dwg(sample: &Sample<'_>) -> Verdict {
    let version = str::from_utf8(&sample.window[2..6]).ok();
    let version = version.and_then(|text| text.trim().parse::<f64>().ok());
    match version.is_some_and(|version| (1000.0..=1050.0).contains(&version))
        && sample.has(0, b"AC")
    {
        true => Is("image/vnd.dwg"),
        false => Next,
    }
}

fn archive(sample: &Sample<'_>) -> Verdict {
    match (sample.has(0, b"!<arch>"), sample.read::<13>(8)) {
        (false, _) => Next,
        (true, None) => Broken,
        (true, Some(first)) if &first == b"debian-binary" => Is("application/x-deb"),
        (true, Some(_)) => Is("application/x-unix-archive"),
    }
}

fn web_vtt(sample: &Sample<'_>) -> Verdict {
    let ends = matches!(sample.window[6], b'\n' | b'\r' | b'\t' | b' ' | 0);
    match ends && sample.has(0, b"WEBVTT") {
        true => Is("text/vtt"),
        false => Next,
    }
}

fn riff(sample: &Sample<'_>) -> Verdict {
    match &sample.window[8..12] {
        _ if !sample.has(0, b"RIFF") => Next,
        b"WEBP" => Is("image/webp"),
        [b'A', b'V', b'I', _] => Is("video/vnd.avi"),
        b"WAVE" => Is("audio/wav"),
        b"QLCM" => Is("audio/qcelp"),
        _ => Next,
    }
}

fn mie(sample: &Sample<'_>) -> Verdict {
    let begins = sample.has(0, b"\x7e\x10\x04") || sample.has(0, b"\x7e\x18\x04");
    match begins && sample.has(4, b"0MIE") {
        true => Is("application/x-mie"),
        false => Next,
    }
}

fn unsure_after(sample: &Sample<'_>, mark: &[u8]) -> Verdict {
    match sample.has(0, mark) {
        true => Unsure,
        false => Next,
    }
}

fn ace(sample: &Sample<'_>) -> Verdict {
    match sample.has(7, b"**ACE") && sample.has(12, b"**") {
        true => Is("application/x-ace-compressed"),
        false => Next,
    }
}

/// Packets of 188 bytes, each beginning with a G.
fn transport_stream(sample: &Sample<'_>, place: usize) -> Verdict {
    let second = match place {
        0 => 188,
        _ => place + 192,
    };
    match sample.has(place, b"G") && sample.has(second, b"G") {
        true => Is("video/mp2t"),
        false => Next,
    }
}

fn embedded_opentype(sample: &Sample<'_>) -> Verdict {
    let versions: [&[u8]; 3] = [b"\0\0\x01", b"\x01\0\x02", b"\x02\0\x02"];
    match sample.has(34, b"LP") && versions.iter().any(|version| sample.has(8, version)) {
        true => Is("application/vnd.ms-fontobject"),
        false => Next,
    }
}

fn little_endian_text(sample: &Sample<'_>) -> Verdict {
    let says = |place, text: &str| {
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        sample.has(place, &bytes)
    };
    match sample.has(0, b"\xff\xfe") {
        false => Next,
        true if says(2, "<?xml ") => Is("application/xml"),
        true if sample.has(2, b"\xff\x0e") && says(4, "SketchUp Model") => {
            Is("application/vnd.sketchup.skp")
        }
        true if says(2, "Windows Registry Editor Version 5.00\r\n") => {
            Is("application/x-ms-regedit")
        }
        true => Unsure,
    }
}

/// Eleven set bits, and a layer.
fn mpeg_audio(sample: &Sample<'_>) -> Verdict {
    let [0xff, second, ..] = sample.window else {
        return Next;
    };
    match second {
        _ if second & 0xe0 != 0xe0 => Next,
        _ if second & 0x16 == 0x10 => Is("audio/aac"),
        _ if second & 0x06 != 0 => Is("audio/mpeg"),
        _ => Next,
    }
}
