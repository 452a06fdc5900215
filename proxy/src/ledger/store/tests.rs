use std::fs;
use std::path::PathBuf;

use super::*;

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("ledger.db")
    }

    fn open(&self) -> Store {
        Store::open(&self.path(), Limits::default()).unwrap()
    }

    fn bytes(&self) -> u64 {
        let files = fs::read_dir(self.folder.path()).unwrap();
        files
            .map(|file| file.unwrap().metadata().unwrap().len())
            .sum()
    }
}

impl Store {
    /// Makes the disk that large, in pages.
    pub(in crate::ledger) fn give_room(&self, pages: u32) {
        self.file
            .pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .unwrap();
    }
}

fn draft(number: u32, revision: i64, tenure: Tenure, page: &str) -> Draft {
    let epoch = Epoch {
        route: "orders".into(),
        number,
        fingerprint: "one".into(),
        began: 1,
        revision,
        page: page.into(),
        summary: "s".into(),
    };
    Draft { epoch, tenure }
}

fn sample(at: i64, place: &str, document: String) -> SampleRow {
    SampleRow {
        route: "orders".into(),
        at,
        keys: vec![(place.into(), "value".into())],
        document,
    }
}

fn all(store: &Store) -> Vec<String> {
    store.samples("orders", &Filter::default(), 1000).unwrap()
}

#[test]
fn an_epoch_is_there_after_opening_again() {
    let place = Place::new();
    let first = draft(1, 0, Tenure::First, "{}");
    assert_eq!(
        place.open().save(&[first], &[]).unwrap(),
        [Saved::Written(1)]
    );
    let again = place.open();
    let expect = draft(1, 1, Tenure::First, "{}").epoch;
    assert_eq!(again.latest().unwrap(), [expect]);
}

#[test]
fn what_was_committed_is_in_a_copy_of_the_files_taken_while_open() {
    let place = Place::new();
    let mut store = place.open();
    store
        .save(&[draft(1, 0, Tenure::First, "{}")], &[])
        .unwrap();
    let copy = Place::new();
    for file in fs::read_dir(place.folder.path()).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), copy.folder.path().join(file.file_name())).unwrap();
    }
    // The index of the log is memory of the process that was killed.
    fs::remove_file(copy.folder.path().join("ledger.db-shm")).unwrap();
    assert_eq!(copy.open().latest().unwrap().len(), 1);
}

#[test]
fn the_new_process_continues_and_the_old_one_lets_go() {
    let place = Place::new();
    let (mut old, mut new) = (place.open(), place.open());
    let own = |revision, page| [draft(1, revision, Tenure::Own, page)];
    old.save(&[draft(1, 0, Tenure::First, "a")], &[]).unwrap();
    assert_eq!(new.latest().unwrap()[0].revision, 1);
    // The old one goes on after the new one has read.
    assert_eq!(old.save(&own(1, "b"), &[]).unwrap(), [Saved::Written(2)]);
    let adopted = new.save(&[draft(1, 1, Tenure::First, "x")], &[]).unwrap();
    assert!(matches!(&adopted[..], [Saved::Adopted(epoch)] if epoch.page == "b"));
    assert_eq!(old.save(&own(2, "c"), &[]).unwrap(), [Saved::TakenOver]);
    assert_eq!(new.save(&own(2, "d"), &[]).unwrap(), [Saved::Written(3)]);
    assert_eq!(place.open().latest().unwrap()[0].page, "d");
}

