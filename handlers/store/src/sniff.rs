//! Of what type a file is by its bytes alone.

/// The type that the bytes speak for.
pub(crate) fn sniff(bytes: &[u8]) -> Option<&'static str> {
    const SIGNATURES: &[(&[u8], &str)] = &[
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"PK\x05\x06", "application/zip"),
    ];
    let row = SIGNATURES
        .iter()
        .find(|(magic, _)| bytes.starts_with(magic));
    row.map(|(_, name)| *name)
}
