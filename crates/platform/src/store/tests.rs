//! Groups, turns and broken connections, on both engines.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use super::catalogue::{Credential, Owner};
use super::house::{self, House, HouseAccount};
use super::sql::params;
use super::testing::{ENGINES, Engine, Place};
use super::*;

fn note(turn: &Turn<'_>, kid: &str, bytes: usize) -> Result<(), StoreError> {
    let sql = "INSERT INTO token_key (kid, seed, created_us) VALUES (?1, ?2, 0)";
    turn.connection.execute(sql, params![kid, vec![0_u8; bytes]])
}

async fn kids(store: &Store) -> Vec<String> {
    let sql = "SELECT kid FROM token_key ORDER BY kid";
    store.read(move |connection| connection.query(sql, params![], |row| row.get(0))).await.unwrap()
}

#[tokio::test]
async fn work_that_fails_leaves_the_rest_of_its_group_alone() {
    for engine in ENGINES {
        let place = engine.place();
        let store = place.store();
        let (_, first) = store.write(More::Coming, |turn| note(turn, "a", 1)).await.unwrap();
        let failed = store.write(More::Coming, |turn| {
            note(turn, "b", 1)?;
            Err::<(), _>(StoreError::Stopped)
        });
        assert!(failed.await.is_err());
        let (_, last) = store.write(More::No, |turn| note(turn, "c", 1)).await.unwrap();
        first.wait().await.unwrap();
        last.wait().await.unwrap();
        assert_eq!(kids(&store).await, ["a", "c"], "{engine:?}");
    }
}

#[tokio::test]
async fn a_statement_that_the_database_refuses_takes_no_other_work_with_it() {
    for engine in ENGINES {
        let place = engine.place();
        let store = place.store();
        let (_, first) = store.write(More::Coming, |turn| note(turn, "a", 1)).await.unwrap();
        let (doubled, last) = tokio::join!(
            async {
                match store.write(More::Coming, |turn| note(turn, "a", 1)).await {
                    // PostgreSQL answers later.
                    Ok(((), durable)) => durable.wait().await,
                    Err(error) => Err(error),
                }
            },
            async { store.commit(|turn| note(turn, "c", 1)).await }
        );
        assert!(doubled.is_err(), "{engine:?}");
        first.wait().await.unwrap();
        last.unwrap();
        assert_eq!(kids(&store).await, ["a", "c"], "{engine:?}");
    }
}

#[tokio::test]
async fn a_full_disk_confirms_nothing_and_is_survived() {
    let place = Engine::Sqlite.place();
    let store = place.store();
    let limit = |pages: i64| {
        store.commit(move |turn| {
            let sql = format!("PRAGMA max_page_count = {pages}");
            turn.connection.query_row(&sql, params![], |row| row.get::<i64>(0))
        })
    };
    limit(1).await.unwrap();
    let full = store.commit(|turn| note(turn, "large", 1_000_000)).await;
    assert!(full.is_err());
    assert_eq!(kids(&store).await, Vec::<String>::new());
    limit(100_000).await.unwrap();
    store.commit(|turn| note(turn, "large", 1_000_000)).await.unwrap();
    assert_eq!(kids(&store).await, ["large"]);
}

#[tokio::test]
async fn booking_dates_rise_even_when_the_clock_does_not() {
    for engine in ENGINES {
        let place = engine.place();
        let store = place.store();
        let dates = |turn: &mut Turn<'_>| Ok((0..1000).map(|_| turn.next_date()).collect::<Vec<_>>());
        let first = store.commit(dates).await.unwrap();
        assert!(first.is_sorted_by(|a, b| a < b));
        // As after a clock that was set back by a day.
        let far = first.last().unwrap() + 86_400_000_000;
        let set = move |turn: &mut Turn<'_>| {
            *turn.last_date = far;
            Ok(())
        };
        store.commit(set).await.unwrap();
        drop(store);
        let later = place.store().commit(dates).await.unwrap();
        assert_eq!(later.first().copied(), Some(far + 1), "{engine:?}");
    }
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    for engine in ENGINES {
        let place = engine.place();
        drop(Store::open(place.database()).unwrap());
        match engine {
            Engine::Sqlite => {
                place.database().connect().unwrap().script("PRAGMA user_version = 99").unwrap();
            }
            Engine::Postgres => drop(place.aside("INSERT INTO schema_version VALUES (99)")),
        }
        let opened = Store::open(place.database());
        assert!(matches!(opened, Err(StoreError::Newer { found: 99, .. })), "{engine:?}");
    }
}