#[test]
fn the_summaries_of_ten_ended_epochs_are_remembered() {
    let mut store = Store::in_memory(Limits::default()).unwrap();
    for number in 1..=15 {
        store
            .save(&[draft(number, 0, Tenure::First, "p")], &[])
            .unwrap();
    }
    let told: String = store
        .file
        .query_row(
            "SELECT group_concat(page || summary || ifnull(ended, '-'), ' ') FROM epochs",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(told, "s1 s1 s1 s1 s1 s1 s1 s1 s1 s1 ps-");
    let late = store.save(&[draft(14, 1, Tenure::Own, "p")], &[]).unwrap();
    assert_eq!(late, [Saved::TakenOver]);
}

#[test]
fn the_newest_samples_of_a_key_are_kept() {
    let mut store = Store::in_memory(Limits::default()).unwrap();
    for at in 0..30 {
        let mut row = sample(at, "json:/a", at.to_string());
        if at == 3 {
            row.keys.push(("status".into(), "status".into()));
        }
        store.save(&[], &[row]).unwrap();
    }
    let kept = all(&store);
    assert_eq!((kept[0].as_str(), kept.len()), ("29", 21));
    assert_eq!(kept[20], "3", "still a sample of its other key");
    let only = Filter {
        place: Some("status".into()),
        kind: None,
    };
    assert_eq!(store.samples("orders", &only, 10).unwrap(), ["3"]);
    assert_eq!(all(&store).len(), 21);
    assert!(store.samples("other", &only, 10).unwrap().is_empty());
}

#[test]
fn the_keys_that_were_seen_last_are_kept() {
    let limits = Limits {
        keys: 5,
        ..Limits::default()
    };
    let mut store = Store::in_memory(limits).unwrap();
    for at in 0..8 {
        let row = sample(at, &format!("json:/{at}"), at.to_string());
        store.save(&[], &[row]).unwrap();
    }
    assert_eq!(all(&store), ["7", "6", "5", "4", "3"]);
}

#[test]
fn the_files_stay_within_their_limit() {
    let limits = Limits {
        bytes: 2 * 1024 * 1024,
        ..Limits::default()
    };
    let place = Place::new();
    let mut store = Store::open(&place.path(), limits.clone()).unwrap();
    store
        .save(&[draft(1, 0, Tenure::First, "kept")], &[])
        .unwrap();
    let document = "x".repeat(100_000);
    for at in 0..200 {
        let row = sample(at, &format!("json:/{}", at % 50), document.clone());
        store.save(&[], &[row]).unwrap();
        assert!(place.bytes() <= limits.bytes, "{} at {at}", place.bytes());
    }
    assert!(all(&store).len() >= 10, "most of the room is used");
    assert_eq!(store.latest().unwrap()[0].page, "kept");
    drop(store);
    assert!(place.bytes() <= limits.bytes);
}

#[test]
fn damage_and_strangers_are_told_apart_from_bad_surroundings() {
    fn failure(prepare: impl FnOnce(&Place)) -> LedgerError {
        let place = Place::new();
        prepare(&place);
        match Store::open(&place.path(), Limits::default()) {
            Ok(_) => panic!("opened"),
            Err(failure) => failure,
        }
    }
    fn filled(place: &Place) -> Vec<u8> {
        let rows = (0..50).map(|at| sample(at, &format!("json:/{at}"), "y".repeat(9_000)));
        place.open().save(&[], &rows.collect::<Vec<_>>()).unwrap();
        fs::read(place.path()).unwrap()
    }
    let garbage = failure(|place| fs::write(place.path(), "not a database ".repeat(99)).unwrap());
    assert!(matches!(garbage, LedgerError::Damaged(_)), "{garbage:?}");

    let cut = failure(|place| {
        let bytes = filled(place);
        fs::write(place.path(), &bytes[..bytes.len() / 2]).unwrap();
    });
    assert!(matches!(cut, LedgerError::Damaged(_)), "{cut:?}");

    let flipped = failure(|place| {
        let mut bytes = filled(place);
        for page in bytes.chunks_mut(4096).skip(2) {
            page[..64].fill(0xff);
        }
        fs::write(place.path(), bytes).unwrap();
    });
    assert!(matches!(flipped, LedgerError::Damaged(_)), "{flipped:?}");

    let newer = failure(|place| {
        let store = place.open();
        store.file.pragma_update(None, "user_version", 7).unwrap();
    });
    assert!(matches!(newer, LedgerError::Foreign(7)), "{newer:?}");

    let other = failure(|place| {
        let file = Connection::open(place.path()).unwrap();
        file.execute_batch("CREATE TABLE theirs (x)").unwrap();
    });
    assert!(matches!(other, LedgerError::Foreign(0)), "{other:?}");

    let folder = failure(|place| fs::create_dir(place.path()).unwrap());
    assert!(matches!(folder, LedgerError::Unusable(_)), "{folder:?}");
}

#[test]
fn an_empty_file_is_a_fresh_one() {
    let place = Place::new();
    fs::write(place.path(), "").unwrap();
    assert!(place.open().latest().unwrap().is_empty());
}
