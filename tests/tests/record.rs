//! `overgrow record` writes a golden trace of live traffic, and `overgrow replay` finds it true.

use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::{SinkExt, StreamExt};
use nix::sys::signal::Signal;
use overgrow_parity::Extent;
use overgrow_parity::trace::{Conversation, Payload, Trace};
use overgrow_tests::ask::{Ask, get, post};
use overgrow_tests::origin::Origin;
use overgrow_tests::process::Process;
use overgrow_tests::sidecar::{self, Sidecar, routes_toml};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, accept_async, connect_async};

/// Whatever is waited for takes milliseconds.
const SOON: Duration = Duration::from_secs(15);

struct Scene {
    origin: Origin,
    sidecar: Sidecar,
    folder: TempDir,
}

impl Scene {
    async fn start() -> Result<Self> {
        Self::before(Origin::start().await?).await
    }

    async fn before(origin: Origin) -> Result<Self> {
        let route = "[[route]]\nid = \"orders\"\nmatch = { path = \"/orders/*\" }";
        Ok(Self {
            sidecar: Sidecar::start(&routes_toml(origin.address(), route)).await?,
            origin,
            folder: tempfile::tempdir()?,
        })
    }

    /// Resolves when the sidecar has begun to listen.
    async fn record(&self, route: &str, time: &str) -> Result<Process> {
        let mut command = Command::new(sidecar::binary()?);
        command.args(["record", "--route", route, "--for", time, "-o"]);
        command.arg(self.trace());
        command.args(["--admin", &self.sidecar.admin().to_string()]);
        let process = Process::spawn(&mut command)?;
        process
            .line(SOON, |line| line.contains("recording").then_some(()))
            .await?;
        Ok(process)
    }

    fn trace(&self) -> std::path::PathBuf {
        self.folder.path().join("orders.har")
    }

    async fn ask(&self, ask: Ask) -> Result<()> {
        ask.send(self.sidecar.addr()).await?;
        Ok(())
    }

    fn recorded(&self) -> Result<Trace> {
        Ok(Trace::parse(&std::fs::read(self.trace())?)?)
    }
}

#[tokio::test]
async fn what_is_recorded_is_true_when_it_is_replayed() -> Result<()> {
    let scene = Scene::start().await?;
    let recording = scene.record("orders", "2s").await?;
    let secret = get("/orders/1?token=s3cret").header("authorization", "Bearer abcdef");
    scene.ask(secret).await?;
    scene.ask(post("/orders/2", "hello")).await?;
    scene.ask(get("/users/1")).await?;
    let status = recording.ended(SOON).await?;
    ensure!(status.success(), "{}", recording.output());

    let trace = scene.recorded()?;
    let targets: Vec<_> = trace.entries.iter().map(|e| &e.request.target).collect();
    ensure!(
        targets.len() == 2 && targets[1] == "/orders/2",
        "{targets:?}"
    );
    let text = std::fs::read_to_string(scene.trace())?;
    ensure!(
        !text.contains("s3cret") && !text.contains("abcdef"),
        "{text}"
    );

    let against = format!("http://{}", scene.origin.address());
    let output = replay(&scene.trace(), &["--against", &against]).await?;
    ensure!(output.status.code() == Some(0), "{output:?}");
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(found.contains("2 entries: 2 equal"), "{found}");
    Ok(())
}

/// A service that says everything twice, and closes when it is told to.
async fn echoing() -> Result<Origin> {
    Origin::start_with(|stream| async move {
        let Ok(mut socket) = accept_async(stream).await else {
            return;
        };
        while let Some(Ok(message)) = socket.next().await {
            let sent = match message {
                message if message == Message::text("end") => socket.close(None).await,
                Message::Text(_) | Message::Binary(_) => socket.send(message).await,
                _ => continue,
            };
            if sent.is_err() {
                return;
            }
        }
    })
    .await
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Scene {
    async fn connect(&self, path: &str) -> Result<Socket> {
        let url = format!("ws://{}{path}", self.sidecar.addr());
        Ok(connect_async(url).await?.0)
    }
}

async fn say(socket: &mut Socket, message: Message) -> Result<()> {
    socket.send(message.clone()).await?;
    let said = tokio::time::timeout(SOON, socket.next()).await?;
    ensure!(said.context("closed")?? == message);
    Ok(())
}

/// Who said what.
fn told(conversation: &Conversation) -> Vec<(&str, Payload)> {
    let messages = conversation.messages.iter();
    let told = messages.map(|message| (message.way.name(), message.payload.clone()));
    told.collect()
}

fn conversation<'a>(trace: &'a Trace, path: &str) -> Result<&'a Conversation> {
    let mut entries = trace.entries.iter();
    let entry = entries.find(|entry| entry.request.target == path);
    let conversation = entry.and_then(|entry| entry.conversation.as_ref());
    conversation.with_context(|| format!("no conversation at {path}"))
}