#[test]
fn house_accounts_are_the_same_before_and_after_they_are_folded() {
    for engine in ENGINES {
        let place = engine.place();
        let connection = place.database().connect().unwrap();
        schema::migrate(&connection, place.database()).unwrap();
        connection.begin_write().unwrap();
        let sql = "INSERT INTO program VALUES (1, 'p', 'p', '', '', '', 'chf', 1, 1, 1, NULL, '{}', 50)";
        connection.execute(sql, params![]).unwrap();
        let house = House::default();
        let add = |account, amount| house.add(ProgramNo(1), account, amount);
        let balances = || {
            let sql = "SELECT account, owner, amount FROM house_balance ORDER BY account, owner";
            let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?, row.get(2)?));
            connection.query::<(String, u32, i64)>(sql, params![], read).unwrap()
        };
        for _ in 0..3 {
            add(HouseAccount::Funding(ledger::PartnerId(7)), -40);
            add(HouseAccount::Funding(ledger::PartnerId(7)), -2);
            let mark = house.mark();
            add(HouseAccount::Issuer, 1_000_000);
            house.undo(mark);
            add(HouseAccount::StatusIssuer, -5);
            house.write(&connection).unwrap();
        }
        let expected = [("funding".to_owned(), 7, -126), ("issuer".to_owned(), 0, -15)];
        assert_eq!(balances(), expected, "{engine:?}");
        house::fold(&connection).unwrap();
        assert_eq!(balances(), expected, "{engine:?}");
        let sql = "SELECT count(*) FROM house_posting";
        assert_eq!(connection.query_row(sql, params![], |row| row.get::<i64>(0)).unwrap(), 0);
        add(HouseAccount::StatusIssuer, 15);
        house.write(&connection).unwrap();
        assert_eq!(balances()[1].2, 0, "{engine:?}");
    }
}

/// Fails the next commits that touch a token key with a serialization failure.
fn conflicts(place: &Place, count: u32) {
    place.aside("CREATE SEQUENCE IF NOT EXISTS tried");
    place.aside("SELECT setval('tried', 1, false)");
    place.aside(&format!(
        "CREATE OR REPLACE FUNCTION disturb() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF nextval('production.tried') <= {count} THEN
                RAISE EXCEPTION 'two transactions met' USING ERRCODE = '40001';
            END IF;
            RETURN NULL;
         END $$;
         CREATE CONSTRAINT TRIGGER disturb AFTER INSERT ON token_key DEFERRABLE INITIALLY DEFERRED
         FOR EACH ROW EXECUTE FUNCTION disturb()"
    ));
}

#[tokio::test]
async fn a_serialization_failure_is_tried_again_with_the_same_dates() {
    let place = Engine::Postgres.place();
    let store = place.store();
    conflicts(&place, 3);
    let runs = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&runs);
    let (date, durable) = store
        .write(More::No, move |turn| {
            counted.fetch_add(1, Ordering::Relaxed);
            note(turn, "a", 1)?;
            Ok(turn.next_date())
        })
        .await
        .unwrap();
    durable.wait().await.unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 4);
    assert_eq!(kids(&store).await, ["a"]);
    assert_eq!(*store.last_commit().borrow(), date);
}

#[tokio::test]
async fn an_answer_that_does_not_hold_on_the_second_run_is_taken_back() {
    let place = Engine::Postgres.place();
    let store = place.store();
    conflicts(&place, 1);
    let runs = AtomicU32::new(0);
    let (answer, durable) = store
        .write(More::Coming, move |turn| {
            note(turn, "fickle", 1)?;
            Ok(runs.fetch_add(1, Ordering::Relaxed))
        })
        .await
        .unwrap();
    let (_, steady) = store.write(More::No, |turn| note(turn, "steady", 1)).await.unwrap();
    assert_eq!(answer, 0);
    assert!(matches!(durable.wait().await, Err(StoreError::NotCommitted(_))));
    steady.wait().await.unwrap();
    assert_eq!(kids(&store).await, ["steady"]);
}

