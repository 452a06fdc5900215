//! What the first bytes of a file say it is.

use super::{ArtifactError, LARGEST};

const MAGIC: &[u8] = b"\0asm";
/// Version 1, layer 0.
const MODULE: [u8; 4] = [1, 0, 0, 0];

/// Only components pass, by their looks; whether they are whole is the compiler's to say.
///
/// # Errors
/// What it is instead.
pub(super) fn check(bytes: &[u8]) -> Result<(), ArtifactError> {
    if bytes.len() > LARGEST {
        return Err(ArtifactError::Large(bytes.len()));
    }
    let Some(rest) = bytes.strip_prefix(MAGIC) else {
        return Err(foreign(bytes));
    };
    match rest.first_chunk() {
        Some(&MODULE) => Err(ArtifactError::Module),
        Some(_) => Ok(()),
        None => Err(ArtifactError::Foreign),
    }
}

fn foreign(bytes: &[u8]) -> ArtifactError {
    let text = bytes.trim_ascii_start();
    if text.starts_with(b"(module") || text.starts_with(b"(component") {
        return ArtifactError::Text;
    }
    ArtifactError::Foreign
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_components_pass() {
        let cases: [(&[u8], Result<(), ArtifactError>); 6] = [
            (b"\0asm\x0d\0\x01\0", Ok(())),
            (b"\0asm\x01\0\0\0", Err(ArtifactError::Module)),
            (b"\0asm", Err(ArtifactError::Foreign)),
            (b"#!/bin/sh", Err(ArtifactError::Foreign)),
            (b"", Err(ArtifactError::Foreign)),
            (b"\n (component)", Err(ArtifactError::Text)),
        ];
        for (bytes, expect) in cases {
            assert_eq!(check(bytes), expect, "{bytes:?}");
        }
        let large = check(&vec![0; LARGEST + 1]);
        assert_eq!(large, Err(ArtifactError::Large(LARGEST + 1)));
    }
}
