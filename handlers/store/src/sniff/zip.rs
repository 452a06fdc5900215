//! Documents that are zips: office files, books, apps.
//!
//! It reads local headers one after another, as they stand in the file, and inflates at most one entry, up to a mebibyte.

use std::io::Read;

use flate2::read::DeflateDecoder;

use super::Verdict::{Is, Next};
use super::{Sample, Verdict};

/// Bytes of an entry that are read, packed or not.
const ENTRY: usize = 1024 * 1024;
/// Entries that are looked at.
const ENTRIES: usize = 1024;
/// Length of the record behind an entry whose length was not known in front of it.
const DESCRIPTOR: usize = 16;
const DESCRIPTOR_MAGIC: &[u8] = b"PK\x07\x08";

pub(super) fn judge(sample: &Sample<'_>) -> Verdict {
    match sample.has(0, b"PK\x03\x04") {
        true => Is(document(sample).unwrap_or("application/zip")),
        false => Next,
    }
}

/// What the first telling entry says; `None` when none does, or the file breaks off before.
fn document(sample: &Sample<'_>) -> Option<&'static str> {
    let mut at = 0;
    let mut scanned = 0;
    for _ in 0..ENTRIES {
        let entry = Entry::read(sample, at)?;
        if let Some(found) = by_name(entry.name) {
            return Some(found);
        }
        let length = entry.length(sample, ENTRY - scanned);
        if let (Some(told), true) = (by_content(entry.name), entry.is_small()) {
            return entry.inflated(sample, length).as_deref().and_then(told);
        }
        at = entry.data + length?;
        if entry.is_described {
            at += DESCRIPTOR;
        }
        if entry.is_scanned() {
            scanned += length?;
        }
    }
    None
}

/// Entries whose being there says all.
fn by_name(name: &[u8]) -> Option<&'static str> {
    match name {
        b"META-INF/mozilla.rsa" => Some("application/x-xpinstall"),
        b"META-INF/MANIFEST.MF" => Some("application/java-archive"),
        _ if names_android_code(name) => Some("application/vnd.android.package-archive"),
        _ => None,
    }
}

/// `classes`, digits, `.dex`, anywhere.
fn names_android_code(name: &[u8]) -> bool {
    let stem = b"classes";
    name.windows(stem.len()).enumerate().any(|(at, word)| {
        let rest = &name[at + stem.len()..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        word == stem && rest[digits..].starts_with(b".dex")
    })
}

type Telling = fn(&[u8]) -> Option<&'static str>;

/// Entries whose content names the document's type.
fn by_content(name: &[u8]) -> Option<Telling> {
    match name {
        b"mimetype" => Some(from_mimetype),
        b"[Content_Types].xml" => Some(from_content_types),
        _ => None,
    }
}

fn from_mimetype(content: &[u8]) -> Option<&'static str> {
    let text = String::from_utf8_lossy(content);
    known(text.trim_start_matches('\u{feff}').trim())
}

/// The part before the first `.main+xml"`, back to the quote in front of it.
fn from_content_types(content: &[u8]) -> Option<&'static str> {
    const MODEL: &str = "application/vnd.ms-package.3dmanufacturing-3dmodel+xml";
    let text = String::from_utf8_lossy(content);
    match text.split_once(".main+xml\"") {
        Some((before, _)) => known(before.rsplit('"').next()?),
        None if text.contains(&format!("ContentType=\"{MODEL}\"")) => known(MODEL),
        None => None,
    }
}

/// Types that a document may name, with what they are called when it is served.
fn known(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    let renamed = RENAMED.iter().find(|(from, _)| *from == name);
    let plain = || PLAIN.iter().find(|plain| **plain == name).copied();
    renamed.map(|(_, to)| *to).or_else(plain)
}

