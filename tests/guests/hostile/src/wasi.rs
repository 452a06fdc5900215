//! What an ordinary program tries: files, environment, network, printing. Only built for WASI can it even ask.

use std::net::TcpStream;

/// What became of each try, in one line.
pub(crate) fn files() -> String {
    let read = std::fs::read("/etc/passwd").map(|bytes| bytes.len());
    let write = std::fs::write("/tmp/overgrow-was-here", "x");
    let list = std::fs::read_dir("/").map(Iterator::count);
    format!("read {read:?}, write {write:?}, list {list:?}")
}

pub(crate) fn environment() -> String {
    let variables = std::env::vars().count();
    let arguments = std::env::args().count();
    format!("{variables} variables, {arguments} arguments")
}

pub(crate) fn network() -> String {
    let dial = TcpStream::connect("127.0.0.1:22").map(drop);
    let name = TcpStream::connect("localhost:22").map(drop);
    format!("dial {dial:?}, name {name:?}")
}

pub(crate) fn print(line: &str) -> String {
    println!("{line}");
    eprintln!("{line}");
    "printed".into()
}
