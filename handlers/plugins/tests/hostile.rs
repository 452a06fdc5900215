//! Plugins that misbehave. Each misdeed is that call's failure, by type, and nothing else notices: a plugin that behaves
//! is called all the while, on the same two threads.

mod rig;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use overgrow_plugins::grant::{HostPattern, HttpGrant, Limits, MediaGrant, Network, Write};
use overgrow_plugins::{CallError, Engine, Grant, Plugin};
use rig::{component, engine, hostile, load, misdeed, within};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const SHORT: Duration = Duration::from_millis(300);

/// A plugin that behaves, called over and over.
struct Witness {
    stop: Arc<AtomicBool>,
    answers: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Witness {
    async fn of(engine: &Engine) -> Self {
        let plugin = load(engine, "template", component("template"), Grant::default()).await;
        let stop = Arc::<AtomicBool>::default();
        let answers = Arc::<AtomicUsize>::default();
        let task = {
            let (stop, answers) = (Arc::clone(&stop), Arc::clone(&answers));
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let said = misdeed(&plugin, "hello", r#"{"name":"you"}"#).await;
                    assert_eq!(said.as_deref(), Ok("hello, you"));
                    answers.fetch_add(1, Ordering::Relaxed);
                }
            })
        };
        Self {
            stop,
            answers,
            task,
        }
    }

    fn answers(&self) -> usize {
        self.answers.load(Ordering::Relaxed)
    }

    async fn done(self) {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.expect("it answered each time");
    }
}

/// Runs a misdeed beside the witness, and asks the same plugin to behave after it.
async fn run(limits: Limits, name: &str, arguments: &str) -> Result<String, CallError> {
    let engine = engine();
    let witness = Witness::of(&engine).await;
    let plugin = hostile(&engine, limits).await;
    let before = witness.answers();
    let end = misdeed(&plugin, name, arguments).await;
    while witness.answers() < before + 3 {
        tokio::task::yield_now().await;
    }
    let fine = misdeed(&plugin, "fine", "still here").await;
    assert_eq!(fine.as_deref(), Ok("still here"));
    witness.done().await;
    assert_eq!(engine.free(), 100, "all instances are given back");
    end
}

#[tokio::test]
async fn a_trap_is_a_trap() {
    let end = run(Limits::default(), "trap", "").await;
    assert!(matches!(end, Err(CallError::Trap(_))), "{end:?}");
}

#[tokio::test]
async fn a_failure_of_its_own_is_no_trap() {
    let end = run(Limits::default(), "fail", "").await;
    assert!(matches!(end, Err(CallError::Failed { code, .. }) if code == "on-purpose"));
}

#[tokio::test]
async fn an_endless_loop_ends_at_its_deadline() {
    let began = Instant::now();
    let end = run(within(SHORT), "spin", "").await;
    let Err(CallError::Deadline(time)) = end else {
        panic!("{end:?}")
    };
    assert!(time <= SHORT && began.elapsed() >= time);
}

#[tokio::test]
async fn endless_host_calls_end_at_their_deadline() {
    let end = run(within(SHORT), "calls", "").await;
    assert!(matches!(end, Err(CallError::Deadline(_))), "{end:?}");
}

#[tokio::test]
async fn a_flood_of_log_lines_ends_at_its_deadline() {
    let end = run(within(SHORT), "flood", "").await;
    assert!(matches!(end, Err(CallError::Deadline(_))), "{end:?}");
}

#[tokio::test]
async fn four_gigabytes_of_memory_are_refused() {
    let end = run(Limits::default(), "memory", "").await;
    assert_eq!(end, Err(CallError::Memory(Limits::default().memory)));
}

#[tokio::test]
async fn a_gigabyte_of_reply_does_not_fit_into_its_memory() {
    let end = run(Limits::default(), "reply", "1073741824").await;
    assert_eq!(end, Err(CallError::Memory(Limits::default().memory)));
}

#[tokio::test]
async fn a_reply_larger_than_granted_is_not_copied() {
    let limits = Limits {
        memory: 256 << 20,
        answer: 1 << 20,
        ..Limits::default()
    };
    let end = run(limits, "reply", "33554432").await;
    assert_eq!(end, Err(CallError::Answer(1 << 20)));
}

#[tokio::test]
async fn a_reply_that_says_the_same_thing_four_thousand_times_is_not_copied() {
    let end = run(Limits::default(), "echoes", "").await;
    assert_eq!(end, Err(CallError::Answer(Limits::default().answer)));
}

#[tokio::test]
async fn who_may_store_large_files_may_not_answer_with_one() {
    let grant = Grant {
        limits: Limits {
            answer: 1 << 20,
            ..Limits::default()
        },
        media: Some(MediaGrant {
            write: Write::Granted,
            ..MediaGrant::default()
        }),
        ..Grant::default()
    };
    let plugin = load(&engine(), "hostile", component("hostile"), grant).await;
    let end = misdeed(&plugin, "reply", "1100000").await;
    assert_eq!(end, Err(CallError::Answer(1 << 20)));
    let fits = misdeed(&plugin, "reply", "1000000").await;
    assert_eq!(fits.map(|text| text.len()), Ok(1_000_000));
}

#[tokio::test]
async fn a_stack_that_overflows_is_a_trap() {
    let end = run(Limits::default(), "stack", "").await;
    let Err(CallError::Trap(reason)) = end else {
        panic!("{end:?}")
    };
    assert!(
        reason.contains("stack") || reason.contains("bounds"),
        "{reason}"
    );
}

