//! A copy of an environment while it is used, and its way back. A backup is always a SQLite database with the
//! tables of the environment, so what was kept in files can be restored to a server, and the other way round.

use std::path::Path;

use crate::files::new_private;

use super::sql::{Connection, Database, Owned, Value, params};
use super::{StoreError, schema};

/// Rows of one message.
const PAGE: i64 = 1000;

/// Writes a copy to a file that does not exist yet; tells how many rows it holds. Others read and write meanwhile: the
/// copy is of one moment.
///
/// # Errors
/// [`StoreError::NotEmpty`] where the file exists; those of the databases. After an error there is no file.
pub fn backup(database: &Database, file: &Path) -> Result<u64, StoreError> {
    refuse_file(file)?;
    // Keys are in it: for the owner's eyes only, from the first moment.
    new_private(file).map_err(|error| StoreError::File(format!("{}: {error}", file.display())))?;
    let target = Database::Sqlite(file.to_owned());
    let outcome = copy_to(database, &target);
    if outcome.is_err() {
        schema::remove(&target)?;
    }
    outcome
}

fn copy_to(database: &Database, target: &Database) -> Result<u64, StoreError> {
    let source = database.connect()?;
    let copy = target.connect()?;
    schema::migrate(&copy, target)?;
    source.begin_read()?;
    schema::require_current(&source, database)?;
    let rows = copy_all(&source, &copy)?;
    source.rollback()?;
    Ok(rows)
}

/// Fills an empty place with a backup; tells how many rows it has then.
///
/// # Errors
/// [`StoreError::NotEmpty`] where there is data, [`StoreError::Newer`] for a backup of a newer version; those of the
/// databases. After an error the place is as empty as before.
pub fn restore(file: &Path, database: &Database) -> Result<u64, StoreError> {
    if !file.is_file() {
        return Err(StoreError::File(format!("{} is no backup", file.display())));
    }
    if let Database::Sqlite(path) = database {
        refuse_file(path)?;
    }
    let kept = Database::Sqlite(file.to_owned());
    let source = kept.connect()?;
    source.begin_read()?;
    schema::require_current(&source, &kept)?;
    let target = database.connect()?;
    if schema::is_there(&target, database)? {
        return Err(StoreError::NotEmpty("the database".to_owned()));
    }
    schema::migrate(&target, database)?;
    let outcome = copy_all(&source, &target);
    if outcome.is_err() {
        drop(target);
        schema::remove(database)?;
    }
    outcome
}

fn refuse_file(path: &Path) -> Result<(), StoreError> {
    if path.exists() { Err(StoreError::NotEmpty(path.display().to_string())) } else { Ok(()) }
}

/// In one transaction of the target, whose tables are those of the source and as good as empty.
fn copy_all(source: &Connection, target: &Connection) -> Result<u64, StoreError> {
    target.begin_write()?;
    let copied = copy_tables(source, target).and_then(|rows| target.commit().map(|()| rows));
    if copied.is_err() {
        target.rollback()?;
    }
    copied
}

fn copy_tables(source: &Connection, target: &Connection) -> Result<u64, StoreError> {
    let columns = source.tables()?;
    // Those that a row refers to come before it: a table names only tables that were made before it.
    let order = schema::tables();
    for table in order.iter().rev() {
        target.execute(&format!("DELETE FROM {table}"), params![])?;
    }
    let mut rows = 0_u64;
    for table in &order {
        let names =
            columns.get(table).ok_or_else(|| StoreError::Corrupt(format!("there is no table {table}")))?;
        rows = rows.saturating_add(copy_table(source, target, table, names)?);
        if names.iter().any(|name| name == "no") {
            target.number_on(table)?;
        }
    }
    Ok(rows)
}