#[tokio::test]
async fn a_websocket_is_recorded_with_its_messages() -> Result<()> {
    let scene = Scene::before(echoing().await?).await?;
    let recording = scene.record("orders", "1h").await?;
    let mut socket = scene.connect("/orders/live").await?;
    let secret = r#"{"id":1,"password":"hunter2"}"#;
    say(&mut socket, Message::text(secret)).await?;
    say(&mut socket, Message::binary(vec![0, 255, 7])).await?;
    // Longer than one read, in a frame whose length takes eight bytes.
    let long = "long ".repeat(20_000);
    say(&mut socket, Message::text(&long)).await?;
    socket.send(Message::text("end")).await?;
    while socket.next().await.is_some_and(|said| said.is_ok()) {}
    let mut socket = scene.connect("/orders/open").await?;
    say(&mut socket, Message::text("hello")).await?;
    recording.signal(Signal::SIGINT)?;
    let status = recording.ended(SOON).await?;
    drop(socket);
    ensure!(status.success(), "{}", recording.output());

    let text = |text: &str| Payload::Text(text.to_owned());
    let trace = scene.recorded()?;
    let closed = conversation(&trace, "/orders/live")?;
    let masked = text(r#"{"id":1,"password":"[redacted]"}"#);
    let bytes = Payload::Binary(vec![0, 255, 7].into());
    let expect = [
        ("send", masked.clone()),
        ("receive", masked),
        ("send", bytes.clone()),
        ("receive", bytes),
        ("send", text(&long)),
        ("receive", text(&long)),
        ("send", text("end")),
    ];
    ensure!(told(closed) == expect, "{:?}", told(closed));
    let close = closed.close.as_ref().context("no close")?;
    ensure!((close.code, closed.extent) == (1005, Extent::Whole));
    let open = conversation(&trace, "/orders/open")?;
    let hello = || text("hello");
    ensure!(told(open) == [("send", hello()), ("receive", hello())]);
    ensure!(open.extent == Extent::Cut);

    let against = format!("http://{}", scene.origin.address());
    let output = replay(&scene.trace(), &["--against", &against]).await?;
    ensure!(output.status.code() == Some(0), "{output:?}");
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(found.contains("2 entries: 2 equal"), "{found}");
    Ok(())
}

#[tokio::test]
async fn ctrl_c_ends_a_recording_with_a_whole_file() -> Result<()> {
    let scene = Scene::start().await?;
    let recording = scene.record("orders", "1h").await?;
    recording.signal(Signal::SIGINT)?;
    let status = recording.ended(SOON).await?;
    ensure!(status.success(), "{}", recording.output());
    ensure!(scene.recorded()?.entries.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_recording_does_not_hold_up_the_end_of_the_sidecar() -> Result<()> {
    let scene = Scene::start().await?;
    let recording = scene.record("orders", "1h").await?;
    let Scene {
        sidecar, folder, ..
    } = scene;
    ensure!(sidecar.stop().await?.success());
    recording.ended(SOON).await?;
    ensure!(folder.path().join("orders.har").exists());
    Ok(())
}

#[tokio::test]
async fn a_route_that_is_not_there_is_said_so() -> Result<()> {
    let scene = Scene::start().await?;
    let mut command = Command::new(sidecar::binary()?);
    command.args(["record", "--route", "ordres", "-o"]);
    command.arg(scene.trace());
    command.args(["--admin", &scene.sidecar.admin().to_string()]);
    let output = run(command).await?;
    ensure!(output.status.code() == Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(said.contains("no route \"ordres\""), "{said}");
    ensure!(!scene.trace().exists());
    Ok(())
}

#[tokio::test]
async fn a_replay_that_cannot_be_made_says_why() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("one.har");
    std::fs::write(&trace, ONE)?;
    let gone = Origin::start().await?;
    let against = format!("http://{}", gone.address());
    gone.stop().await;
    let bad = folder.path().join("bad.toml");
    std::fs::write(&bad, "[legacy]\nurl = 7\n")?;
    let bad = bad.display().to_string();
    let none = folder.path().join("none.har");
    for (trace, args, code, said) in [
        (&trace, &["--against", &against][..], 1, "cannot connect to"),
        (
            &trace,
            &["--against", &against, "--rules", &bad],
            64,
            "bad.toml:2",
        ),
        (&trace, &["--against", "h2c://127.0.0.1:1"], 1, "HTTP/1.1"),
        (&none, &["--against", &against], 1, "cannot read"),
    ] {
        let output = replay(trace, args).await?;
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        ensure!(
            output.status.code() == Some(code) && error.contains(said),
            "{args:?}: {error}"
        );
    }
    Ok(())
}

const ONE: &str = r#"{"log": {"entries": [{
    "request": {"method": "GET", "url": "http://recorded/"},
    "response": {"status": 200}
}]}}"#;

#[tokio::test]
async fn a_service_that_does_not_answer_differs_in_time() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let trace = folder.path().join("one.har");
    std::fs::write(&trace, ONE)?;
    let silent = Origin::start_with(|stream| async move {
        // Held open for as long as the client waits.
        let _ = stream.readable().await;
        std::future::pending::<()>().await;
    })
    .await?;
    let against = format!("http://{}", silent.address());
    let output = replay(&trace, &["--against", &against, "--timeout", "300ms"]).await?;
    let found = String::from_utf8_lossy(&output.stdout).into_owned();
    ensure!(output.status.code() == Some(1), "{output:?}");
    ensure!(found.contains("no answer in time"), "{found}");
    Ok(())
}

async fn replay(trace: &Path, args: &[&str]) -> Result<Output> {
    let mut command = Command::new(sidecar::binary()?);
    command.arg("replay").arg(trace).args(args);
    run(command).await
}

async fn run(mut command: Command) -> Result<Output> {
    // The services answer in this process meanwhile.
    let running = tokio::task::spawn_blocking(move || command.output());
    running.await?.context("overgrow")
}
