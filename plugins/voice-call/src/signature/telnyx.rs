//! Telnyx: Ed25519 over the time and the body.
//!
//! It must not read a clock. The surprise: without a key nothing is believed, where the legacy believes everything.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};

use super::{Distrust, Signed};

/// How far the time of a signature may be from ours, in ms.
const TOLERANCE: u64 = 5 * 60 * 1000;

/// What stands before the 32 bytes of a key in its DER form.
const DER: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];

/// The key that the account's webhooks are signed with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key(VerifyingKey);

impl Key {
    /// Reads Base64 of the 32 bytes as Telnyx shows them, or of their DER form as the legacy wants them.
    pub fn parse(text: &str) -> Result<Self, Distrust> {
        let bytes = STANDARD.decode(text.trim()).map_err(bad)?;
        let bytes = bytes.strip_prefix(&DER[..]).unwrap_or(&bytes);
        let bytes = bytes.try_into().map_err(bad)?;
        VerifyingKey::from_bytes(bytes).map(Self).map_err(bad)
    }
}

fn bad<E>(_: E) -> Distrust {
    Distrust::BadKey
}

/// Whether Telnyx sent this. `now` is Unix ms.
pub fn check(signed: Signed<'_>, key: &Key, now: u64) -> Result<(), Distrust> {
    let header = |name| signed.headers.get(name).ok_or(Distrust::Missing);
    let presented = header("telnyx-signature-ed25519")?;
    let time = header("telnyx-timestamp")?;
    let bytes = STANDARD.decode(presented).map_err(|_| Distrust::Wrong)?;
    let signature = Signature::from_slice(&bytes).map_err(|_| Distrust::Wrong)?;
    let covered = [time.as_bytes(), b"|", signed.body].concat();
    key.0
        .verify_strict(&covered, &signature)
        .map_err(|_| Distrust::Wrong)?;
    let seconds: u64 = time.parse().map_err(|_| Distrust::Stale)?;
    let near = seconds.saturating_mul(1000).abs_diff(now) <= TOLERANCE;
    near.then_some(()).ok_or(Distrust::Stale)
}

#[cfg(test)]
mod tests {
    use super::super::Headers;
    use super::*;
    use ed25519_dalek::{Signer as _, SigningKey};
    use url::Url;

    const BODY: &str = r#"{"data":{"event_type":"call.answered"}}"#;
    const SECONDS: u64 = 1_700_000_000;

    fn ours() -> SigningKey {
        SigningKey::from_bytes(&[7; 32])
    }

    fn raw() -> String {
        STANDARD.encode(ours().verifying_key().as_bytes())
    }

    fn checked(time: &str, body: &str, late: i64) -> Result<(), Distrust> {
        let signature = ours().sign(format!("{time}|{BODY}").as_bytes());
        let headers = Headers::new(&[
            (
                "Telnyx-Signature-Ed25519".into(),
                STANDARD.encode(signature.to_bytes()),
            ),
            ("telnyx-timestamp".into(), time.into()),
        ]);
        let signed = Signed {
            url: &Url::parse("https://e.com").expect("a URL"),
            headers: &headers,
            body: body.as_bytes(),
        };
        let now = (SECONDS * 1000).saturating_add_signed(late);
        check(signed, &Key::parse(&raw())?, now)
    }

    #[test]
    fn a_fresh_signature_is_believed_for_five_minutes_either_way() {
        let time = SECONDS.to_string();
        for late in [0, 300_000, -300_000] {
            assert_eq!(checked(&time, BODY, late), Ok(()));
        }
        for late in [300_001, -300_001] {
            assert_eq!(checked(&time, BODY, late), Err(Distrust::Stale));
        }
    }

    #[test]
    fn another_body_or_an_absurd_time_is_not() {
        let time = SECONDS.to_string();
        assert_eq!(checked(&time, "{}", 0), Err(Distrust::Wrong));
        for absurd in ["soon", "-1", "1e9", "99999999999999999999999"] {
            assert_eq!(checked(absurd, BODY, 0), Err(Distrust::Stale), "{absurd}");
        }
    }

    #[test]
    fn what_is_missing_is_said_to_be() {
        let headers = Headers::default();
        let signed = Signed {
            url: &Url::parse("https://e.com").expect("a URL"),
            headers: &headers,
            body: b"",
        };
        let key = Key::parse(&raw()).expect("a key");
        assert_eq!(check(signed, &key, 0), Err(Distrust::Missing));
    }

    #[test]
    fn a_key_comes_bare_or_in_der() {
        let der = [&DER[..], ours().verifying_key().as_bytes()].concat();
        let bare = Key::parse(&raw()).expect("a key");
        assert_eq!(Key::parse(&STANDARD.encode(der)), Ok(bare));
        for text in ["", "AAAA", "not base64", &raw()[..40]] {
            assert_eq!(Key::parse(text), Err(Distrust::BadKey), "{text}");
        }
    }
}