fn copy_table(
    source: &Connection,
    target: &Connection,
    table: &str,
    names: &[String],
) -> Result<u64, StoreError> {
    let marks: Vec<_> = (1..=names.len()).map(|number| format!("?{number}")).collect();
    let list = names.join(", ");
    let insert = format!("INSERT INTO {table} ({list}) VALUES ({})", marks.join(", "));
    let mut rows = 0_u64;
    let select = format!("SELECT {list} FROM {table}");
    source.in_pages(&select, PAGE, |row| {
        let mut values = Vec::with_capacity(names.len());
        for column in 0..names.len() {
            values.push(row.get::<Owned>(column)?);
        }
        let values: Vec<Value<'_>> = values.iter().map(super::sql::Bind::bind).collect();
        rows = rows.saturating_add(1);
        target.execute(&insert, &values)
    })?;
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use ledger::{Currency, Money, OfflinePolicy, PartnerId, Rate, RateRule};

    use super::*;
    use crate::store::fans::{self, NewFan};
    use crate::store::purchases::{self, OrderItem, PurchaseKind, PurchaseOrder, UndoOrder};
    use crate::store::seeding::{NewPartner, NewProgram, insert_partner, insert_program};
    use crate::store::testing::{ENGINES, Engine, Place};
    use crate::store::verify::{Verdict, verify};
    use crate::store::{ProgramNo, Store};

    async fn club(place: &Place) -> (Arc<Store>, ProgramNo, PartnerId) {
        let store = place.store();
        let (program, partner) = store
            .commit(|turn| {
                let text = String::new;
                let program = NewProgram {
                    project_id: "club".to_owned(),
                    name: text(),
                    description: text(),
                    website: text(),
                    creator_id: text(),
                    currency: Currency::Chf,
                    offline_policy: OfflinePolicy::default(),
                    batch_limit: 50,
                    actions: Vec::new(),
                    tiers: Vec::new(),
                    threshold_rules: Vec::new(),
                };
                let program = insert_program(turn, &program)?;
                let partner = NewPartner {
                    partner_id: "shop".to_owned(),
                    name: "Ärmel & Söhne".to_owned(),
                    description: text(),
                    website: text(),
                    rates: vec![("default".to_owned(), RateRule::flat(Rate::percent(2)))],
                };
                let partner = insert_partner(turn, program, Currency::Chf, &partner)?;
                for name in ["ada", "ben"] {
                    let external_user_id = name.to_owned();
                    fans::register(
                        turn.connection,
                        &NewFan { program, external_user_id, mail_address: text(), id: None },
                    )?;
                }
                Ok((program, partner))
            })
            .await
            .unwrap();
        (Arc::new(store), program, partner)
    }

    async fn buy(store: &Store, program: ProgramNo, partner: PartnerId, kind: PurchaseKind, id: String) {
        let price =
            Money { minor: if kind == PurchaseKind::Give { 5000 } else { 30 }, currency: Currency::Chf };
        let item = OrderItem {
            item_id: "1".to_owned(),
            title: "Tea".to_owned(),
            description: String::new(),
            price,
            rate_label: None,
        };
        let (programs, user, items) = (vec![program], "ada".to_owned(), vec![item]);
        let order =
            PurchaseOrder { partner, programs, user, kind, purchase_id: id, items, reservation: None };
        store.commit(move |turn| purchases::book(turn, &order)).await.unwrap().unwrap();
    }

    fn judged(place: &Place) -> Verdict {
        verify(&place.database().connect().unwrap()).unwrap()
    }

    /// A statement beside the store, on either engine.
    fn tamper(place: &Place, sql: &str) {
        let connection = place.database().connect().unwrap();
        connection.begin_write().unwrap();
        assert!(connection.execute_counted(sql, params![]).unwrap() > 0, "{sql}");
        connection.commit().unwrap();
    }

    async fn away<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> T {
        tokio::task::spawn_blocking(work).await.unwrap()
    }

    #[tokio::test]
    async fn a_copy_made_while_it_is_used_holds_and_goes_back_to_either_engine() {
        for (from, to) in [(Engine::Sqlite, Engine::Postgres), (Engine::Postgres, Engine::Sqlite)] {
            let (place, folder) = (from.place(), tempfile::TempDir::new().unwrap());
            let (store, program, partner) = club(&place).await;
            for number in 0..20 {
                buy(&store, program, partner, PurchaseKind::Give, format!("g{number}")).await;
                buy(&store, program, partner, PurchaseKind::Pay, format!("p{number}")).await;
            }
            let (programs, user) = (vec![program], "ada".to_owned());
            let (purchase_id, item_id) = ("p3".to_owned(), "1".to_owned());
            let undo = UndoOrder { partner, programs, user, purchase_id, item_id };
            store.commit(move |turn| purchases::undo(turn, &undo)).await.unwrap().unwrap();
            let writing = tokio::spawn({
                let store = Arc::clone(&store);
                async move {
                    for number in 20..60 {
                        buy(&store, program, partner, PurchaseKind::Give, format!("g{number}")).await;
                    }
                }
            });
            let (database, file) = (place.database().clone(), folder.path().join("backup.sqlite3"));
            let copy = file.clone();
            let rows = away(move || backup(&database, &copy)).await.unwrap();
            #[cfg(unix)]
            {
                use std::os::unix::fs::PermissionsExt as _;
                assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
            }
            writing.await.unwrap();
            let whole = away(move || (judged(&place), place)).await;
            assert_eq!((whole.0.entries, whole.0.first_break), (81, None), "{from:?}");

            let (database, again) = (whole.1.database().clone(), file.clone());
            let refused = away(move || backup(&database, &again)).await;
            assert!(matches!(refused, Err(StoreError::NotEmpty(_))));
            let target = to.place();
            let (database, copy) = (target.database().clone(), file.clone());
            let (there, twice) = away(move || (restore(&copy, &database), restore(&copy, &database))).await;
            assert_eq!(there.unwrap(), rows);
            assert!(matches!(twice, Err(StoreError::NotEmpty(_))), "{to:?}");
            let (verdict, target) = away(move || (judged(&target), target)).await;
            assert!((41..=81).contains(&verdict.entries), "{verdict:?}");
            assert_eq!((verdict.fans, verdict.first_break), (2, None), "{to:?}");
            // And it goes on there.
            let (store, target) = away(move || (target.store(), target)).await;
            buy(&store, program, partner, PurchaseKind::Give, "later".to_owned()).await;
            assert_eq!(away(move || judged(&target)).await.entries, verdict.entries + 1);
        }
    }

    #[tokio::test]
    async fn what_is_no_backup_leaves_nothing_behind() {
        let folder = tempfile::TempDir::new().unwrap();
        let file = folder.path().join("backup.sqlite3");
        std::fs::write(&file, b"not a database, however long this text may be, and it is long enough")
            .unwrap();
        for engine in ENGINES {
            let place = engine.place();
            let (database, file) = (place.database().clone(), file.clone());
            assert!(away(move || restore(&file, &database)).await.is_err());
            let database = place.database().clone();
            // An empty place is still one that a server opens.
            drop(away(move || Store::open(&database)).await.unwrap());
        }
    }

    #[tokio::test]
    async fn a_replay_names_the_first_place_that_does_not_hold() {
        let damage = [
            ("UPDATE fan SET wallet = wallet + 1 WHERE external_user_id = 'ada'", "fan 1 has"),
            ("UPDATE house_posting SET amount = amount - 1 WHERE no = 1", "fan_points funding"),
            ("UPDATE operation SET operation = replace(operation, '5000', '5001')", "the entry of"),
            ("UPDATE operation SET entry = replace(entry, '-100', '-101')", "do not sum to zero"),
            ("UPDATE operation SET entry = '{}'", "no entry"),
        ];
        for engine in ENGINES {
            for (sql, expected) in damage {
                let place = engine.place();
                let (store, program, partner) = club(&place).await;
                buy(&store, program, partner, PurchaseKind::Give, "g".to_owned()).await;
                buy(&store, program, partner, PurchaseKind::Pay, "p".to_owned()).await;
                drop(store);
                let told = away(move || {
                    assert_eq!(judged(&place).first_break, None);
                    tamper(&place, sql);
                    judged(&place).first_break
                });
                let told = told.await.unwrap_or_else(|| panic!("{engine:?}: {sql} is not noticed"));
                assert!(told.contains(expected), "{engine:?}: {sql}: {told}");
            }
        }
    }
}
