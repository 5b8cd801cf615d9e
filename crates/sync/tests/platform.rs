//! Device and platform, the real ones, with a line in between that fails on demand.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use common::*;
use fanpass::FanRef;
use ledger::{FanPoints, StatusPoints, Timestamp, Trust};
use outbox::{Connection, Environment, OperationState, Proposal, Proposed, Route, Store};
use platform::{EnvironmentName, HashCost, Running};
use sync::{ClientSecret, DelayRange, Drain, FanAnswer, Link, Options, PlatformClient, Timeouts};
use uuid::Uuid;

/// What the line does to the next mutation.
#[derive(Clone, Copy, Debug)]
enum Trouble {
    LoseRequest,
    LoseAnswer,
    /// The request arrives twice.
    Double,
    Truncate,
    Garbage,
    Status(u16),
    /// It arrives, and the answer only after the client has given up.
    Late,
}

type Troubles = Arc<Mutex<VecDeque<Trouble>>>;

#[derive(Clone)]
struct Line {
    target: String,
    troubles: Troubles,
    http: reqwest::Client,
}

async fn pass_on(State(line): State<Line>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let mutation = body.windows(8).any(|window| window == b"mutation");
    let trouble = if mutation { line.troubles.lock().unwrap().pop_front() } else { None };
    let send = || async {
        let request = line.http.post(format!("{}{}", line.target, uri.path())).body(body.clone());
        let pick = |name: &str| headers[name].to_str().unwrap().to_owned();
        let request = request
            .header("authorization", pick("authorization"))
            .header("content-type", pick("content-type"));
        let response = request.send().await.unwrap();
        (response.status(), response.bytes().await.unwrap())
    };
    let answer = |status: StatusCode, body: Vec<u8>| {
        Response::builder().status(status).body(Body::from(body)).unwrap()
    };
    match trouble {
        None => {
            let (status, bytes) = send().await;
            answer(status, bytes.to_vec())
        }
        Some(Trouble::Double) => {
            send().await;
            let (status, bytes) = send().await;
            answer(status, bytes.to_vec())
        }
        Some(Trouble::LoseRequest) => answer(StatusCode::BAD_GATEWAY, Vec::new()),
        Some(Trouble::LoseAnswer) => {
            send().await;
            answer(StatusCode::GATEWAY_TIMEOUT, Vec::new())
        }
        Some(Trouble::Truncate) => {
            let (status, bytes) = send().await;
            answer(status, bytes[..bytes.len() / 2].to_vec())
        }
        Some(Trouble::Garbage) => {
            send().await;
            answer(StatusCode::OK, b"<html>captive portal</html>".to_vec())
        }
        Some(Trouble::Status(status)) => answer(StatusCode::from_u16(status).unwrap(), Vec::new()),
        Some(Trouble::Late) => {
            send().await;
            std::future::pending().await
        }
    }
}

struct World {
    _folder: tempfile::TempDir,
    platform: Running,
    troubles: Troubles,
    client: Arc<PlatformClient>,
    device: Device,
    drain: Drain,
}

