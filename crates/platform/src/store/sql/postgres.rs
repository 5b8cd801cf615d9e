//! PostgreSQL, 15 or later. What changes something is sent at once and answered later, so that a piece of work costs
//! no round trip for each of its statements; what reads waits for its answer, and for all that was sent before.
//!
//! A session drives its connection on its own thread, whenever that thread waits for the server. No other thread
//! has to be woken for an answer.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error as _;
use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio_postgres::config::TargetSessionAttrs;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::TlsStream;
use tokio_postgres::types::private::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{AsyncMessage, Client, Config, NoTls, Row, Socket, Statement};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::ahead::{Ahead, Asked};
use super::dialect;
use super::rows::Array;
use super::secure::Address;
use super::value::{Bind as _, Owned, Value};
use crate::store::StoreError;

/// A database on a server, and the schema in it that belongs to one environment.
#[derive(Clone)]
pub struct PostgresDatabase {
    config: Box<Config>,
    /// None: in the clear.
    tls: Option<MakeRustlsConnect>,
    schema: String,
}

/// One statement may take so long.
const STATEMENT: Duration = Duration::from_secs(15);
/// Another process may hold its turn so long.
const LOCK: Duration = Duration::from_secs(10);
/// A process that stops in the middle of its turn loses it after so long.
const IDLE: Duration = Duration::from_secs(8);
const CONNECT: Duration = Duration::from_secs(3);
/// What was sent and not acknowledged for so long counts as lost.
const UNACKNOWLEDGED: Duration = Duration::from_secs(10);

impl PostgresDatabase {
    /// From a URL such as `postgres://user:secret@host/database`. `schema` is made where it is missing; lowercase
    /// letters, digits and underscores. Settings in the URL's `options` win over those made here. Another machine is
    /// talked to by TLS unless the URL says `sslmode=disable`; `sslrootcert` names the PEM file of its issuer.
    ///
    /// # Errors
    /// [`StoreError::Address`] for what is no such URL, or names a file that can not be used.
    pub fn new(url: &str, schema: &str) -> Result<Self, StoreError> {
        let address = Address::read(url)?;
        let mut config: Config = address
            .url
            .parse()
            .map_err(|error: tokio_postgres::Error| StoreError::Address(whole_text(&error)))?;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if schema.is_empty() || !schema.chars().all(plain) {
            return Err(StoreError::Address(format!("{schema:?} is no name of a schema")));
        }
        let asked = config.get_options().unwrap_or_default().to_owned();
        config
            .options(format!(
                "-c search_path={schema} -c statement_timeout={} -c lock_timeout={} \
                 -c idle_in_transaction_session_timeout={} -c synchronous_commit=on -c jit=off {asked}",
                STATEMENT.as_millis(),
                LOCK.as_millis(),
                IDLE.as_millis()
            ))
            .connect_timeout(CONNECT)
            .tcp_user_timeout(UNACKNOWLEDGED)
            .target_session_attrs(TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("fanpoints-platform");
        }
        let tls = address.protect(&mut config)?;
        Ok(Self { config: Box::new(config), tls, schema: schema.to_owned() })
    }

    pub fn schema(&self) -> &str {
        &self.schema
    }
}

impl fmt::Debug for PostgresDatabase {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PostgresDatabase")
            .field("hosts", &self.config.get_hosts())
            .field("database", &self.config.get_dbname())
            .field("schema", &self.schema)
            .finish()
    }
}

type Answer<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>, tokio_postgres::Error>> + 'a>>;
type Sent = Pin<Box<dyn Future<Output = Result<u64, tokio_postgres::Error>> + Send>>;

pub(super) struct Session {
    /// None only while it is dropped.
    runtime: Option<Runtime>,
    client: Arc<Client>,
    statements: RefCell<HashMap<String, Statement>>,
    sent: RefCell<Vec<Sent>>,
    /// What other sessions said by NOTIFY.
    words: RefCell<UnboundedReceiver<String>>,
}

/// So many statements go out together before the server is left to work on them.
const FLUSH: usize = 64;

