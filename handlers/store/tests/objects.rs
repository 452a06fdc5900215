//! A store over objects: the same promises as a folder's, as far as the API goes.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt;
use object_store::memory::InMemory;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use overgrow_handler::Effects;
use overgrow_store::{
    Lifetimes, Limits, MediaId, New, S3, Saved, Shelf, Store, StoreError, TakeError,
};

type Outcome = Result<(), Box<dyn Error>>;

const MAX: u64 = 1024;

struct Bucket {
    objects: Arc<InMemory>,
    store: Store,
}

impl Bucket {
    fn new(limits: Limits) -> Self {
        let objects = Arc::new(InMemory::new());
        let store = Store::objects(
            Arc::clone(&objects) as Arc<dyn ObjectStore>,
            "media",
            limits,
        );
        Self { objects, store }
    }

    async fn names(&self) -> Result<Vec<String>, object_store::Error> {
        let found = self.objects.list(None);
        let mut names: Vec<_> = found
            .map_ok(|object| object.location.to_string())
            .try_collect()
            .await?;
        names.sort();
        Ok(names)
    }
}

async fn save(store: &Store, bytes: &'static [u8], shelf: Shelf) -> Result<Saved, StoreError> {
    let new = New {
        bytes: Bytes::from_static(bytes),
        content_type: Some("text/plain"),
        shelf,
        original_name: Some("rép.txt"),
        max_bytes: MAX,
    };
    store.save(&Effects::performing(), new).await
}

async fn take(store: &Store, id: &str) -> Result<Bytes, TakeError> {
    let effects = Effects::performing();
    let id = MediaId::parse(id).expect("an id");
    let held = store.read(&effects, &id, MAX).await?;
    store.claim(&effects, &held).await?;
    Ok(held.bytes)
}

/// What any object store must do; asked of the one in memory, and of a real server when there is one.
async fn keeps_its_promises(store: &Store) -> Outcome {
    let saved = save(store, b"hello", Shelf::Top).await?;
    let id = MediaId::parse(&saved.id)?;
    let effects = Effects::performing();
    let held = store.read(&effects, &id, MAX).await?;
    assert_eq!(held.bytes, "hello");
    let mut claims = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (store, effects, held) = (store.clone(), effects.clone(), held.clone());
        claims.spawn(async move { store.claim(&effects, &held).await.is_ok() });
    }
    let won = claims.join_all().await.into_iter().filter(|won| *won);
    assert_eq!(won.count(), 1);
    assert!(matches!(
        take(store, &saved.id).await,
        Err(TakeError::NotFound)
    ));
    let large = store
        .read(
            &effects,
            &MediaId::parse(&save(store, b"12345", Shelf::Top).await?.id)?,
            4,
        )
        .await;
    assert!(matches!(large, Err(TakeError::TooLarge { size: 5 })));
    save(store, b"x", Shelf::Inbound).await?;
    store.sweep(&effects).await?;
    Ok(())
}

#[tokio::test]
async fn objects_are_taken_once() -> Outcome {
    let bucket = Bucket::new(Limits::default());
    keeps_its_promises(&bucket.store).await
}

/// Asks a real server: `OVERGROW_TEST_S3=http://127.0.0.1:9000`, its bucket `media`, and keys in the environment.
#[tokio::test]
#[ignore = "needs an S3-compatible server"]
async fn a_real_server_keeps_the_promises() -> Outcome {
    let bucket = S3 {
        bucket: "media".to_owned(),
        prefix: "overgrow/test".to_owned(),
        endpoint: Some(std::env::var("OVERGROW_TEST_S3")?),
        region: None,
        keys: None,
    };
    keeps_its_promises(&Store::s3(&bucket, Limits::default())?).await
}

#[tokio::test]
async fn a_plan_changes_no_object() -> Outcome {
    let bucket = Bucket::new(Limits::default());
    let saved = save(&bucket.store, b"hello", Shelf::Top).await?;
    let (effects, plan) = Effects::planning();
    let held = bucket
        .store
        .read(&effects, &MediaId::parse(&saved.id)?, MAX)
        .await?;
    bucket.store.claim(&effects, &held).await?;
    assert_eq!(plan.take().len(), 1);
    assert_eq!(take(&bucket.store, &saved.id).await?, "hello");
    Ok(())
}

#[tokio::test]
async fn expired_objects_go_when_asked_for_and_when_swept() -> Outcome {
    let lifetimes = Lifetimes {
        link: Duration::ZERO,
        ..Default::default()
    };
    let bucket = Bucket::new(Limits {
        lifetimes,
        ..Default::default()
    });
    let asked = save(&bucket.store, b"x", Shelf::Top).await?;
    assert!(matches!(
        take(&bucket.store, &asked.id).await,
        Err(TakeError::Expired)
    ));
    assert!(bucket.names().await?.is_empty());
    save(&bucket.store, b"x", Shelf::Top).await?;
    save(&bucket.store, b"x", Shelf::Inbound).await?;
    bucket.store.sweep(&Effects::performing()).await?;
    let names = bucket.names().await?;
    assert!(matches!(&names[..], [name] if name.starts_with("media/inbound/")));
    Ok(())
}

#[tokio::test]
async fn a_full_bucket_refuses() -> Outcome {
    let bucket = Bucket::new(Limits {
        cap: 10,
        ..Default::default()
    });
    bucket
        .objects
        .put(&Path::from("media/of-another"), b"123456".to_vec().into())
        .await?;
    save(&bucket.store, b"1234", Shelf::Top).await?;
    let refused = save(&bucket.store, b"5", Shelf::Top).await;
    assert!(matches!(
        refused,
        Err(StoreError::Full { used: 10, cap: 10 })
    ));
    Ok(())
}
