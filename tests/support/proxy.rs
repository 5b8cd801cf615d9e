//! A network between app and platform that fails on demand. It knows bytes and connections, no HTTP: what it does to
//! them, a real network does too.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// What happens to what passes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    #[default]
    None,
    /// Nothing gets through and what is open breaks: the cable is out.
    Cut,
    /// A request that holds this word reaches the platform; when the answer comes, the connection breaks instead.
    /// Once: what comes after is let through.
    LoseAnswerTo(String),
    /// A request that holds this word reaches the platform; its answer never arrives, and nobody hangs up. Once.
    SwallowAnswerTo(String),
    /// Every answer comes this much later.
    Delay(Duration),
}

#[derive(Default)]
struct Shared {
    fault: Fault,
    answers_lost: u32,
    requests: u64,
}

pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    cut: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    /// Listens on a free port and leads to `platform`.
    pub async fn start(platform: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let shared = Arc::new(Mutex::new(Shared::default()));
        let (cut, cut_seen) = watch::channel(false);
        let accepting = tokio::spawn(accept(listener, platform, Arc::clone(&shared), cut_seen));
        Self { address, shared, cut, accepting }
    }

    pub fn set(&self, fault: Fault) {
        let _ = self.cut.send(fault == Fault::Cut);
        lock(&self.shared).fault = fault;
    }

    /// How many answers were lost or swallowed so far.
    pub fn answers_lost(&self) -> u32 {
        lock(&self.shared).answers_lost
    }

    /// How many pieces of requests have passed: whether anybody tries at all.
    pub fn requests(&self) -> u64 {
        lock(&self.shared).requests
    }

    /// The same URL, but through here.
    pub fn instead_of(&self, url: &str) -> String {
        let mut url = reqwest::Url::parse(url).expect("a URL");
        url.set_host(Some("127.0.0.1")).expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        url.to_string()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock(shared: &Mutex<Shared>) -> std::sync::MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(
    listener: TcpListener,
    platform: SocketAddr,
    shared: Arc<Mutex<Shared>>,
    cut: watch::Receiver<bool>,
) {
    loop {
        let Ok((till, _)) = listener.accept().await else { continue };
        if *cut.borrow() {
            continue;
        }
        let (shared, mut cut) = (Arc::clone(&shared), cut.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = carry(till, platform, &shared) => {}
                _ = cut.wait_for(|cut| *cut) => {}
            }
        });
    }
}

/// What a request's bytes called for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Pass,
    Lose,
    Swallow,
}

/// Carries bytes both ways until one side closes or a fault breaks in.
async fn carry(mut till: TcpStream, platform: SocketAddr, shared: &Mutex<Shared>) {
    let Ok(mut server) = TcpStream::connect(platform).await else { return };
    let (mut from_till, mut from_server) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut said = Vec::new();
    let mut answer = Answer::Pass;
    loop {
        tokio::select! {
            read = till.read(&mut from_till) => {
                let Ok(length @ 1..) = read else { return };
                let piece = from_till.get(..length).unwrap_or_default();
                said.extend_from_slice(piece);
                if answer == Answer::Pass {
                    answer = answer_to(&said, shared);
                }
                if server.write_all(piece).await.is_err() {
                    return;
                }
            }
            read = server.read(&mut from_server) => {
                let Ok(length @ 1..) = read else { return };
                said.clear();
                let delay = match &lock(shared).fault {
                    Fault::Delay(delay) => Some(*delay),
                    Fault::None | Fault::Cut | Fault::LoseAnswerTo(_) | Fault::SwallowAnswerTo(_) => None,
                };
                if let Some(delay) = delay {
                    tokio::time::sleep(delay).await;
                }
                match answer {
                    Answer::Pass => {
                        let piece = from_server.get(..length).unwrap_or_default();
                        if till.write_all(piece).await.is_err() {
                            return;
                        }
                    }
                    Answer::Lose => {
                        lock(shared).answers_lost += 1;
                        return;
                    }
                    Answer::Swallow => {
                        lock(shared).answers_lost += 1;
                        std::future::pending::<()>().await;
                    }
                }
            }
        }
    }
}

/// Looks for the fault's word in what has been said since the last answer. A fault that strikes is used up.
fn answer_to(said: &[u8], shared: &Mutex<Shared>) -> Answer {
    let mut shared = lock(shared);
    shared.requests += 1;
    let holds =
        |word: &str| !word.is_empty() && said.windows(word.len()).any(|window| window == word.as_bytes());
    let answer = match &shared.fault {
        Fault::LoseAnswerTo(word) if holds(word) => Answer::Lose,
        Fault::SwallowAnswerTo(word) if holds(word) => Answer::Swallow,
        Fault::None | Fault::Cut | Fault::Delay(_) | Fault::LoseAnswerTo(_) | Fault::SwallowAnswerTo(_) => {
            Answer::Pass
        }
    };
    if answer != Answer::Pass {
        shared.fault = Fault::None;
    }
    answer
}
