//! Decides who may: tokens, passwords, proxies, handshakes, JWTs, signatures.
