//! Where the browser comes back to after a sign-in: a listener on this machine alone (RFC 8252, section 7.3), for one
//! answer and no longer than that takes.

use std::time::Duration;

use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::oidc::OidcError;

/// More than any provider sends.
const LONGEST_REQUEST: usize = 32 * 1024;
/// A browser opens connections ahead and may never use them.
const SILENT_FOR: Duration = Duration::from_secs(20);
/// The way back where the partner's settings name none.
const WAY_BACK: &str = "http://127.0.0.1/callback";

/// What the browser shows at the end, in the language of the screens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClosingPage {
    /// A language tag such as `de`; the provider's pages are asked for in it, too.
    pub language: String,
    pub title: String,
    pub done: String,
    pub failed: String,
}

/// An address on this machine, as it was registered with a provider. Without a port, any free one is used.
pub(crate) fn way_back(text: Option<&str>) -> Result<Url, OidcError> {
    let url = Url::parse(text.unwrap_or(WAY_BACK)).map_err(|_| OidcError::Settings("redirect_uri"))?;
    let at_home = matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    if url.scheme() == "http" && at_home && plain {
        Ok(url)
    } else {
        Err(OidcError::Settings("redirect_uri"))
    }
}

pub(crate) struct Loopback {
    listener: TcpListener,
    /// With the port that is listened on.
    pub url: Url,
}

impl Loopback {
    pub async fn open(way_back: Url) -> Result<Self, OidcError> {
        let mut url = way_back;
        let host = if url.host_str() == Some("[::1]") { "::1" } else { "127.0.0.1" };
        let listener = TcpListener::bind((host, url.port().unwrap_or(0))).await;
        let listener = listener.map_err(|error| {
            tracing::warn!(%error, "nothing can listen for the browser");
            OidcError::Listener
        })?;
        let port = listener.local_addr().map_err(|_| OidcError::Listener)?.port();
        url.set_port(Some(port)).map_err(|()| OidcError::Settings("redirect_uri"))?;
        Ok(Self { listener, url })
    }

    /// Waits for the answer to the request of this state. Whatever else calls is turned away and changes nothing: any
    /// page in the browser can call an address of this machine.
    pub async fn answer(&self, state: &str, page: &ClosingPage) -> Result<Answer, OidcError> {
        let (heard, mut calls) = mpsc::channel(4);
        let mut readers = JoinSet::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => {
                    let Ok((stream, _)) = accepted else { return Err(OidcError::Listener) };
                    let heard = heard.clone();
                    readers.spawn(async move {
                        if let Ok(Some(call)) = tokio::time::timeout(SILENT_FOR, read(stream)).await {
                            // Nobody listens any more: the answer has come.
                            let _ = heard.send(call).await;
                        }
                    });
                }
                Some(call) = calls.recv() => {
                    if let Some(answer) = self.judge(call, state, page).await {
                        return Ok(answer);
                    }
                }
            }
        }
    }

    async fn judge(&self, call: Call, state: &str, page: &ClosingPage) -> Option<Answer> {
        let Call { target, mut stream } = call;
        let asked = target.and_then(|target| self.url.join(&target).ok());
        let Some(asked) = asked.filter(|asked| asked.path() == self.url.path()) else {
            say(&mut stream, "404 Not Found", "").await;
            return None;
        };
        let value = |name: &str| {
            asked.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
        };
        if value("state").as_deref() != Some(state) {
            tracing::warn!("an answer to another sign-in came");
            say(&mut stream, "400 Bad Request", &html(page, &page.failed)).await;
            return None;
        }
        let code = value("code").ok_or_else(|| value("error").unwrap_or_default());
        Some(Answer { code, issuer: value("iss"), stream })
    }
}

/// The provider's answer, and the browser that waits to be told how it ended.
pub(crate) struct Answer {
    /// A code, or the provider's word for why there is none.
    pub code: Result<String, String>,
    /// Who answers, where the provider says so (RFC 9207).
    pub issuer: Option<String>,
    stream: TcpStream,
}

impl Answer {
    pub async fn close(mut self, page: &ClosingPage, succeeded: bool) {
        let words = if succeeded { &page.done } else { &page.failed };
        say(&mut self.stream, "200 OK", &html(page, words)).await;
    }
}

struct Call {
    /// None: no request that a browser makes.
    target: Option<String>,
    stream: TcpStream,
}

async fn read(mut stream: TcpStream) -> Option<Call> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        if head.len() > LONGEST_REQUEST || stream.read_buf(&mut head).await.ok()? == 0 {
            return None;
        }
    }
    let line = head.split(|byte| *byte == b'\r').next().and_then(|line| std::str::from_utf8(line).ok());
    let target = line.and_then(|line| line.strip_prefix("GET ")?.strip_suffix(" HTTP/1.1"));
    let target = target.filter(|target| target.starts_with('/') && !target.starts_with("//"));
    Some(Call { target: target.map(str::to_owned), stream })
}

/// A browser that has gone needs no page.
async fn say(stream: &mut TcpStream, status: &str, body: &str) {
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\n\
         Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
    let told = async {
        stream.write_all(text.as_bytes()).await?;
        stream.shutdown().await
    };
    if let Ok(Err(error)) = tokio::time::timeout(SILENT_FOR, told).await {
        tracing::debug!(%error, "the browser has gone");
    }
}

fn html(page: &ClosingPage, words: &str) -> String {
    const STYLE: &str = ":root{color-scheme:light dark}body{display:grid;place-content:center;min-height:90vh;margin:0 2rem;\
                         font:1.125rem/1.5 system-ui,sans-serif;text-align:center}";
    let (language, title, words) = (escaped(&page.language), escaped(&page.title), escaped(words));
    format!(
        "<!doctype html><html lang=\"{language}\"><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title><style>{STYLE}</style>\
         <main><h1>{title}</h1><p>{words}</p></main></html>"
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_leads_to_this_machine_and_nowhere_else() {
        for good in
            [None, Some("http://127.0.0.1/callback"), Some("http://localhost:8417/"), Some("http://[::1]/x")]
        {
            assert!(way_back(good).is_ok(), "{good:?}");
        }
        for bad in [
            "https://127.0.0.1/",
            "http://example.org/",
            "http://127.0.0.1.example.org/",
            "http://me@localhost/",
            "http://localhost/?a=b",
            "callback",
        ] {
            assert_eq!(way_back(Some(bad)).err(), Some(OidcError::Settings("redirect_uri")), "{bad}");
        }
    }

    #[test]
    fn words_of_the_page_are_words() {
        let page = ClosingPage { title: "<b>&".into(), ..ClosingPage::default() };
        assert!(html(&page, "\"").contains("<h1>&lt;b&gt;&amp;</h1><p>&quot;</p>"));
    }
}