impl Session {
    pub(super) fn connect(database: &PostgresDatabase) -> Result<Self, StoreError> {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unreachable(format!("no runtime: {error}")))?;
        let connected = runtime.block_on(async {
            let (tell, words) = mpsc::unbounded_channel();
            let client = match &database.tls {
                None => {
                    let (client, connection) = database.config.connect(NoTls).await?;
                    tokio::spawn(drive(connection, tell));
                    client
                }
                Some(tls) => {
                    let (client, connection) = database.config.connect(tls.clone()).await?;
                    tokio::spawn(drive(connection, tell));
                    client
                }
            };
            Ok::<_, tokio_postgres::Error>((client, words))
        });
        let (client, words) = connected?;
        Ok(Self {
            runtime: Some(runtime),
            client: Arc::new(client),
            statements: RefCell::default(),
            sent: RefCell::default(),
            words: RefCell::new(words),
        })
    }

    fn wait<T>(&self, answer: impl Future<Output = T>) -> Result<T, StoreError> {
        match &self.runtime {
            Some(runtime) => Ok(runtime.block_on(answer)),
            None => Err(StoreError::Stopped),
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        self.client.is_closed()
    }

    pub(super) fn query(&self, sql: &str, values: &[Value<'_>]) -> Result<Vec<Row>, StoreError> {
        let statement = self.statement(sql)?;
        let parameters: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let before = self.sent.take();
        let (rows, before) = self.wait(async {
            // In this order: the first poll sends the question, then come the answers.
            tokio::join!(self.client.query(&statement, &parameters), first_error(before))
        })?;
        before?;
        Ok(rows?)
    }

    /// Sends a change; whether it worked turns out at the next read or at [`Self::settle`].
    pub(super) fn send(&self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        let statement = self.statement(sql)?;
        let values: Vec<Owned> = values.iter().map(|value| Owned::from(*value)).collect();
        let client = Arc::clone(&self.client);
        self.push(Box::pin(async move { client.execute_raw(&statement, values).await }))
    }

    /// Asks many questions in one round trip.
    pub(super) fn query_all<'q>(
        &self,
        questions: &[&'q Ahead],
    ) -> Result<Vec<(&'q Ahead, Vec<Row>)>, StoreError> {
        let together = Asked::together(questions);
        let mut statements = Vec::with_capacity(together.len());
        for asked in &together {
            statements.push(self.statement(&asked.sql)?);
        }
        let mut answers: Vec<Answer<'_>> = Vec::with_capacity(together.len());
        for (statement, asked) in statements.iter().zip(&together) {
            let mut answer: Answer<'_> = Box::pin(async move {
                let arrays = asked.arrays();
                let arrays: Vec<_> = arrays.iter().map(|array| array as &(dyn ToSql + Sync)).collect();
                self.client.query(statement, &arrays).await
            });
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(outcome) = answer.as_mut().poll(&mut context) {
                answer = Box::pin(std::future::ready(outcome));
            }
            answers.push(answer);
        }
        let before = self.sent.take();
        let answers = self.wait(async move {
            first_error(before).await?;
            let mut rows = Vec::with_capacity(answers.len());
            for answer in answers {
                rows.push(answer.await?);
            }
            Ok::<_, tokio_postgres::Error>(rows)
        })??;
        let mut answered = Vec::with_capacity(questions.len());
        for (asked, rows) in together.iter().zip(answers) {
            let start = answered.len();
            answered.extend(asked.questions.iter().map(|question| (*question, Vec::new())));
            for row in rows {
                let number: i64 = row.try_get(row.len().saturating_sub(1))?;
                let place = usize::try_from(number).ok().and_then(|number| (start + number).checked_sub(1));
                if let Some((_, rows)) = place.and_then(|place| answered.get_mut(place)) {
                    rows.push(row);
                }
            }
        }
        Ok(answered)
    }

    /// Sends many rows as the arrays of their columns.
    pub(super) fn send_rows(&self, sql: &str, arrays: Vec<Array>) -> Result<(), StoreError> {
        let statement = self.statement(sql)?;
        let client = Arc::clone(&self.client);
        self.push(Box::pin(async move { client.execute_raw(&statement, arrays).await }))
    }

    pub(super) fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        let statement = self.statement(sql)?;
        let parameters: Vec<&(dyn ToSql + Sync)> =
            values.iter().map(|value| value as &(dyn ToSql + Sync)).collect();
        let before = self.sent.take();
        let (changed, before) = self.wait(async {
            tokio::join!(self.client.execute(&statement, &parameters), first_error(before))
        })?;
        before?;
        Ok(changed?)
    }

    /// Sends words without parameters, such as `COMMIT`.
    pub(super) fn send_words(&self, sql: &'static str) -> Result<(), StoreError> {
        let client = Arc::clone(&self.client);
        self.push(Box::pin(async move { client.batch_execute(sql).await.map(|()| 0) }))
    }

    /// Several statements without parameters.
    pub(super) fn script(&self, sql: &str) -> Result<(), StoreError> {
        self.settle()?;
        Ok(self.wait(self.client.batch_execute(sql))??)
    }

    /// Waits until all that was sent is answered; the first error counts, the others come from it.
    pub(super) fn settle(&self) -> Result<(), StoreError> {
        let sent = self.sent.take();
        if sent.is_empty() { Ok(()) } else { Ok(self.wait(first_error(sent))??) }
    }

    /// Forgets what was prepared: another process may have changed a table since.
    pub(super) fn forget(&self) {
        self.statements.take();
    }

    /// The next notification within this time.
    pub(super) fn word(&self, patience: Duration) -> Result<Option<String>, StoreError> {
        let mut words = self.words.borrow_mut();
        match self.wait(async { tokio::time::timeout(patience, words.recv()).await })? {
            Err(_) => Ok(None),
            Ok(Some(word)) => Ok(Some(word)),
            Ok(None) => Err(StoreError::Unreachable("the connection ended".to_owned())),
        }
    }

    fn push(&self, mut change: Sent) -> Result<(), StoreError> {
        // The first poll puts the message on its way.
        let mut context = Context::from_waker(Waker::noop());
        if let Poll::Ready(outcome) = change.as_mut().poll(&mut context) {
            change = Box::pin(std::future::ready(outcome));
        }
        let mut sent = self.sent.borrow_mut();
        sent.push(change);
        if sent.len().is_multiple_of(FLUSH) {
            drop(sent);
            self.flush()?;
        }
        Ok(())
    }

    /// Lets what was sent reach the server.
    pub(super) fn flush(&self) -> Result<(), StoreError> {
        self.wait(tokio::task::yield_now())
    }

    fn statement(&self, sql: &str) -> Result<Statement, StoreError> {
        if let Some(statement) = self.statements.borrow().get(sql) {
            return Ok(statement.clone());
        }
        self.settle()?;
        let statement = self.wait(self.client.prepare(&dialect::postgres_statement(sql)))??;
        self.statements.borrow_mut().insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }
}

