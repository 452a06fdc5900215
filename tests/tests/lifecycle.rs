//! Starting, ending, and handing over to a successor.

use anyhow::{Context, Result};
use nix::sys::signal::Signal;
use overgrow_tests::admin::{scrape, until};
use overgrow_tests::ask::{Ask, Client, get};
use overgrow_tests::load::Load;
use overgrow_tests::origin::Origin;
use overgrow_tests::raw::{Answer, Wire};
use overgrow_tests::service::Service;
use overgrow_tests::sidecar::{Sidecar, folder, routes_toml};
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

/// For what takes milliseconds when nobody else uses the machine.
const SOON: Duration = Duration::from_secs(10);

/// A start that must fail; gives the exit code and what was printed.
async fn failed_start(routes: &str) -> Result<(Option<i32>, String)> {
    let starting = Sidecar::launch(routes)?;
    let status = starting.process().ended(SOON).await?;
    // The output is collected by others than the status.
    let text = until("the reason", async || {
        Ok(Some(starting.process().output()).filter(|text| !text.is_empty()))
    })
    .await?;
    Ok((status.code(), text))
}

fn nobody() -> SocketAddr {
    ([127, 0, 0, 1], 9).into()
}

#[tokio::test]
async fn a_taken_port_is_named() -> Result<()> {
    let holder = TcpListener::bind("127.0.0.1:0").await?;
    let taken = holder.local_addr()?;
    let listen = format!("listen = \"{taken}\"");
    let routes = routes_toml(nobody(), "").replace("listen = \"127.0.0.1:0\"", &listen);
    let (code, text) = failed_start(&routes).await?;
    assert_eq!(code, Some(1));
    assert!(
        text.contains(&format!("cannot listen on {taken}")),
        "{text}"
    );
    assert!(text.contains("in use"), "{text}");
    assert!(!text.contains("overgrow ready"), "{text}");
    Ok(())
}

#[tokio::test]
async fn a_bad_file_is_shown_with_its_lines() -> Result<()> {
    let bad = "[[route]]\nid = \"a\"\nmatch = { path = \"/\" }\nrust = 250\nhandlr = \"x\"\n";
    let (code, text) = failed_start(&routes_toml(nobody(), bad)).await?;
    assert_eq!(code, Some(64), "{text}");
    assert!(
        text.contains("| rust = 250") && text.contains("| handlr = \"x\""),
        "{text}"
    );
    assert!(text.contains("routes.toml:"), "{text}");
    assert!(!text.contains('\u{1b}'), "colours without a terminal");
    Ok(())
}

#[tokio::test]
async fn a_missing_file_is_named_with_a_way_out() -> Result<()> {
    let empty = folder()?;
    let path = empty.path().join("routes.toml");
    let error = Sidecar::start_in(empty)
        .await
        .err()
        .context("it cannot start")?;
    let text = error.to_string();
    assert!(
        text.contains(&format!("cannot read {}", path.display())),
        "{text}"
    );
    assert!(text.contains("-c"), "{text}");
    Ok(())
}

#[tokio::test]
async fn the_ready_line_is_true() -> Result<()> {
    let legacy = Service::start("legacy").await?;
    let one = "[[route]]\nid = \"a\"\nmatch = { path = \"/a\" }\n";
    let sidecar = Sidecar::start(&routes_toml(legacy.address(), one)).await?;
    let line = |line: &str| line.contains("overgrow ready").then(|| line.to_owned());
    let line = sidecar.process().line(SOON, line).await?;
    assert!(line.contains(" routes=1 "), "{line}");
    // Whoever has read the line may ask at once.
    assert_eq!(get("/").send(sidecar.addr()).await?.status(), 200);
    assert_eq!(get("/readyz").send(sidecar.admin()).await?.status(), 200);
    Ok(())
}

/// A sidecar with a request in flight that the legacy holds.
struct Busy {
    legacy: Service,
    sidecar: Sidecar,
    held: JoinHandle<Result<Answer>>,
}

