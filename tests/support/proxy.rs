//! A network between app and platform that fails on demand. What it does to bytes and connections, a real network does
//! too; what it answers in the platform's place, a real gateway does.

use std::collections::{BTreeSet, VecDeque};
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

/// What befalls one batch of operations, or its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blow {
    /// The answer comes late.
    Late,
    /// The connection ends before the request is passed on.
    CutBefore,
    /// ... after the platform has done it.
    CutAfter,
    /// The request arrives twice.
    Duplicate,
    /// The answer ends in the middle.
    Truncate,
    /// 429, with a second to wait.
    TooMany,
    /// 500 without a word.
    Broken,
    /// 401: the token is not taken any more.
    Unauthorized,
    /// A success that is none.
    Garbage,
}

impl Blow {
    pub const ALL: [Self; 9] = [
        Self::Late,
        Self::CutBefore,
        Self::CutAfter,
        Self::Duplicate,
        Self::Truncate,
        Self::TooMany,
        Self::Broken,
        Self::Unauthorized,
        Self::Garbage,
    ];
}

/// In every request that sends operations.
const BATCH: &str = "mutation Batch";
/// Shorter than the app's patience with an answer, longer than an answer takes.
const LATE_BY: Duration = Duration::from_millis(400);

#[derive(Default)]
struct Shared {
    fault: Fault,
    blows: VecDeque<Blow>,
    struck: Vec<Blow>,
    answers_lost: u32,
    tokens: BTreeSet<String>,
    lacks: &'static [&'static str],
    missed: BTreeSet<&'static str>,
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

    /// Strikes the next batch of operations that is sent.
    pub fn strike(&self, blow: Blow) {
        lock(&self.shared).blows.push_back(blow);
    }

    /// The blows that have been dealt, in order.
    pub fn struck(&self) -> Vec<Blow> {
        lock(&self.shared).struck.clone()
    }

    /// Plays a server without these fields: a document that asks for one is not run, and no other address is served.
    pub fn lack(&self, fields: &'static [&'static str]) {
        lock(&self.shared).lacks = fields;
    }

    /// The fields that were asked for in vain.
    pub fn missed(&self) -> BTreeSet<&'static str> {
        lock(&self.shared).missed.clone()
    }

    /// The tokens that requests have carried.
    pub fn tokens(&self) -> BTreeSet<String> {
        lock(&self.shared).tokens.clone()
    }

    /// How many answers were lost or swallowed so far.
    pub fn answers_lost(&self) -> u32 {
        lock(&self.shared).answers_lost
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
                // Whichever side hung up: the other one sees it.
                _ended = carry(till, platform, &shared) => {}
                _ = cut.wait_for(|cut| *cut) => {}
            }
        });
    }
}

/// What a request called for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    Pass,
    Lose,
    Swallow,
}

