//! Moves of dials in the file.
//!
//! The surprise: two processes that hand over both see one edit of routes.toml. A move that leads where the route's
//! last one led is the same move, and is written once; one that stayed where it was is told apart by its time.

use rusqlite::{Row, Transaction, TransactionBehavior, params};

use super::{LedgerError, Store};
use crate::ledger::moves::{Move, REMEMBERED};
use crate::route::By;

/// Made where it is missing: files of an older overgrow do not have it, and older ones pass it over.
pub(super) const TABLE: &str = "
    CREATE TABLE IF NOT EXISTS moves (
        id INTEGER PRIMARY KEY,
        route TEXT NOT NULL,
        at INTEGER NOT NULL,
        mover TEXT NOT NULL,
        before REAL,
        after REAL NOT NULL,
        why TEXT
    );
    CREATE INDEX IF NOT EXISTS moves_of_route ON moves (route, id);
";

impl Store {
    /// Every move, the oldest first.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(in crate::ledger) fn moves(&self) -> Result<Vec<Move>, LedgerError> {
        let mut query = self
            .file
            .prepare("SELECT route, at, mover, before, after, why FROM moves ORDER BY id")?;
        let moves = query.query_map([], read)?;
        Ok(moves.collect::<Result<_, _>>()?)
    }

    /// Writes moves, all or none, and forgets the oldest beyond what is remembered of a route.
    ///
    /// # Errors
    /// When the file cannot be written; nothing of it is then.
    pub(in crate::ledger) fn add_moves(&mut self, moves: &[Move]) -> Result<(), LedgerError> {
        let change = self
            .file
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        for moved in moves {
            add(&change, moved)?;
            forget(&change, &moved.route)?;
        }
        Ok(change.commit()?)
    }
}

fn add(change: &Transaction<'_>, moved: &Move) -> rusqlite::Result<()> {
    change
        .prepare_cached(
            "INSERT INTO moves (route, at, mover, before, after, why)
             SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE NOT EXISTS (
                 SELECT 1 FROM (SELECT * FROM moves WHERE route = ?1 ORDER BY id DESC LIMIT 1)
                 WHERE after = ?5 AND (?4 IS NOT ?5 OR at = ?2))",
        )?
        .execute(params![
            moved.route,
            i64::try_from(moved.at).unwrap_or(i64::MAX),
            moved.by.name(),
            moved.from,
            moved.to,
            moved.why
        ])?;
    Ok(())
}

fn forget(change: &Transaction<'_>, route: &str) -> rusqlite::Result<()> {
    change
        .prepare_cached(
            "DELETE FROM moves WHERE route = ?1 AND id NOT IN (
                 SELECT id FROM moves WHERE route = ?1 ORDER BY id DESC LIMIT ?2)",
        )?
        .execute(params![route, REMEMBERED as i64])?;
    Ok(())
}

/// A mover that this overgrow does not know, of a newer one perhaps, is somebody it does not know.
fn read(row: &Row<'_>) -> rusqlite::Result<Move> {
    let at: i64 = row.get("at")?;
    let mover: String = row.get("mover")?;
    Ok(Move {
        route: row.get("route")?,
        at: u64::try_from(at).unwrap_or_default(),
        by: mover.parse().unwrap_or(By::File),
        from: row.get("before")?,
        to: row.get("after")?,
        why: row.get("why")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::moves::tests::moved;
    use crate::ledger::store::Limits;

    fn store() -> Store {
        Store::in_memory(Limits::default()).unwrap()
    }

    #[test]
    fn moves_come_back_in_their_order() {
        let mut store = store();
        let moves = [moved("a", 9, 0.0), moved("b", 3, 5.0), moved("a", 1, 0.25)];
        store.add_moves(&moves).unwrap();
        assert_eq!(store.moves().unwrap(), moves);
    }

    #[test]
    fn a_move_that_two_processes_saw_is_one() {
        let mut store = store();
        store.add_moves(&[moved("a", 1, 5.0)]).unwrap();
        store.add_moves(&[moved("a", 2, 5.0)]).unwrap();
        assert_eq!(store.moves().unwrap(), [moved("a", 1, 5.0)]);
        let resumed = |at| Move {
            from: Some(5.0),
            ..moved("a", at, 5.0)
        };
        store
            .add_moves(&[resumed(3), resumed(3), resumed(4)])
            .unwrap();
        assert_eq!(store.moves().unwrap().len(), 3);
    }

    #[test]
    fn the_oldest_of_a_route_go_first() {
        let mut store = store();
        let loud = (0..300).map(|at| moved("loud", at, (at % 100) as f64));
        let moves: Vec<Move> = [moved("quiet", 0, 0.0)].into_iter().chain(loud).collect();
        store.add_moves(&moves).unwrap();
        let kept = store.moves().unwrap();
        assert_eq!(kept.len(), 1 + REMEMBERED);
        assert_eq!(kept[1].at, 100);
    }
}