impl Busy {
    /// `server` are further lines of `[server]`.
    async fn start(server: &str) -> Result<Self> {
        let legacy = Service::start("legacy").await?;
        let routes = routes_toml(legacy.address(), "");
        let routes = routes.replace("[server]", &format!("[server]\n{server}"));
        let sidecar = Sidecar::start(&routes).await?;
        let to = sidecar.addr();
        let held = tokio::spawn(async move { get("/hold").send(to).await });
        legacy.holds(1).await;
        Ok(Self {
            legacy,
            sidecar,
            held,
        })
    }

    /// SIGTERM, seen to have arrived.
    async fn terminate(&self) -> Result<()> {
        self.sidecar.process().signal(Signal::SIGTERM)?;
        until("readiness to end", async || {
            let ready = get("/readyz").send(self.sidecar.admin()).await?;
            Ok((ready.status() == 503).then_some(()))
        })
        .await
    }
}

async fn until_refused(to: SocketAddr) -> Result<()> {
    until("connections to be refused", async || {
        Ok(TcpStream::connect(to).await.is_err().then_some(()))
    })
    .await
}

#[tokio::test]
async fn sigterm_lets_work_in_flight_finish_and_takes_no_more() -> Result<()> {
    let busy = Busy::start("").await?;
    let mut idle = Wire::connect(busy.sidecar.addr()).await?;
    get("/").on(&mut idle).await?;
    busy.terminate().await?;
    until_refused(busy.sidecar.addr()).await?;
    assert!(idle.closes().await, "an idle connection stays open");
    assert!(
        !busy.held.is_finished(),
        "the request in flight was cut off"
    );
    let alive = get("/healthz").send(busy.sidecar.admin()).await?;
    assert_eq!(alive.status(), 200);

    busy.legacy.release();
    let released = Instant::now();
    let answer = busy.held.await??;
    assert_eq!((answer.status(), answer.complete), (200, true));
    assert_eq!(answer.header("connection"), Some("close"));
    let status = busy.sidecar.process().ended(SOON).await?;
    println!("ended {:?} after the last answer", released.elapsed());
    assert_eq!(status.code(), Some(0));
    assert!(
        released.elapsed() < Duration::from_secs(2),
        "it waits for nobody"
    );
    Ok(())
}

/// Has asked for `/down/N` and has read nothing yet; its socket takes little, so that the rest waits in the sidecar.
async fn slow_reader(to: SocketAddr, bytes: usize) -> Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(16 * 1024)?;
    let mut stream = socket.connect(to).await?;
    let request = format!("GET /down/{bytes} HTTP/1.1\r\nHost: x\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    Ok(stream)
}

#[tokio::test]
async fn sigterm_lets_slow_readers_have_the_end_of_their_answers() -> Result<()> {
    const BYTES: usize = 8 << 20;
    let origin = Origin::start().await?;
    let sidecar = Sidecar::in_front_of(origin.address()).await?;
    // Several, because it is left to chance how much of an answer is not even in the kernel's buffers yet.
    let mut readers = Vec::new();
    for _ in 0..8 {
        readers.push((slow_reader(sidecar.addr(), BYTES).await?, 0));
    }
    // They read until the sidecar has nothing more to fetch.
    let mut piece = vec![0; 64 * 1024];
    loop {
        for (reader, read) in &mut readers {
            *read += reader.read(&mut piece).await?;
        }
        let scrape = scrape(sidecar.admin()).await?;
        if scrape.sum("overgrow_in_flight", &[]) == 0.0 {
            break;
        }
    }
    sidecar.process().signal(Signal::SIGTERM)?;
    until_refused(sidecar.addr()).await?;
    // Long enough for a process that waits for nobody to be gone.
    tokio::time::sleep(Duration::from_millis(300)).await;
    for (mut reader, read) in readers {
        let rest = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await?;
        // The head is among what was read.
        let whole = read as u64 + rest;
        assert!(whole > BYTES as u64 && rest > 0, "cut after {whole}");
    }
    assert_eq!(sidecar.process().ended(SOON).await?.code(), Some(0));
    Ok(())
}

#[tokio::test]
async fn an_idle_sidecar_ends_at_once() -> Result<()> {
    let legacy = Service::start("legacy").await?;
    let sidecar = Sidecar::in_front_of(legacy.address()).await?;
    let mut kept = Client::new(sidecar.addr());
    kept.ask(&get("/")).await?;
    let asked = Instant::now();
    assert_eq!(sidecar.stop().await?.code(), Some(0));
    println!("ended after {:?}", asked.elapsed());
    assert!(
        asked.elapsed() < Duration::from_secs(2),
        "{:?}",
        asked.elapsed()
    );
    Ok(())
}