/// Carries requests one way and bytes the other until one side closes or a fault breaks in.
async fn carry(mut till: TcpStream, platform: SocketAddr, shared: &Mutex<Shared>) -> std::io::Result<()> {
    let mut server = TcpStream::connect(platform).await?;
    let (mut from_till, mut from_server) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    let mut said = Vec::new();
    let mut answer = Answer::Pass;
    loop {
        tokio::select! {
            read = till.read(&mut from_till) => {
                let length = read?;
                if length == 0 {
                    return Ok(());
                }
                said.extend_from_slice(from_till.get(..length).unwrap_or_default());
                while let Some(request) = whole_request(&mut said) {
                    lock(shared).tokens.extend(token_of(&request));
                    if let Some(refusal) = lacked(&request, shared) {
                        till.write_all(&refusal).await?;
                        return till.shutdown().await;
                    }
                    if let Some(blow) = next_blow(&request, shared) {
                        return deal(blow, till, platform, &request).await;
                    }
                    answer = answer_to(&request, shared);
                    server.write_all(&request).await?;
                }
            }
            read = server.read(&mut from_server) => {
                let length = read?;
                if length == 0 {
                    return Ok(());
                }
                let delay = match &lock(shared).fault {
                    Fault::Delay(delay) => Some(*delay),
                    Fault::None | Fault::Cut | Fault::LoseAnswerTo(_) | Fault::SwallowAnswerTo(_) => None,
                };
                if let Some(delay) = delay {
                    tokio::time::sleep(delay).await;
                }
                match answer {
                    Answer::Pass => till.write_all(from_server.get(..length).unwrap_or_default()).await?,
                    Answer::Lose => {
                        lock(shared).answers_lost += 1;
                        return Ok(());
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

/// Takes the first whole request out of what was said.
fn whole_request(said: &mut Vec<u8>) -> Option<Vec<u8>> {
    let head = said.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(said.get(..head)?).to_lowercase();
    let body = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    let length = head + body.map_or(0, |value| value.trim().parse().expect("a length is a number"));
    (said.len() >= length).then(|| said.drain(..length).collect())
}

/// The token that a request is signed in with.
fn token_of(request: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(request);
    let mut headers =
        text.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(':'));
    let (_, value) = headers.find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    let token = value.trim().trim_start_matches("Bearer ");
    (!token.starts_with("Basic ")).then(|| token.to_owned())
}

fn holds(request: &[u8], word: &str) -> bool {
    !word.is_empty() && request.windows(word.len()).any(|window| window == word.as_bytes())
}

/// The answer to a request for what this server has not.
fn lacked(request: &[u8], shared: &Mutex<Shared>) -> Option<Vec<u8>> {
    let mut shared = lock(shared);
    let lacks = shared.lacks;
    if lacks.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(request);
    let is_field = |name: &str| {
        let inside = |byte: Option<&u8>| byte.is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
        text.match_indices(name).any(|(at, _)| {
            let before = at.checked_sub(1).and_then(|at| text.as_bytes().get(at));
            !inside(before) && !inside(text.as_bytes().get(at + name.len()))
        })
    };
    if !text.starts_with("POST /graphql") {
        return (!text.starts_with("POST /oauth2/")).then(|| answer("404 Not Found", "", ""));
    }
    let field = *lacks.iter().find(|name| is_field(name))?;
    shared.missed.insert(field);
    let body =
        format!(r#"{{"data":null,"errors":[{{"message":"Unknown field \"{field}\" on type \"Query\"."}}]}}"#);
    Some(answer("200 OK", "content-type: application/json\r\n", &body))
}

/// An answer in the server's place.
fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\n{headers}connection: close\r\ncontent-length: {length}\r\n\r\n{body}")
        .into_bytes()
}

/// The blow that this request is dealt. It is used up.
fn next_blow(request: &[u8], shared: &Mutex<Shared>) -> Option<Blow> {
    let mut shared = lock(shared);
    if !holds(request, BATCH) {
        return None;
    }
    let blow = shared.blows.pop_front()?;
    shared.struck.push(blow);
    Some(blow)
}

/// Looks for the fault's word in a request. A fault that strikes is used up.
fn answer_to(request: &[u8], shared: &Mutex<Shared>) -> Answer {
    let mut shared = lock(shared);
    let answer = match &shared.fault {
        Fault::LoseAnswerTo(word) if holds(request, word) => Answer::Lose,
        Fault::SwallowAnswerTo(word) if holds(request, word) => Answer::Swallow,
        Fault::None | Fault::Cut | Fault::Delay(_) | Fault::LoseAnswerTo(_) | Fault::SwallowAnswerTo(_) => {
            Answer::Pass
        }
    };
    if answer != Answer::Pass {
        shared.fault = Fault::None;
    }
    answer
}

/// Does to one request and its answer what it was dealt; then the connection ends.
async fn deal(blow: Blow, mut till: TcpStream, platform: SocketAddr, request: &[u8]) -> std::io::Result<()> {
    let told = match blow {
        Blow::CutBefore => return Ok(()),
        Blow::CutAfter => {
            ask(platform, request).await?;
            return Ok(());
        }
        Blow::Late => {
            let whole = ask(platform, request).await?;
            tokio::time::sleep(LATE_BY).await;
            whole
        }
        Blow::Duplicate => {
            ask(platform, request).await?;
            ask(platform, request).await?
        }
        Blow::Truncate => {
            let mut whole = ask(platform, request).await?;
            whole.truncate(whole.len() * 2 / 3);
            whole
        }
        Blow::TooMany => answer("429 Too Many Requests", "retry-after: 1\r\n", ""),
        Blow::Broken => answer("500 Internal Server Error", "", "oh"),
        Blow::Unauthorized => answer("401 Unauthorized", "", ""),
        Blow::Garbage => answer("200 OK", "content-type: application/json\r\n", "{\"data\": {\"o0\""),
    };
    till.write_all(&told).await?;
    till.shutdown().await
}

/// The whole answer to a request, over a connection of its own.
async fn ask(platform: SocketAddr, request: &[u8]) -> std::io::Result<Vec<u8>> {
    let head = request.windows(2).position(|window| window == b"\r\n").map_or(0, |at| at + 2);
    let (line, rest) = request.split_at(head);
    let mut way = TcpStream::connect(platform).await?;
    way.write_all(&[line, b"connection: close\r\n", rest].concat()).await?;
    let mut answer = Vec::new();
    way.read_to_end(&mut answer).await?;
    Ok(answer)
}
