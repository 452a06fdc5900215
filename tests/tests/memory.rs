//! Bodies of any size pass in flat memory, in both directions and past a reader that has stopped.
//!
//! Client and origin run here and in a tight loop; what is measured is the sidecar's resident memory while the bytes pass.

use anyhow::{Context, Result, ensure};
use nix::sys::signal::Signal;
use overgrow_tests::http2::Http2;
use overgrow_tests::origin::{Origin, read_head};
use overgrow_tests::process::Process;
use overgrow_tests::sidecar::Sidecar;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::{interval, sleep};

/// What a body may add to the sidecar's memory, however large it is.
const FLAT: u64 = 20 << 20;

const GIB: u64 = 1 << 30;

/// One read or write of the client.
const PIECE: usize = 256 * 1024;

/// Runs `work` and returns what it returned with the most memory that `process` had meanwhile.
async fn peak<T>(process: &Process, work: impl Future<Output = Result<T>>) -> Result<(T, u64)> {
    let mut work = std::pin::pin!(work);
    let mut tick = interval(Duration::from_millis(20));
    let mut most = 0;
    loop {
        tokio::select! {
            done = work.as_mut() => return Ok((done?, most)),
            _ = tick.tick() => most = most.max(process.resident_bytes()?),
        }
    }
}

async fn download(to: SocketAddr, bytes: u64) -> Result<()> {
    let mut stream = BufReader::with_capacity(PIECE, TcpStream::connect(to).await?);
    let request = format!("GET /down/{bytes} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let head = read_head(&mut stream).await?.context("no answer")?;
    ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
    let mut body = stream.take(bytes);
    let got = tokio::io::copy_buf(&mut body, &mut tokio::io::sink()).await?;
    ensure!(got == bytes, "{got} of {bytes} bytes");
    Ok(())
}

async fn upload(to: SocketAddr, bytes: u64) -> Result<()> {
    let mut stream = TcpStream::connect(to).await?;
    let request = format!("PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: {bytes}\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    let piece = vec![b'x'; PIECE];
    for _ in 0..bytes / PIECE as u64 {
        stream.write_all(&piece).await?;
    }
    let mut stream = BufReader::new(stream);
    let head = read_head(&mut stream).await?.context("no answer")?;
    let mut counted = vec![0; bytes.to_string().len()];
    stream.read_exact(&mut counted).await?;
    ensure!(counted == bytes.to_string().as_bytes(), "{head}{counted:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_gibibytes_down_and_up_in_flat_memory() -> Result<()> {
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    download(sidecar.addr(), 1 << 20).await?;
    upload(sidecar.addr(), 1 << 20).await?;
    let before = sidecar.process().resident_bytes()?;
    for direction in ["down", "up"] {
        let started = Instant::now();
        let ((), most) = match direction {
            "down" => peak(sidecar.process(), download(sidecar.addr(), 10 * GIB)).await?,
            _ => peak(sidecar.process(), upload(sidecar.addr(), 10 * GIB)).await?,
        };
        let grown = most.saturating_sub(before);
        eprintln!(
            "10 GiB {direction}: {:?}, {} KiB more memory",
            started.elapsed(),
            grown >> 10
        );
        ensure!(grown < FLAT, "{direction}: {grown} bytes more");
    }
    Ok(())
}

/// Writes as fast as it is read, and says how far it has come.
async fn pour(mut stream: TcpStream, bytes: u64, poured: &AtomicU64) -> Result<()> {
    read_head(&mut BufReader::new(&mut stream)).await?;
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {bytes}\r\n\r\n");
    stream.write_all(head.as_bytes()).await?;
    let piece = vec![b'x'; PIECE];
    while poured.load(Ordering::SeqCst) < bytes {
        stream.write_all(&piece).await?;
        poured.fetch_add(PIECE as u64, Ordering::SeqCst);
    }
    Ok(())
}

/// Waits until the count has stood still for half a second.
async fn still(count: &AtomicU64) -> u64 {
    loop {
        let before = count.load(Ordering::SeqCst);
        sleep(Duration::from_millis(500)).await;
        if before > 0 && count.load(Ordering::SeqCst) == before {
            return before;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_stops_reading_stops_the_legacy() -> Result<()> {
    let bytes = 256 << 20;
    let poured = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&poured);
    let origin = Origin::start_with(move |stream| {
        let count = Arc::clone(&count);
        async move { drop(pour(stream, bytes, &count).await) }
    })
    .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let before = sidecar.process().resident_bytes()?;
    let mut stream = BufReader::new(TcpStream::connect(sidecar.addr()).await?);
    stream
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        .await?;
    read_head(&mut stream).await?.context("no answer")?;
    let stopped = still(&poured).await;
    let grown = sidecar.process().resident_bytes()?.saturating_sub(before);
    // Socket buffers of the kernel hold a few MiB on each of the two connections.
    ensure!(stopped < 64 << 20, "the legacy went on to {stopped} bytes");
    ensure!(grown < FLAT, "{grown} bytes more");
    let mut body = stream.take(bytes);
    let got = tokio::io::copy_buf(&mut body, &mut tokio::io::sink()).await?;
    ensure!(got == bytes, "{got} of {bytes} bytes");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_http2_client_that_stops_reading_stops_the_legacy() -> Result<()> {
    let poured = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&poured);
    let origin = Origin::start_with(move |stream| {
        let count = Arc::clone(&count);
        async move { drop(pour(stream, GIB, &count).await) }
    })
    .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let before = sidecar.process().resident_bytes()?;
    let client = Http2::connect(sidecar.addr()).await?;
    let unread = client.send("GET", "/", &[], "").await?;
    let stopped = still(&poured).await;
    let grown = sidecar.process().resident_bytes()?.saturating_sub(before);
    drop(unread);
    ensure!(stopped < 64 << 20, "the legacy went on to {stopped} bytes");
    ensure!(grown < FLAT, "{grown} bytes more");
    Ok(())
}

/// Sends for as long as somebody takes it.
async fn flood(to: SocketAddr, sent: &AtomicU64) -> Result<()> {
    let mut stream = TcpStream::connect(to).await?;
    let head = b"PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 1073741824\r\n\r\n";
    stream.write_all(head).await?;
    loop {
        stream.write_all(&[b'x'; 64 * 1024]).await?;
        sent.fetch_add(64 * 1024, Ordering::SeqCst);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_legacy_that_stops_reading_stops_the_client() -> Result<()> {
    let origin = Origin::start_with(|stream| async move {
        // Never read: what the client manages to send is what lies in buffers.
        let _open = stream;
        std::future::pending::<()>().await;
    })
    .await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    let before = sidecar.process().resident_bytes()?;
    let sent = Arc::new(AtomicU64::new(0));
    let count = Arc::clone(&sent);
    let to = sidecar.addr();
    let sending = tokio::spawn(async move { flood(to, &count).await });
    let stopped = still(&sent).await;
    let grown = sidecar.process().resident_bytes()?.saturating_sub(before);
    sending.abort();
    // Its drain would wait for the upload, which never ends.
    sidecar.process().signal(Signal::SIGKILL)?;
    ensure!(stopped < 64 << 20, "the client went on to {stopped} bytes");
    ensure!(grown < FLAT, "{grown} bytes more");
    Ok(())
}
