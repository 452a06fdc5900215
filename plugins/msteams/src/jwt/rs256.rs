//! RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2.2): checking only.
//!
//! It must not know tokens. Written here because only public values are in play: the crate for RSA carries an advisory
//! about its private operations and a good deal of code that a sandbox need not hold. The surprise is what is *not*
//! done: the padding is never read. The whole block that an honest signer would have made is built and compared, so
//! that there is nothing to be lenient about.

use num_bigint::BigUint;
use sha2::{Digest, Sha256};

/// The DigestInfo of SHA-256 up to the hash itself (RFC 8017, 9.2, note 1).
const DIGEST_INFO: [u8; 19] = [
    0x30, 0x31, 0x30, 0x0d, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05,
    0x00, 0x04, 0x20,
];
/// Smallest modulus that is believed and largest that is worked with, bytes.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
/// Longest exponent, bytes. Everybody's is 65537; a long one is work for us and for nobody else.
const EXPONENT: usize = 5;

/// Whether the key, big-endian without leading zeros, signed the message.
pub fn verify(modulus: &[u8], exponent: &[u8], message: &[u8], signature: &[u8]) -> bool {
    if !is_usable(modulus, exponent) || signature.len() != modulus.len() {
        return false;
    }
    let (n, s) = (
        BigUint::from_bytes_be(modulus),
        BigUint::from_bytes_be(signature),
    );
    if s >= n {
        return false;
    }
    let opened = s
        .modpow(&BigUint::from_bytes_be(exponent), &n)
        .to_bytes_be();
    let honest = encoded(message, modulus.len());
    // Numbers lose the zero that every block begins with.
    opened == honest[1..]
}

/// Whether a key is of a size that is believed.
pub fn is_usable(modulus: &[u8], exponent: &[u8]) -> bool {
    let odd = |bytes: &[u8]| bytes.last().is_some_and(|last| last % 2 == 1);
    let full = modulus.first().is_some_and(|first| *first != 0);
    let sized = MODULUS.contains(&modulus.len()) && (1..=EXPONENT).contains(&exponent.len());
    sized && full && odd(modulus) && odd(exponent) && exponent != [1]
}

/// The block that an honest signer signs.
fn encoded(message: &[u8], length: usize) -> Vec<u8> {
    let hash = Sha256::digest(message);
    let padding = length - 3 - DIGEST_INFO.len() - hash.len();
    let mut block = vec![0x00, 0x01];
    block.extend(std::iter::repeat_n(0xff, padding));
    block.push(0x00);
    block.extend_from_slice(&DIGEST_INFO);
    block.extend_from_slice(&hash);
    block
}