#[tokio::test]
async fn a_connection_that_breaks_in_the_middle_is_made_anew() {
    let place = Engine::Postgres.place();
    let store = place.store();
    assert_eq!(kids(&store).await, Vec::<String>::new());
    let end = || {
        place.aside(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
    };
    // Between two groups: writer, reader and listener.
    assert!(end().parse::<u32>().unwrap() >= 3);
    store.commit(|turn| note(turn, "a", 1)).await.unwrap();
    assert_eq!(kids(&store).await, ["a"]);
    // Within one: the first piece is told already when the second one loses the connection.
    let (_, first) = store.write(More::Coming, |turn| note(turn, "b", 1)).await.unwrap();
    let broken = AtomicBool::new(false);
    store
        .commit(move |turn| {
            if !broken.swap(true, Ordering::Relaxed) {
                let sql = "SELECT pg_terminate_backend(pg_backend_pid())";
                turn.connection.query_row(sql, params![], |row| row.get::<bool>(0))?;
            }
            note(turn, "c", 1)
        })
        .await
        .unwrap();
    first.wait().await.unwrap();
    assert_eq!(kids(&store).await, ["a", "b", "c"]);
}

/// Passes bytes on, and cuts the line at a commit: before it reaches the server, or before its answer comes back.
struct Line {
    port: u16,
    cut: Arc<AtomicU32>,
}

const CUT_BEFORE: u32 = 1;
const CUT_AFTER: u32 = 2;

impl Line {
    fn new(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let cut = Arc::new(AtomicU32::new(0));
        let shared = Arc::clone(&cut);
        std::thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), UnixStream::connect(&socket).unwrap());
                let silent = Arc::new(AtomicBool::new(false));
                let (mut from, mut to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
                let (cut, quiet) = (Arc::clone(&shared), Arc::clone(&silent));
                std::thread::spawn(move || up(&mut from, &mut to, &cut, &quiet));
                std::thread::spawn(move || down(server, client, &silent));
            }
        });
        Self { port, cut }
    }
}

fn up(from: &mut TcpStream, to: &mut UnixStream, cut: &AtomicU32, silent: &AtomicBool) {
    let mut bytes = [0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        let part = &bytes[..count];
        if part.windows(7).any(|window| window == b"COMMIT\0") {
            match cut.swap(0, Ordering::Relaxed) {
                CUT_BEFORE => break,
                CUT_AFTER => silent.store(true, Ordering::Relaxed),
                _ => {}
            }
        }
        if to.write_all(part).is_err() {
            break;
        }
    }
    let _closed = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

fn down(mut from: UnixStream, mut to: TcpStream, silent: &AtomicBool) {
    let mut bytes = [0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        // The server has answered the commit; nobody will know.
        if silent.load(Ordering::Relaxed) || to.write_all(&bytes[..count]).is_err() {
            break;
        }
    }
    let _closed = (from.shutdown(Shutdown::Both), to.shutdown(Shutdown::Both));
}

#[tokio::test]
async fn a_commit_whose_answer_is_lost_is_looked_up_and_never_done_twice() {
    let place = Engine::Postgres.place();
    let (socket, name) = place.socket();
    let line = Line::new(socket);
    let url = format!("postgres://fanpoints@127.0.0.1:{}/{name}", line.port);
    let database = Database::Postgres(PostgresDatabase::new(&url, "production").unwrap());
    let opening = tokio::task::spawn_blocking(move || Store::open(&database));
    let store = opening.await.unwrap().unwrap();
    for (kid, cut, times) in [("arrived", CUT_AFTER, 1), ("got lost", CUT_BEFORE, 2)] {
        line.cut.store(cut, Ordering::Relaxed);
        let runs = Arc::new(AtomicU32::new(0));
        let counted = Arc::clone(&runs);
        let work = move |turn: &mut Turn<'_>| {
            counted.fetch_add(1, Ordering::Relaxed);
            note(turn, kid, 1)
        };
        store.commit(work).await.unwrap();
        assert_eq!(line.cut.load(Ordering::Relaxed), 0, "the line was cut");
        assert_eq!(runs.load(Ordering::Relaxed), times, "{kid}");
    }
    assert_eq!(kids(&store).await, ["arrived", "got lost"]);
}

#[tokio::test]
async fn processes_that_share_a_database_see_each_other() {
    let place = Engine::Postgres.place();
    let (one, other) = (place.store(), place.store());
    let credential = Credential {
        client_id: "new".to_owned(),
        owner: Owner::Partner(ledger::PartnerId(1)),
        name: String::new(),
        secret_hash: String::new(),
        created_us: 0,
        expires_us: 1,
    };
    let mut heard = other.last_commit();
    let date = one
        .commit(move |turn| {
            credentials::insert(turn, &credential)?;
            Ok(turn.next_date())
        })
        .await
        .unwrap();
    let told = tokio::time::timeout(Duration::from_secs(10), heard.wait_for(|last| *last >= date));
    told.await.unwrap().unwrap();
    assert!(other.catalogue().credentials.contains_key("new"));
    // Who writes sees it in any case, heard or not.
    let seen = other.commit(|turn| Ok(turn.catalogue.credentials.len())).await.unwrap();
    assert_eq!(seen, 1);
}