impl World {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut config = platform::Config::new(folder.path().join("platform"));
        config.seed_example = true;
        config.hash_cost = HashCost { memory_kib: 64, passes: 1, lanes: 1 };
        let platform = platform::start(config).await.unwrap();
        let troubles = Troubles::default();
        let endpoint = line(platform.endpoint(), Arc::clone(&troubles)).await;
        let credential = platform.credential(EnvironmentName::Development, Some("club-shop")).unwrap();
        let connection = Connection {
            token_endpoint: platform.token_endpoint(),
            endpoint,
            partner_id: "club-shop".into(),
            client_id: credential.client_id.clone(),
            environment: Environment::Development,
        };
        let secret = ClientSecret::new(credential.client_secret.clone());
        let timeouts = Timeouts { request: Duration::from_millis(1500), ..Timeouts::default() };
        let client = Arc::new(PlatformClient::new(&connection, &secret, timeouts).unwrap());
        let device = Device::new();
        assert!(device.store.set_connection(&connection).unwrap());
        let now = now();
        device.store.set_config(&client.fetch_config(now).await.unwrap()).unwrap();
        device.store.note_sync(now).unwrap();
        let options = Options {
            delays: DelayRange { base: Duration::from_millis(20), cap: Duration::from_millis(200) },
            quick_probe: Duration::from_millis(50),
            spread: Duration::ZERO,
            ..Options::default()
        };
        let drain = Drain::start(device.store.clone(), Arc::clone(&client), options);
        Self { _folder: folder, platform, troubles, client, device, drain }
    }

    fn trouble(&self, troubles: impl IntoIterator<Item = Trouble>) {
        self.troubles.lock().unwrap().extend(troubles);
    }

    fn propose(&self, fan: FanRef, kind: Proposed, route: Route) -> outbox::OperationRow {
        self.device.propose(Proposal {
            id: Uuid::now_v7(),
            fan,
            trust: Trust::Live,
            kind,
            route,
            now: now(),
            staff: None,
            raised_by: None,
        })
    }

    async fn deliver(&self, row: &outbox::OperationRow) -> outbox::OperationRow {
        self.drain.deliver(row.id, Duration::from_secs(20)).await.unwrap()
    }

    async fn balance(&self, fan: FanRef) -> (FanPoints, StatusPoints) {
        match self.client.fan(fan).await.unwrap() {
            FanAnswer::Known(known) => (known.fan_points, known.status_points),
            other => panic!("{other:?}"),
        }
    }

    async fn end(self) {
        assert!(self.device.store.verify_audit(None).unwrap().is_ok());
        self.drain.stop().await;
        self.platform.stop().await;
    }
}

async fn line(target: String, troubles: Troubles) -> String {
    let line = Line { target, troubles, http: reqwest::Client::new() };
    let app = axum::Router::new().fallback(pass_on).with_state(line);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    endpoint
}

fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}

