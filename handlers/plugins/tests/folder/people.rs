//! What the outbox and operators see.

use http::Request;
use overgrow_handler::{Body, Effects};
use overgrow_outbox::Natives;

use crate::kit::{Rig, grant};

#[tokio::test]
async fn channels_are_found_by_id_and_alias() {
    let rig = Rig::start(grant("hello")).await;
    let natives: Natives = rig.plugins.natives();
    assert!(natives("steady").is_some() && natives("st").is_some());
    assert!(natives("telegram").is_none());
}

#[tokio::test]
async fn an_operator_sees_what_is_missing_and_calls_by_hand() {
    let rig = Rig::start(grant("hello")).await;
    let inspection = rig.plugins.inspect("steady").expect("there");
    let kv = inspection
        .imports
        .iter()
        .find(|import| import.interface == "kv");
    assert_eq!(kv.expect("imported").granted.len(), 1);
    assert!(
        inspection
            .remarks
            .iter()
            .any(|remark| remark.contains("session-start"))
    );
    assert_eq!(rig.plugins.inspect("nobody"), None);
    let (effects, _plan) = Effects::planning();
    let told = rig
        .plugins
        .invoke("steady", "steady_tell", "{}", effects.clone());
    assert_eq!(told.await.expect("answered").details.as_deref(), Some("{}"));
    let sent = rig.plugins.send_text("steady", "bob", "hi", effects).await;
    assert!(format!("{sent:?}").contains("bob"));
    let (effects, _plan) = Effects::planning();
    let request = Request::get("/steady/greet").body(Body::empty());
    let answer = rig
        .plugins
        .request("steady", request.expect("a request"), effects);
    assert_eq!(answer.await.expect("answered").status(), 200);
}
