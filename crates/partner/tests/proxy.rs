//! A real terminal and a real platform with a proxy between them that does what bad networks do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{FIRST_FAN, Platform, Till, purchase};
use ledger::conformance::Dice;
use partner::MemoryKeychain;
use partner::upkeep::ReconcileVerdict;
use partner::view::{CodeSource, Environment, LinkState, OperationStateView};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// The answer comes late.
    Delay,
    /// The connection ends before the request is passed on.
    CutBefore,
    /// ... after the platform has done it.
    CutAfter,
    /// The request arrives twice.
    Duplicate,
    /// Half of the answer.
    Truncate,
    TooMany,
    Broken,
    Unauthorized,
    /// A success that is none.
    Garbage,
}

const ALL: [Fault; 9] = [
    Fault::Delay,
    Fault::CutBefore,
    Fault::CutAfter,
    Fault::Duplicate,
    Fault::Truncate,
    Fault::TooMany,
    Fault::Broken,
    Fault::Unauthorized,
    Fault::Garbage,
];

#[derive(Clone)]
struct Proxy {
    address: SocketAddr,
    /// What befalls the next requests.
    next: Arc<Mutex<VecDeque<Fault>>>,
}

impl Proxy {
    async fn before(platform: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { address: listener.local_addr().unwrap(), next: Arc::default() };
        let next = proxy.next.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let next = next.clone();
                tokio::spawn(async move {
                    let _over = pass_on(client, platform, &next).await;
                });
            }
        });
        proxy
    }

    fn left(&self) -> usize {
        self.next.lock().unwrap().len()
    }
}

/// One request and its answer; then the connection ends.
async fn pass_on(
    mut client: TcpStream,
    platform: SocketAddr,
    next: &Mutex<VecDeque<Fault>>,
) -> std::io::Result<()> {
    let Some(request) = read_request(&mut client).await? else { return Ok(()) };
    let fault = next.lock().unwrap().pop_front();
    let said = |status: &str, headers: &str, body: &str| {
        format!(
            "HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes()
    };
    let answer = match fault {
        Some(Fault::CutBefore) => return Ok(()),
        Some(Fault::TooMany) => said("429 Too Many Requests", "retry-after: 1\r\n", ""),
        Some(Fault::Broken) => said("500 Internal Server Error", "", "oh"),
        Some(Fault::Unauthorized) => said("401 Unauthorized", "", ""),
        Some(Fault::Garbage) => said("200 OK", "content-type: application/json\r\n", "{\"data\": {\"o0\""),
        Some(Fault::Duplicate) => {
            ask(platform, &request).await?;
            ask(platform, &request).await?
        }
        Some(Fault::CutAfter) => {
            ask(platform, &request).await?;
            return Ok(());
        }
        Some(Fault::Truncate) => {
            let whole = ask(platform, &request).await?;
            whole[..whole.len() * 2 / 3].to_vec()
        }
        Some(Fault::Delay) => {
            let whole = ask(platform, &request).await?;
            tokio::time::sleep(Duration::from_millis(400)).await;
            whole
        }
        None => ask(platform, &request).await?,
    };
    client.write_all(&answer).await?;
    client.shutdown().await
}

async fn read_request(client: &mut TcpStream) -> std::io::Result<Option<Vec<u8>>> {
    let mut request = Vec::new();
    let mut buffer = [0_u8; 4096];
    loop {
        let head = request.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4);
        if let Some(head) = head {
            let text = String::from_utf8_lossy(&request[..head]).to_lowercase();
            let length = text
                .lines()
                .find_map(|line| line.strip_prefix("content-length:"))
                .map_or(0, |value| value.trim().parse().unwrap());
            if request.len() >= head + length {
                // The platform is to end the connection too.
                let body = request.split_off(head);
                request.truncate(head - 2);
                request.extend_from_slice(b"connection: close\r\n\r\n");
                request.extend_from_slice(&body);
                return Ok(Some(request));
            }
        }
        match client.read(&mut buffer).await? {
            0 => return Ok(None),
            read => request.extend_from_slice(&buffer[..read]),
        }
    }
}

async fn ask(platform: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut way = TcpStream::connect(platform).await?;
    way.write_all(request).await?;
    let mut answer = Vec::new();
    way.read_to_end(&mut answer).await?;
    Ok(answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_proxy_between_terminal_and_platform_loses_and_doubles_nothing() {
    let rounds = if std::env::var_os("FANPOINTS_FAULTS").is_some() { 12 } else { 2 };
    let seed = std::env::var("FANPOINTS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(42);
    println!("again: FANPOINTS_SEED={seed} cargo test -p partner --test proxy");
    let mut dice = Dice::new(seed);
    let platform = Platform::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut request = platform.club_shop(Environment::Development);
    let real: SocketAddr = request.endpoint.trim_start_matches("http://").parse().unwrap();
    let proxy = Proxy::before(real).await;
    request.endpoint = format!("http://{}", proxy.address);
    let till = Till::open(folder.path(), Arc::new(MemoryKeychain::default()));
    till.terminal.connect(request).await.unwrap();
    till.until_link(LinkState::Online).await;
    let before = platform.balances(FIRST_FAN).await;
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();

    let mut ids = Vec::new();
    for _ in 0..rounds {
        let mut faults = ALL.to_vec();
        // In another order each time.
        for n in (1..faults.len()).rev() {
            faults.swap(n, usize::try_from(dice.below(n as u64 + 1)).unwrap());
        }
        for fault in faults {
            proxy.next.lock().unwrap().push_back(fault);
            let given = till.terminal.give(&card.fan, purchase(dice.between(1, 20) * 100)).await.unwrap();
            ids.push(given.operation.id);
            if dice.one_in(3) {
                ids.push(till.terminal.award(&card.fan, "match_visit").await.unwrap().operation.id);
            }
            let end = Instant::now() + Duration::from_secs(20);
            while proxy.left() > 0 {
                assert!(Instant::now() < end, "{fault:?} never happened");
                let _sent = till.terminal.send_now().await;
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        }
    }
    let end = Instant::now() + Duration::from_secs(60);
    while till.terminal.status().await.unwrap().queue.waiting > 0 {
        assert!(Instant::now() < end, "{:?}", till.terminal.status().await);
        let _sent = till.terminal.send_now().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let rows = till.all().await;
    for id in &ids {
        let row = rows.iter().find(|row| row.id == *id).unwrap();
        assert_eq!(row.state, OperationStateView::Accepted, "{row:?}");
    }
    let given: i64 = rows.iter().map(|row| row.fan_points).sum();
    let awarded: i64 = rows.iter().map(|row| row.status_points).sum();
    assert_eq!(platform.balances(FIRST_FAN).await, (before.0 + given, before.1 + awarded), "each once");
    let now = partner::system_clock().0;
    let sides = till.terminal.reconcile(now - 3_600_000, now + 3_600_000).await.unwrap();
    assert_eq!(usize::try_from(sides.matched).unwrap(), rows.len());
    assert!(sides.rows.iter().all(|row| row.verdict == ReconcileVerdict::MissingHere), "{sides:?}");
}
