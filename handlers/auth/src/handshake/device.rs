//! Whether a device is the one that it says it is.
//!
//! It must not know whether that device may connect. The surprise: a key comes as 32 bytes in Base64, of either
//! alphabet and with whatever else is in it ignored, or as PEM, and its hash is the device's name either way.

use base64::Engine;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, UnparsedPublicKey};

/// What stands before the 32 bytes of an Ed25519 key in its DER form.
const SPKI: [u8; 12] = [
    0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00,
];

/// As forgiving as the legacy's decoder.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_allow_trailing_bits(true)
        .with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// A device's public key, which need not be one of Ed25519.
pub(super) struct Key(Vec<u8>);

impl Key {
    /// `None` when it cannot be read at all.
    pub(super) fn read(text: &str) -> Option<Self> {
        if text.contains("BEGIN") {
            return pem(text).map(Self);
        }
        decode(text).map(Self)
    }

    /// The device's name: the SHA-256 of its key in hexadecimal.
    pub(super) fn device(&self) -> String {
        let hash = digest(&SHA256, &self.0);
        hash.as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// As it is kept.
    pub(super) fn canonical(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.0)
    }

    pub(super) fn verifies(&self, signed: &str, signature: &str) -> bool {
        let signature = decode(signature).unwrap_or_default();
        UnparsedPublicKey::new(&ED25519, &self.0)
            .verify(signed.as_bytes(), &signature)
            .is_ok()
    }
}

/// The key inside `-----BEGIN PUBLIC KEY-----`; one of another kind stays in its DER form and verifies nothing.
fn pem(text: &str) -> Option<Vec<u8>> {
    let (_, rest) = text.split_once("-----BEGIN PUBLIC KEY-----")?;
    let (inner, _) = rest.split_once("-----END PUBLIC KEY-----")?;
    let der = decode(inner)?;
    let raw = der.strip_prefix(&SPKI).filter(|raw| raw.len() == 32);
    Some(raw.map(<[u8]>::to_vec).unwrap_or(der))
}

fn decode(text: &str) -> Option<Vec<u8>> {
    let digit = |letter: char| match letter {
        '-' => Some('+'),
        '_' => Some('/'),
        'A'..='Z' | 'a'..='z' | '0'..='9' | '+' | '/' => Some(letter),
        _ => None,
    };
    let mut digits: String = text.split('=').next()?.chars().filter_map(digit).collect();
    if digits.len() % 4 == 1 {
        // Six bits are no byte.
        digits.pop();
    }
    LENIENT.decode(digits).ok()
}

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair};

    use super::*;

    /// The device of the golden recordings.
    const RECORDED: &str = "E9USc5PhEWBfx4iGeutiZD-9I9nL3Rc9EkiuAz_hBu8";
    const DEVICE: &str = "2fff2b21e247d0cd1e356fa7cddf468c739cb43d27d2a014f462c89f486d1c4d";

    #[test]
    fn a_key_has_one_name_however_it_is_written() {
        let named = |text: &str| Key::read(text).unwrap().device();
        assert_eq!(named(RECORDED), DEVICE);
        assert_eq!(named(&RECORDED.replace('-', "+").replace('_', "/")), DEVICE);
        assert_eq!(named(&format!(" {RECORDED}=\n=x")), DEVICE);
        let der = [&SPKI[..], &decode(RECORDED).unwrap()].concat();
        let inner = LENIENT.encode(der);
        let pem = format!("-----BEGIN PUBLIC KEY-----\n{inner}\n-----END PUBLIC KEY-----\n");
        assert_eq!(named(&pem), DEVICE);
        assert_eq!(Key::read(&pem).unwrap().canonical(), RECORDED);
        assert!(Key::read("BEGIN").is_none());
        assert_ne!(named("AAAAA"), DEVICE);
    }

    #[test]
    fn only_the_devices_own_signature_verifies() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap();
        let key = Key::read(&BASE64_URL_SAFE_NO_PAD.encode(pair.public_key())).unwrap();
        let signature = BASE64_URL_SAFE_NO_PAD.encode(pair.sign(b"signed"));
        assert!(key.verifies("signed", &signature));
        assert!(!key.verifies("other", &signature));
        assert!(!key.verifies("signed", "AAAA"));
        assert!(!Key::read(RECORDED).unwrap().verifies("signed", &signature));
        assert!(!Key::read("AAAA").unwrap().verifies("signed", &signature));
    }
}