/// The example fan with 3465 Fan Points and 1240 Status Points.
fn first_fan() -> FanRef {
    "008407119295".parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platform_books_what_the_device_said() {
    let world = World::new().await;
    let fan = first_fan();
    assert_eq!(world.balance(fan).await, (FanPoints(3465), StatusPoints(1240)));
    let give = world.propose(fan, Proposed::Give { items: vec![item(25_00)] }, Route::Local);
    assert_eq!(world.deliver(&give).await.booked_fan_points, Some(give.fan_points));
    let pay = world.propose(fan, Proposed::Redeem { items: vec![item(7_00), item(3_00)] }, Route::Platform);
    assert_eq!(world.deliver(&pay).await.booked_fan_points, Some(FanPoints(-1000)));
    let (title, description) = ("Match visit".into(), "round 3".into());
    let award = world.propose(
        fan,
        Proposed::Award { action: "match_visit".into(), title, description },
        Route::Local,
    );
    assert_eq!(world.deliver(&award).await.booked_status_points, Some(StatusPoints(50)));
    assert_eq!(world.balance(fan).await, (FanPoints(2515), StatusPoints(1290)));
    for row in [&give, &pay, &award] {
        let undo = world.propose(fan, Proposed::Undo { of: row.id }, Route::Local);
        assert_eq!(world.deliver(&undo).await.state, OperationState::Accepted);
    }
    assert_eq!(world.balance(fan).await, (FanPoints(3465), StatusPoints(1240)));
    drained(&world.device, &world.drain).await;
    let known = world.device.store.fan(fan).unwrap();
    assert_eq!(known.pending.operations, 0);
    assert!(known.pseudonym.is_some(), "id and pseudonym are known to be one");
    assert_eq!(known.confirmed.unwrap().fan_points, FanPoints(3465));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_on_the_line_there_is_one_effect() {
    let world = World::new().await;
    let fan = first_fan();
    let troubles = [
        Trouble::LoseRequest,
        Trouble::LoseAnswer,
        Trouble::Double,
        Trouble::Truncate,
        Trouble::Garbage,
        Trouble::Status(500),
        Trouble::Status(401),
        Trouble::Status(429),
        Trouble::Late,
    ];
    let (mut points, mut status) = (3465, 1240);
    for trouble in troubles {
        world.trouble([trouble]);
        let give = world.propose(fan, Proposed::Give { items: vec![item(25_00), item(1_00)] }, Route::Local);
        assert_eq!(world.deliver(&give).await.state, OperationState::Accepted, "{trouble:?}");
        points += 52;
        world.trouble([trouble]);
        let pay = world.propose(fan, Proposed::Redeem { items: vec![item(1_00)] }, Route::Platform);
        assert_eq!(world.deliver(&pay).await.state, OperationState::Accepted, "{trouble:?}");
        points -= 100;
        world.trouble([trouble]);
        let (title, description) = ("Quiz".into(), String::new());
        let award =
            world.propose(fan, Proposed::Award { action: "quiz".into(), title, description }, Route::Local);
        assert_eq!(world.deliver(&award).await.state, OperationState::Accepted, "{trouble:?}");
        status += 10;
        for row in [&give, &award] {
            world.trouble([trouble]);
            let undo = world.propose(fan, Proposed::Undo { of: row.id }, Route::Local);
            assert_eq!(world.deliver(&undo).await.state, OperationState::Accepted, "{trouble:?}");
        }
        (points, status) = (points - 52, status - 10);
        assert_eq!(world.balance(fan).await, (FanPoints(points), StatusPoints(status)), "{trouble:?}");
    }
    drained(&world.device, &world.drain).await;
    let known = world.device.store.fan(fan).unwrap().confirmed.unwrap();
    assert_eq!((known.fan_points, known.status_points), (FanPoints(points), StatusPoints(status)));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_come_back_by_name_and_cost_nothing() {
    let world = World::new().await;
    let fan = first_fan();
    let much = world.propose(fan, Proposed::Redeem { items: vec![item(90_000)] }, Route::Platform);
    let much = world.deliver(&much).await;
    assert_eq!((much.state, much.refusal.as_deref()), (OperationState::Refused, Some("too_few_points")));
    let stranger = common::fan(77);
    let give = world.propose(stranger, Proposed::Give { items: vec![item(1_00)] }, Route::Local);
    let give = world.deliver(&give).await;
    assert_eq!((give.state, give.refusal.as_deref()), (OperationState::Refused, Some("unknown_fan")));
    assert_eq!(world.balance(fan).await.0, FanPoints(3465));
    assert_eq!(world.client.fan(stranger).await, Ok(FanAnswer::Unknown));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backlog_of_many_fans_ends_with_equal_books() {
    let world = World::new().await;
    let fans = ["008407119295"].map(|id| id.parse::<FanRef>().unwrap());
    world.trouble([Trouble::LoseAnswer, Trouble::Truncate, Trouble::LoseRequest]);
    for n in 0..120 {
        world.propose(fans[n % fans.len()], Proposed::Give { items: vec![item(10_00)] }, Route::Local);
    }
    drained(&world.device, &world.drain).await;
    assert_eq!(world.device.store.counts().unwrap().accepted, 120);
    assert_eq!(world.balance(first_fan()).await.0, FanPoints(3465 + 120 * 20));
    assert_eq!(
        world.device.store.fan(first_fan()).unwrap().confirmed.unwrap().fan_points,
        FanPoints(3465 + 120 * 20)
    );
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_device_dies_and_the_platform_stops_and_nothing_is_lost_or_doubled() {
    let world = World::new().await;
    let fan = first_fan();
    world.trouble([Trouble::LoseAnswer]);
    let give = world.propose(fan, Proposed::Give { items: vec![item(25_00)] }, Route::Local);
    // Out on the line, and the app ends: the store is opened anew while the row says "sending".
    let batch = world.device.store.next_batch(&outbox::Reach::default(), now()).unwrap();
    world.drain.stop().await;
    drop(world.drain);
    let sent = batch.operations.iter().any(|row| row.id == give.id);
    let Device { store, path, folder } = world.device;
    drop(store);
    let store = Store::open(&path, &outbox::DatabaseKey::from_bytes([7; 32])).unwrap();
    assert!(sent || store.operation(give.id).unwrap().is_some());
    let drain = Drain::start(store.clone(), Arc::clone(&world.client), Options::default());
    let row = drain.deliver(give.id, Duration::from_secs(20)).await.unwrap();
    assert_eq!(row.state, OperationState::Accepted);
    drain.stop().await;
    drop(drain);
    world.platform.stop().await;
    // Without the platform it is said so, and what is committed waits.
    let drain = Drain::start(store.clone(), world.client, Options::default());
    let mut state = drain.state();
    state.wait_for(|state| matches!(state.link, Link::Offline { .. } | Link::Online { .. })).await.unwrap();
    drain.stop().await;
    assert!(store.verify_audit(None).unwrap().is_ok());
    drop(folder);
}
