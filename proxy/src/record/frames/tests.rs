use std::io::{self, Read, Write};

use proptest::prelude::*;
use tokio_tungstenite::tungstenite::protocol::frame::Frame as Made;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{CloseCode, Data, OpCode};
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocket};
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

use super::*;

/// Keeps what is written.
#[derive(Default)]
struct Wire(Vec<u8>);

impl Read for Wire {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::ErrorKind::WouldBlock.into())
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// As a library writes it: masked by a client, plain by a server.
fn written(role: Role, messages: &[Message]) -> Vec<u8> {
    let mut socket = WebSocket::from_raw_socket(Wire::default(), role, None);
    for message in messages {
        socket.send(message.clone()).unwrap();
    }
    std::mem::take(&mut socket.get_mut().0)
}

fn part(opcode: OpCode, payload: &'static str, is_last: bool) -> Message {
    Message::Frame(Made::message(payload, opcode, is_last))
}

fn text(text: impl Into<String>) -> Said {
    Said::Message(Payload::Text(text.into()))
}

fn binary(bytes: Vec<u8>) -> Said {
    Said::Message(Payload::Binary(bytes.into()))
}

/// Read in one piece, byte by byte, and in pieces that end anywhere.
#[track_caller]
fn check(bytes: &[u8], expect: &[Said]) {
    for size in [bytes.len().max(1), 1, 3, 7, 1000] {
        let mut reader = Reader::default();
        let pieces = bytes.chunks(size);
        let said: Vec<_> = pieces.flat_map(|piece| reader.take(piece)).collect();
        assert!(said == expect, "in pieces of {size}: {said:?}");
    }
}

#[test]
fn messages_of_every_length_are_read_from_both_sides() {
    for role in [Role::Client, Role::Server] {
        for size in [0, 1, 125, 126, 127, 65_535, 65_536, 70_001] {
            let bytes: Vec<u8> = (0..size).map(|n| (n % 251) as u8).collect();
            let letters = "é".repeat(size / 2);
            let sent = [Message::binary(bytes.clone()), Message::text(&letters)];
            check(&written(role, &sent), &[binary(bytes), text(letters)]);
        }
    }
}

#[test]
fn a_message_in_parts_is_one_though_others_beat_in_between() {
    let sent = [
        part(OpCode::Data(Data::Text), "one ", false),
        Message::Ping("are you there".into()),
        part(OpCode::Data(Data::Continue), "", false),
        Message::Pong("yes".into()),
        part(OpCode::Data(Data::Continue), "two", true),
        Message::text("three"),
    ];
    for role in [Role::Client, Role::Server] {
        check(&written(role, &sent), &[text("one two"), text("three")]);
    }
}

#[test]
fn a_close_is_the_last_thing_said() {
    let frame = CloseFrame {
        code: CloseCode::Policy,
        reason: Utf8Bytes::from_static("no"),
    };
    let sent = [Message::text("a"), Message::Close(Some(frame))];
    let mut bytes = written(Role::Client, &sent);
    bytes.extend(written(Role::Client, &[Message::text("late")]));
    let close = |code, reason: &str| {
        Said::Close(Close {
            code,
            reason: reason.to_owned(),
        })
    };
    check(&bytes, &[text("a"), close(1008, "no")]);
    check(&[0x88, 0], &[close(1005, "")]);
}

#[test]
fn a_compressed_message_is_kept_as_it_went_by() {
    let bytes = [0x41, 2, 0xaa, 0xbb, 0x80, 1, 0xcc, 0x81, 1, b'x'];
    let packed = Payload::Compressed(Bytes::from_static(&[0xaa, 0xbb, 0xcc]));
    check(&bytes, &[Said::Message(packed), text("x")]);
}

#[test]
fn what_is_no_frame_ends_it() {
    for (bytes, why) in [
        (&[0x80, 0][..], "a continuation of nothing"),
        (&[0x01, 0, 0x81, 0], "a message inside a message"),
        (&[0x41, 0, 0xc0, 0], "compression in the middle"),
        (&[0x91, 0], "an extension that nobody knows"),
        (&[0xa1, 0], "an extension that nobody knows"),
        (&[0x83, 0], "an opcode that nobody knows"),
        (&[0x8b, 0], "an opcode that nobody knows"),
        (&[0x09, 0], "a control frame that is none"),
        (&[0xc9, 0], "a control frame that is none"),
        (&[0x89, 126, 0, 126], "a control frame that is none"),
        (&[0x88, 1, 3], "half a close code"),
        (&[0x81, 1, 0xff], "a text that is none"),
        (b"HTTP/1.1 200 OK", "a control frame that is none"),
    ] {
        let mut bytes = bytes.to_vec();
        let sane = bytes.clone();
        bytes.extend([0x81, 1, b'x']);
        check(&bytes, &[Said::Nonsense(why)]);
        check(&sane, &[Said::Nonsense(why)]);
    }
}

#[test]
fn a_promised_length_takes_no_room() {
    let mut reader = Reader::default();
    let endless = [&[0x82, 127][..], &[0xff; 8], b"some"].concat();
    assert_eq!(reader.take(&endless), []);
    let begun = reader.message.unwrap();
    assert_eq!(begun.bytes, b"some");
    assert!(begun.bytes.capacity() < 100);
}

proptest! {
    #[test]
    fn whatever_comes_is_survived_however_it_is_cut(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        cut in 0usize..300,
    ) {
        let cut = cut.min(bytes.len());
        let mut whole = Reader::default();
        let expect = whole.take(&bytes);
        let mut parts = Reader::default();
        let mut said = parts.take(&bytes[..cut]);
        said.extend(parts.take(&bytes[cut..]));
        prop_assert_eq!(said, expect);
    }
}