/// Lets messages pass until the connection ends.
async fn drive(
    mut connection: tokio_postgres::Connection<Socket, impl TlsStream + Unpin>,
    tell: mpsc::UnboundedSender<String>,
) {
    while let Some(message) = poll_fn(|context| connection.poll_message(context)).await {
        match message {
            Ok(AsyncMessage::Notification(word)) => {
                // Nobody listens any more: the session is about to end.
                let _gone = tell.send(word.payload().to_owned());
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(error = whole_text(&error), "a database connection ended");
                return;
            }
        }
    }
}

async fn first_error(sent: Vec<Sent>) -> Result<(), tokio_postgres::Error> {
    let mut outcome = Ok(());
    for change in sent {
        let answer = change.await;
        if let (Ok(()), Err(error)) = (&outcome, answer) {
            outcome = Err(error);
        }
    }
    outcome
}

impl Drop for Session {
    fn drop(&mut self) {
        // Without waiting: a session may be dropped where waiting is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl From<tokio_postgres::Error> for StoreError {
    fn from(error: tokio_postgres::Error) -> Self {
        let text = whole_text(&error);
        let Some(state) = error.code() else {
            // No answer of the server: the connection broke, or was never made.
            let ours = error.source().is_some_and(|source| !source.is::<std::io::Error>());
            return if error.is_closed() || !ours { Self::Unreachable(text) } else { Self::Postgres(text) };
        };
        let lost = [
            SqlState::ADMIN_SHUTDOWN,
            SqlState::CRASH_SHUTDOWN,
            SqlState::CANNOT_CONNECT_NOW,
            SqlState::TOO_MANY_CONNECTIONS,
            SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
        ];
        if *state == SqlState::T_R_SERIALIZATION_FAILURE || *state == SqlState::T_R_DEADLOCK_DETECTED {
            Self::Conflict(text)
        } else if *state == SqlState::LOCK_NOT_AVAILABLE || *state == SqlState::QUERY_CANCELED {
            Self::TimedOut(text)
        } else if lost.contains(state) || state.code().starts_with("08") {
            Self::Unreachable(text)
        } else {
            Self::Postgres(text)
        }
    }
}

/// An error with its causes.
pub(super) fn whole_text(error: &tokio_postgres::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}

type Misfit = Box<dyn std::error::Error + Sync + Send>;

impl ToSql for Value<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Misfit> {
        match (self, wanted) {
            (Value::Null, _) => Ok(IsNull::Yes),
            (Value::Integer(number), &Type::INT8) => number.to_sql(wanted, out),
            (Value::Integer(number), &Type::INT4) => i32::try_from(*number)?.to_sql(wanted, out),
            (Value::Integer(number), &Type::INT2) => i16::try_from(*number)?.to_sql(wanted, out),
            (Value::Text(text), &Type::TEXT | &Type::VARCHAR | &Type::NAME | &Type::UNKNOWN) => {
                without_nul(text).to_sql(wanted, out)
            }
            (Value::Bytes(bytes), &Type::BYTEA) => bytes.to_sql(wanted, out),
            (value, wanted) => Err(format!("{value:?} is given for a column of type {wanted}").into()),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToSql for Owned {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Misfit> {
        self.bind().to_sql(wanted, out)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

impl ToSql for Array {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, Misfit> {
        match self {
            Self::Integers(all) => all.to_sql(wanted, out),
            Self::Texts(all) => {
                let texts = all.iter().map(|text| text.as_deref().map(without_nul));
                texts.collect::<Vec<_>>().to_sql(wanted, out)
            }
            Self::Bytes(all) => all.to_sql(wanted, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    to_sql_checked!();
}

/// A text that is asked for. PostgreSQL has none with this character in it; another stands for it that no stored text
/// has either, so that nothing is found.
fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{2}")) } else { Cow::Borrowed(text) }
}

impl<'r> FromSql<'r> for Value<'r> {
    fn from_sql(stored: &Type, raw: &'r [u8]) -> Result<Self, Misfit> {
        Ok(match *stored {
            Type::INT8 => Self::Integer(i64::from_sql(stored, raw)?),
            Type::INT4 => Self::Integer(i32::from_sql(stored, raw)?.into()),
            Type::INT2 => Self::Integer(i16::from_sql(stored, raw)?.into()),
            Type::BOOL => Self::Integer(bool::from_sql(stored, raw)?.into()),
            Type::NUMERIC => Self::Integer(whole_numeric(raw)?),
            Type::BYTEA => Self::Bytes(raw),
            _ => Self::Text(<&str>::from_sql(stored, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, Misfit> {
        Ok(Self::Null)
    }

    fn accepts(stored: &Type) -> bool {
        let known = [Type::INT8, Type::INT4, Type::INT2, Type::BOOL, Type::NUMERIC, Type::BYTEA];
        known.contains(stored) || <&str as FromSql>::accepts(stored)
    }
}

/// A sum of whole numbers: PostgreSQL gives it as a decimal, in digits to the base 10,000.
fn whole_numeric(raw: &[u8]) -> Result<i64, Misfit> {
    let mut words = raw.chunks_exact(2).map(|pair| match pair {
        [high, low] => i16::from_be_bytes([*high, *low]),
        _ => 0,
    });
    let mut next = || words.next().ok_or("a decimal is cut off");
    let (count, weight, sign, _scale) = (next()?, next()?, next()?, next()?);
    if sign != 0 && sign != 0x4000 {
        return Err("a decimal that is no number".into());
    }
    if count > weight.saturating_add(1) {
        return Err("a decimal with a fraction where a whole number is meant".into());
    }
    let mut number: i128 = 0;
    for position in 0..=weight {
        let digit = if position < count { next()? } else { 0 };
        number = number.checked_mul(10_000).ok_or("a decimal that is too large")? + i128::from(digit);
    }
    Ok(i64::try_from(if sign == 0 { number } else { -number })?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numeric(words: &[i16]) -> Vec<u8> {
        words.iter().flat_map(|word| word.to_be_bytes()).collect()
    }

    #[test]
    fn sums_are_whole_numbers() {
        assert_eq!(whole_numeric(&numeric(&[0, 0, 0, 0])).unwrap(), 0);
        assert_eq!(whole_numeric(&numeric(&[2, 1, 0x4000, 0, 12, 345])).unwrap(), -120_345);
        assert_eq!(whole_numeric(&numeric(&[1, 2, 0, 0, 7])).unwrap(), 700_000_000);
        assert!(whole_numeric(&numeric(&[2, 0, 0, 4, 1, 5000])).is_err(), "1.5");
        assert!(whole_numeric(&numeric(&[0, 0, -16384, 0])).is_err(), "not a number");
        assert!(whole_numeric(&numeric(&[1, 9, 0, 0, 1])).is_err(), "too large");
        assert!(whole_numeric(&[0]).is_err());
    }

    #[test]
    fn a_password_is_not_shown() {
        let database =
            PostgresDatabase::new("postgres://me:secret@db.example.org/club", "production").unwrap();
        let shown = format!("{database:?}");
        assert!(shown.contains("db.example.org") && !shown.contains("secret"), "{shown}");
        assert!(PostgresDatabase::new("https://example.org", "production").is_err());
        assert!(PostgresDatabase::new("postgres://localhost/club", "pg; drop").is_err());
    }
}
