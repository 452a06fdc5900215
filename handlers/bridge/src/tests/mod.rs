//! The whole bridge over real sockets and files, with a scripted gateway at the other end.

mod adversity;
mod calls;
mod delivery;
mod double;
mod kill;

use std::path::Path;
use std::time::Duration;

use overgrow_handler::Effects;
use tokio::time::{sleep, timeout};

use crate::{Agent, Bridge, BridgeConfig, BridgeStatus, Dispatch, Wake, WakeMode};

fn open(folder: &Path) -> Bridge {
    Bridge::open(BridgeConfig {
        longest_wait: Duration::from_millis(50),
        ..BridgeConfig::new(folder)
    })
    .unwrap()
}

fn wake(text: &str) -> Dispatch {
    Dispatch::Wake(Wake {
        text: text.to_owned(),
        mode: WakeMode::Now,
    })
}

fn agent(message: &str) -> Dispatch {
    Dispatch::Agent(Box::new(Agent {
        message: message.to_owned(),
        name: "Hook".to_owned(),
        wake_mode: WakeMode::NextHeartbeat,
        session_key: "hook:1".to_owned(),
        deliver: true,
        channel: "last".to_owned(),
        to: None,
        model: None,
        thinking: Some("low".to_owned()),
        timeout_seconds: Some(30.0),
    }))
}

async fn accept(bridge: &Bridge, dispatch: Dispatch) {
    let effects = Effects::performing();
    bridge.dispatch(&effects, dispatch).await.unwrap();
}

/// Waits for the status to be so. It has no event to wait for: it is made for whoever asks now and then.
async fn until(bridge: &Bridge, so: impl Fn(&BridgeStatus) -> bool) -> BridgeStatus {
    let look = async {
        while !so(&bridge.status()) {
            sleep(Duration::from_millis(2)).await;
        }
        bridge.status()
    };
    timeout(Duration::from_secs(20), look)
        .await
        .unwrap_or_else(|_| panic!("{:?}", bridge.status()))
}

async fn until_delivered(bridge: &Bridge, count: u64) -> BridgeStatus {
    until(bridge, |status| {
        status.delivered == count && status.waiting == 0
    })
    .await
}