#[tokio::test]
async fn dates_of_processes_that_share_a_database_are_unique_and_rise() {
    let place = Engine::Postgres.place();
    let stores = [Arc::new(place.store()), Arc::new(place.store())];
    let mut tasks = Vec::new();
    for number in 0..200_usize {
        let store = Arc::clone(&stores[number % 2]);
        tasks.push(tokio::spawn(async move {
            let kid = format!("{number:03}");
            let date = store.commit(move |turn| {
                let date = turn.next_date();
                let sql = "INSERT INTO token_key (kid, seed, created_us) VALUES (?1, ?2, ?3)";
                turn.connection.execute(sql, params![kid, [0_u8; 1], date])?;
                Ok(date)
            });
            date.await.unwrap()
        }));
    }
    let mut dates = Vec::new();
    for task in tasks {
        dates.push(task.await.unwrap());
    }
    dates.sort_unstable();
    dates.dedup();
    assert_eq!(dates.len(), 200);
    // In the order in which the rows were written, whoever wrote them.
    let rising = place.aside(
        "SELECT bool_and(created_us > before) FROM (SELECT created_us, lag(created_us)
        OVER (ORDER BY xmin::text::bigint, created_us) AS before FROM token_key) AS rows WHERE before IS NOT NULL",
    );
    assert_eq!(rising, "t");
}

#[tokio::test]
async fn a_pairing_is_good_for_ten_minutes_and_no_longer() {
    use super::devices::{self, Invitation, NewDevice, PAIRING_US};
    use super::staff::StaffRole;
    const MADE: i64 = 1_700_000_000_000_000;
    const SECOND: i64 = 1_000_000;
    assert_eq!(PAIRING_US, 10 * 60 * SECOND);
    for engine in ENGINES {
        let place = engine.place();
        let store = place.store();
        let invitation = Invitation {
            partner: ledger::PartnerId(1),
            name: "Till 2".to_owned(),
            store: "North".to_owned(),
            terminal_id: None,
            role: StaffRole::Staff,
        };
        let invited = invitation.clone();
        let invite = move |turn: &mut Turn<'_>| {
            let ends = [("late", MADE), ("last", MADE)]
                .map(|(token, now)| devices::invite(turn, &invited, token, now));
            ends.into_iter().collect::<Result<Vec<_>, _>>()
        };
        assert_eq!(store.commit(invite).await.unwrap(), [MADE + PAIRING_US; 2], "{engine:?}");
        let good = |now: i64| store.read(move |connection| devices::invitation(connection, "last", now));
        assert!(good(MADE).await.unwrap().is_some());
        assert!(good(MADE + PAIRING_US - 1).await.unwrap().is_some());
        assert!(good(MADE + PAIRING_US).await.unwrap().is_none());

        let pair = |token: &'static str, now: i64| {
            let device = NewDevice {
                device_id: format!("device-{token}-{now}"),
                public_key: String::new(),
                invitation: invitation.clone(),
            };
            let credential = Credential {
                client_id: device.device_id.clone(),
                owner: Owner::Partner(ledger::PartnerId(1)),
                name: String::new(),
                secret_hash: String::new(),
                created_us: now,
                expires_us: now,
            };
            store.commit(move |turn| devices::pair(turn, token, &device, &credential))
        };
        // Read while it was good, paired when it is not any more: too late.
        assert!(!pair("late", MADE + PAIRING_US).await.unwrap(), "{engine:?}");
        assert!(pair("last", MADE + PAIRING_US - 1).await.unwrap(), "{engine:?}");
        assert!(!pair("last", MADE + PAIRING_US - 1).await.unwrap(), "once");
        let count = "SELECT count(*) FROM device";
        let devices =
            store.read(move |connection| connection.query_row(count, params![], |row| row.get::<i64>(0)));
        assert_eq!(devices.await.unwrap(), 1, "{engine:?}");
        // What nobody used is forgotten by the invitations that come long after.
        let later = invitation.clone();
        store
            .commit(move |turn| devices::invite(turn, &later, "later", MADE + 3 * PAIRING_US))
            .await
            .unwrap();
        let count = "SELECT count(*) FROM pairing";
        let left =
            store.read(move |connection| connection.query_row(count, params![], |row| row.get::<i64>(0)));
        assert_eq!(left.await.unwrap(), 1, "{engine:?}");
    }
}