#[tokio::test]
async fn more_spinning_guests_than_threads_leave_room_for_others() {
    let engine = engine();
    let witness = Witness::of(&engine).await;
    let plugin = hostile(&engine, within(Duration::from_secs(60))).await;
    let spins = (0..8).map(|_| {
        let plugin = plugin.clone();
        tokio::spawn(async move { misdeed(&plugin, "spin", "").await })
    });
    let spins: Vec<_> = spins.collect();
    while engine.free() > 92 {
        tokio::task::yield_now().await;
    }
    let before = witness.answers();
    while witness.answers() < before + 5 {
        tokio::task::yield_now().await;
    }
    for spin in spins {
        assert!(!spin.is_finished(), "they answered meanwhile");
        spin.abort();
    }
    witness.done().await;
}

#[tokio::test]
async fn calls_beyond_the_granted_number_wait_and_then_are_refused() {
    let engine = engine();
    let limits = Limits {
        concurrency: 1,
        ..Limits::default()
    };
    let plugin = hostile(&engine, limits).await;
    let spin = {
        let plugin = plugin.clone();
        tokio::spawn(async move { misdeed(&plugin, "spin", "").await })
    };
    while engine.free() == 100 {
        tokio::task::yield_now().await;
    }
    let mut soon = rig::ask("soon");
    soon.deadline = Instant::now() + Duration::from_millis(20);
    let busy = plugin.tools(&soon).await.err();
    assert_eq!(busy, Some(CallError::Busy));
    // One with more patience gets its turn when the first is through.
    spin.abort();
    assert!(plugin.tools(&rig::ask("late")).await.is_ok());
}

#[tokio::test]
async fn who_leaves_ends_the_guest_and_gives_its_room_back() {
    let engine = engine();
    let plugin = hostile(&engine, Limits::default()).await;
    let spin = misdeed(&plugin, "spin", "");
    tokio::select! {
        end = spin => panic!("{end:?}"),
        () = async { while engine.free() == 100 { tokio::task::yield_now().await } } => {}
    }
    while engine.free() < 100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_service_that_spins_is_gone_after_its_deadline() {
    let engine = engine();
    let plugin = hostile(&engine, within(SHORT)).await;
    let ask = rig::ask("call");
    let mut service = plugin.service(&ask).await.expect("an instance");
    service.start(&ask, "spin".into()).await.expect("fine");
    let end = service.tick(&ask).await;
    assert!(matches!(end, Err(CallError::Deadline(_))), "{end:?}");
    assert!(!service.is_alive() && engine.free() == 100);
}

#[tokio::test]
async fn a_call_that_is_late_before_it_begins_does_not_begin() {
    let plugin = hostile(&engine(), Limits::default()).await;
    let mut late = rig::ask("late");
    late.deadline = Instant::now();
    let end = plugin.tools(&late).await.err();
    assert_eq!(end, Some(CallError::Deadline(Duration::ZERO)));
}

/// Calls the plugin for each request; answers 200 when that went well, else 500.
async fn serve(listener: TcpListener, plugin: Plugin, url: String, asked: Arc<AtomicUsize>) {
    loop {
        let (mut stream, _) = listener.accept().await.expect("a connection");
        asked.fetch_add(1, Ordering::Relaxed);
        let (plugin, url) = (plugin.clone(), url.clone());
        tokio::spawn(async move {
            let mut head = [0; 4096];
            let _ = stream.read(&mut head).await;
            // As a proxy does, it drops the call of a client that is gone.
            let mut gone = [0];
            let ended = tokio::select! {
                ended = misdeed(&plugin, "fetch", &url) => ended,
                _ = stream.read(&mut gone) => return,
            };
            let status = match ended {
                Ok(_) => "200 OK",
                Err(_) => "500 Internal Server Error",
            };
            let answer =
                format!("HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            let _ = stream.write_all(answer.as_bytes()).await;
        });
    }
}

#[tokio::test]
async fn a_fetch_that_ends_at_itself_stops_near_the_granted_number_of_calls() {
    const CALLS: usize = 4;
    let engine = engine();
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address").to_string();
    let grant = Grant {
        limits: Limits {
            concurrency: CALLS,
            ..within(SHORT)
        },
        http: vec![HttpGrant {
            hosts: vec![HostPattern::parse(&address).expect("a host")],
            methods: Vec::new(),
            network: Network::Private,
            read: Vec::new(),
        }],
        ..Grant::default()
    };
    let plugin = load(&engine, "hostile", component("hostile"), grant).await;
    let url = format!("http://{address}/");
    let asked = Arc::<AtomicUsize>::default();
    let server = serve(listener, plugin.clone(), url.clone(), Arc::clone(&asked));
    let server = tokio::spawn(server);
    // Each of the calls ends as it may: by its deadline, by an answer from the one below, or because the one above is
    // gone. All of them do end; the last may get a turn of the first's just before it is told.
    let _ = misdeed(&plugin, "fetch", &url).await;
    while engine.free() < 100 {
        tokio::task::yield_now().await;
    }
    let asked = asked.load(Ordering::Relaxed);
    assert!((2..=2 * CALLS).contains(&asked), "{asked} requests");
    let fine = misdeed(&plugin, "fine", "still here").await;
    assert_eq!(fine.as_deref(), Ok("still here"));
    server.abort();
}

#[tokio::test]
async fn a_thousand_calls_at_once_share_the_room() {
    let engine = rig::engine_for(8);
    let limits = Limits {
        concurrency: 1000,
        ..Limits::default()
    };
    let plugin: Plugin = hostile(&engine, limits).await;
    let calls = (0..1000).map(|number: usize| {
        let plugin = plugin.clone();
        tokio::spawn(async move { misdeed(&plugin, "fine", &number.to_string()).await })
    });
    let calls: Vec<_> = calls.collect();
    for (number, call) in calls.into_iter().enumerate() {
        assert_eq!(call.await.expect("no panic"), Ok(number.to_string()));
    }
    assert_eq!(engine.free(), 8);
}