const RENAMED: &[(&str, &str)] = &[
    (
        "application/vnd.ms-excel.sheet.macroenabled",
        "application/vnd.ms-excel.sheet.macroenabled.12",
    ),
    (
        "application/vnd.ms-excel.template.macroenabled",
        "application/vnd.ms-excel.template.macroenabled.12",
    ),
    (
        "application/vnd.ms-powerpoint.slideshow.macroenabled",
        "application/vnd.ms-powerpoint.slideshow.macroenabled.12",
    ),
    (
        "application/vnd.ms-word.document.macroenabled",
        "application/vnd.ms-word.document.macroenabled.12",
    ),
    (
        "application/vnd.ms-word.template.macroenabledtemplate",
        "application/vnd.ms-word.template.macroenabled.12",
    ),
    (
        "application/vnd.ms-powerpoint.template.macroenabled",
        "application/vnd.ms-powerpoint.template.macroenabled.12",
    ),
    (
        "application/vnd.ms-powerpoint.presentation.macroenabled",
        "application/vnd.ms-powerpoint.presentation.macroenabled.12",
    ),
    ("application/vnd.ms-visio.drawing", "application/vnd.visio"),
    (
        "application/vnd.ms-package.3dmanufacturing-3dmodel+xml",
        "model/3mf",
    ),
];

const PLAIN: &[&str] = &[
    "application/epub+zip",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.text-template",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.spreadsheet-template",
    "application/vnd.oasis.opendocument.presentation",
    "application/vnd.oasis.opendocument.presentation-template",
    "application/vnd.oasis.opendocument.graphics",
    "application/vnd.oasis.opendocument.graphics-template",
    "application/vnd.openxmlformats-officedocument.presentationml.slideshow",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.template",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.template",
    "application/vnd.openxmlformats-officedocument.presentationml.template",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
];

/// One entry's local header.
struct Entry<'a> {
    name: &'a [u8],
    method: u16,
    packed: usize,
    unpacked: usize,
    /// Whether its lengths stand behind it.
    is_described: bool,
    /// Where its data begins.
    data: usize,
}

impl<'a> Entry<'a> {
    fn read(sample: &Sample<'a>, at: usize) -> Option<Self> {
        let head: [u8; 30] = sample.read(at)?;
        let short = |place: usize| u16::from_le_bytes([head[place], head[place + 1]]);
        let long = |place: usize| u32::from(short(place)) | u32::from(short(place + 2)) << 16;
        let name = at + head.len();
        let extra = name + usize::from(short(26));
        head.starts_with(b"PK\x03\x04").then_some(())?;
        Some(Self {
            name: sample.rest.get(name..extra)?,
            method: short(8),
            packed: usize::try_from(long(18)).ok()?,
            unpacked: usize::try_from(long(22)).ok()?,
            is_described: short(6) & 8 != 0,
            data: extra + usize::from(short(28)),
        })
    }

    fn is_small(&self) -> bool {
        self.packed <= ENTRY && self.unpacked <= ENTRY
    }

    /// Whether its end must be looked for.
    fn is_scanned(&self) -> bool {
        self.is_described && self.packed == 0
    }

    /// The length of its data; `None` when the file breaks off, or its end is not found in so many bytes.
    fn length(&self, sample: &Sample<'_>, budget: usize) -> Option<usize> {
        match self.is_scanned() {
            true => descriptor(sample.from(self.data)).filter(|length| *length <= budget),
            false => Some(self.packed).filter(|length| *length <= sample.rest.len()),
        }
    }

    fn inflated(&self, sample: &Sample<'_>, length: Option<usize>) -> Option<Vec<u8>> {
        let data = sample.from(self.data);
        let data = match length {
            Some(length) => data.get(..length)?,
            None if self.is_scanned() && data.len() <= ENTRY => data,
            None => return None,
        };
        match self.method {
            0 => Some(data.to_vec()),
            8 => inflate(data),
            _ => None,
        }
    }
}

/// Where the record is that says how many bytes came before it.
fn descriptor(data: &[u8]) -> Option<usize> {
    data.windows(DESCRIPTOR)
        .enumerate()
        .find_map(|(at, record)| {
            let says = u32::from_le_bytes([record[8], record[9], record[10], record[11]]);
            (record.starts_with(DESCRIPTOR_MAGIC) && usize::try_from(says) == Ok(at)).then_some(at)
        })
}

fn inflate(data: &[u8]) -> Option<Vec<u8>> {
    let mut content = Vec::new();
    let limit = ENTRY as u64 + 1;
    let read = DeflateDecoder::new(data)
        .take(limit)
        .read_to_end(&mut content);
    (read.is_ok() && content.len() <= ENTRY).then_some(content)
}