#[tokio::test]
async fn the_drain_limit_cuts_off_what_does_not_end() -> Result<()> {
    let busy = Busy::start("drain = \"600ms\"").await?;
    let asked = Instant::now();
    let status = busy.sidecar.process().stop().await?;
    let took = asked.elapsed();
    assert_eq!(status.code(), Some(0));
    assert!((600..5000).contains(&took.as_millis()), "{took:?}");
    assert!(busy.held.await?.is_err(), "nobody answered");
    Ok(())
}

#[tokio::test]
async fn a_second_signal_ends_the_drain() -> Result<()> {
    let busy = Busy::start("drain = \"60s\"").await?;
    busy.terminate().await?;
    busy.sidecar.process().signal(Signal::SIGTERM)?;
    let status = busy.sidecar.process().ended(SOON).await?;
    assert_eq!(status.code(), Some(1));
    Ok(())
}

#[tokio::test]
async fn a_successor_takes_over_under_load_without_a_failed_request() -> Result<()> {
    let legacy = Service::start("legacy").await?;
    let old = Sidecar::in_front_of(legacy.address()).await?;
    let (to, admin) = (old.addr(), old.admin());
    let load = Load::start(8, to, &get("/"));
    until("some traffic", async || {
        Ok((legacy.asked() > 100).then_some(()))
    })
    .await?;

    let starting = old.successor()?;
    old.process().signal(Signal::SIGQUIT)?;
    let new = starting.ready().await?;
    assert_eq!((new.addr(), new.admin()), (to, admin), "the ports stay");
    let status = old.process().ended(SOON).await?;
    assert_eq!(status.code(), Some(0));
    let before = legacy.asked();
    until("traffic at the new process", async || {
        Ok((legacy.asked() > before + 100).then_some(()))
    })
    .await?;

    let record = load.stop().await?;
    println!(
        "{} requests across the hand-over, {} kept connections found closed",
        record.shots.len(),
        record.reopened
    );
    assert_eq!(record.failures(), Vec::<String>::new());
    let counted = scrape(new.admin()).await?;
    assert!(counted.sum("overgrow_requests_total", &[]) > 100.0);
    assert_eq!(new.stop().await?.code(), Some(0));
    Ok(())
}

#[tokio::test]
async fn a_request_in_flight_outlives_the_hand_over() -> Result<()> {
    let busy = Busy::start("").await?;
    let starting = busy.sidecar.successor()?;
    busy.sidecar.process().signal(Signal::SIGQUIT)?;
    let new = starting.ready().await?;
    assert_eq!(get("/").send(new.addr()).await?.status(), 200);
    assert!(!busy.held.is_finished());
    busy.legacy.release();
    assert_eq!(busy.held.await??.status(), 200);
    assert_eq!(busy.sidecar.process().ended(SOON).await?.code(), Some(0));
    // A third one takes over from the second as the second did from the first.
    let third = new.successor()?;
    new.process().signal(Signal::SIGQUIT)?;
    let third = third.ready().await?;
    assert_eq!(third.addr(), new.addr());
    assert_eq!(new.process().ended(SOON).await?.code(), Some(0));
    assert_eq!(get("/").send(third.addr()).await?.status(), 200);
    Ok(())
}

#[tokio::test]
async fn a_quit_that_nobody_waits_for_changes_nothing() -> Result<()> {
    let legacy = Service::start("legacy").await?;
    let sidecar = Sidecar::in_front_of(legacy.address()).await?;
    sidecar.process().signal(Signal::SIGQUIT)?;
    let stays = |line: &str| line.contains("this process stays").then_some(());
    sidecar
        .process()
        .line(Duration::from_secs(20), stays)
        .await?;
    let request: Ask = get("/");
    assert_eq!(request.send(sidecar.addr()).await?.status(), 200);
    assert_eq!(sidecar.stop().await?.code(), Some(0));
    Ok(())
}
