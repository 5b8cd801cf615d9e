//! A private PostgreSQL cluster for one test process: made from the distribution's packages when the first test asks
//! for it, and gone with the process, however that ends.
//!
//! A guard process holds the server. Its input is a pipe from the test process; when that closes, even by SIGKILL,
//! the guard stops the server and removes its files.

use std::fs;
use std::net::Ipv4Addr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// Whether a commit waits for the disk. Only what is measured has to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Disk {
    Flushed,
    Trusted,
}

/// How a cluster is reached over the network, beside its socket: on this machine, with a password and TLS alone.
pub struct Door {
    /// Which of the addresses of this machine.
    pub address: Ipv4Addr,
    /// PEM.
    pub certificate: String,
    pub key: String,
}

/// A running cluster.
pub struct Cluster {
    folder: PathBuf,
    guard: Child,
    databases: AtomicU32,
}

/// The cluster of this process.
pub fn cluster() -> &'static Cluster {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    CLUSTER.get_or_init(|| Cluster::start(Disk::Trusted))
}

const START: Duration = Duration::from_secs(60);
pub const OWNER: &str = "fanpoints";

impl Cluster {
    pub fn start(disk: Disk) -> Self {
        Self::start_with(disk, None)
    }

    pub fn start_with(disk: Disk, door: Option<&Door>) -> Self {
        let programs = programs();
        let name = format!("fanpoints-postgres-{}-{:?}", std::process::id(), disk).to_lowercase();
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        let identity = Identity::for_server();
        identity.give(&folder);
        let data = folder.join("data");
        let mut init = identity.command(&programs.join("initdb"));
        init.args(["--no-sync", "--auth=trust", "--encoding=UTF8", "--locale=C", "--username", OWNER, "-D"]);
        let made = init.arg(&data).current_dir(&folder).output().expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        append(&data.join("postgresql.conf"), "listen_addresses = ''\n");
        if let Some(door) = door {
            door.open(&identity, &data);
        }
        let guard = guard(&identity, &programs, &folder, disk);
        let cluster = Self { folder, guard, databases: AtomicU32::new(0) };
        cluster.wait(&programs);
        cluster
    }

    fn wait(&self, programs: &Path) {
        let since = Instant::now();
        loop {
            let mut asked = Command::new(programs.join("pg_isready"));
            asked.arg("-q").arg("-h").arg(&self.folder);
            if asked.status().is_ok_and(|status| status.success()) {
                return;
            }
            let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
            assert!(since.elapsed() < START, "PostgreSQL does not start: {log}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The URL of a new, empty database.
    pub fn database(&self) -> String {
        let name = format!("club{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run_sql("postgres", &format!("CREATE DATABASE {name}"));
        self.url(&name)
    }

    /// Runs a statement as the owner and returns what it prints, unaligned.
    pub fn run_sql(&self, database: &str, sql: &str) -> String {
        let mut psql = Command::new(programs().join("psql"));
        psql.args(["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-U", OWNER, "-d", database, "-c", sql]);
        let done = psql.arg("-h").arg(&self.folder).output().expect("psql runs");
        assert!(done.status.success(), "{sql}: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).trim().to_owned()
    }

    /// The file through which it is reached.
    pub fn socket(&self) -> PathBuf {
        self.folder.join(".s.PGSQL.5432")
    }

    /// All rows of a schema, as text.
    pub fn dump(&self, database: &str, schema: &str) -> String {
        let mut dump = Command::new(programs().join("pg_dump"));
        dump.args(["-a", "-U", OWNER, "-n", schema, "-d", database]).arg("-h").arg(&self.folder);
        let done = dump.output().expect("pg_dump runs");
        assert!(done.status.success(), "pg_dump: {}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8_lossy(&done.stdout).into_owned()
    }

    fn url(&self, database: &str) -> String {
        let host = self.folder.to_string_lossy().replace('/', "%2F");
        format!("postgres://{OWNER}@{host}/{database}")
    }
}

impl Door {
    fn open(&self, identity: &Identity, data: &Path) {
        for (name, text) in [("server.crt", &self.certificate), ("server.key", &self.key)] {
            let path = data.join(name);
            fs::write(&path, text).expect("the folder is ours");
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("the file is ours");
            identity.own(&path);
        }
        let settings = format!("ssl = on\nlisten_addresses = '{}'\n", self.address);
        append(&data.join("postgresql.conf"), &settings);
        fs::write(
            data.join("pg_hba.conf"),
            "local all all trust\nhostssl all all 127.0.0.0/8 scram-sha-256\n",
        )
        .expect("the folder is ours");
    }
}

fn append(path: &Path, text: &str) {
    let before = fs::read_to_string(path).expect("initdb made it");
    fs::write(path, before + text).expect("the folder is ours");
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ended = self.guard.wait();
    }
}

fn guard(identity: &Identity, programs: &Path, folder: &Path, disk: Disk) -> Child {
    let flush = if disk == Disk::Flushed { "on" } else { "off" };
    // The server ends with its guard's input; SIGINT is its fast shutdown.
    let script = r#"
        folder=$1; flush=$2; server=$3
        "$server" -D "$folder/data" -k "$folder" -c max_connections=400 \
            -c fsync="$flush" -c full_page_writes="$flush" -c shared_buffers=128MB -c max_wal_size=4GB \
            -c log_min_messages=fatal >"$folder/log" 2>&1 </dev/null &
        server_pid=$!
        trap '' INT TERM HUP
        cat >/dev/null
        kill -INT "$server_pid"
        wait "$server_pid"
        rm -rf "$folder"/* 2>/dev/null
        rmdir "$folder" 2>/dev/null
    "#;
    let mut command = identity.command(Path::new("sh"));
    command.arg("-c").arg(script).arg("guard").arg(folder).arg(flush).arg(programs.join("postgres"));
    command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("the guard of PostgreSQL runs")
}

/// Where the distribution keeps the newest server.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().filter_map(Result::ok);
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let version = entry.file_name().to_str()?.parse().ok()?;
            let bin = entry.path().join("bin");
            bin.join("initdb").exists().then_some((version, bin))
        })
        .collect();
    found.sort_unstable();
    if let Some((_, bin)) = found.pop() {
        return bin;
    }
    let named = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&named).find(|folder| folder.join("initdb").exists()).unwrap_or_else(|| {
        panic!(
            "PostgreSQL's server is missing. On Debian and Ubuntu: apt-get install postgresql (or run \
             `cargo xtask test`, which does it); elsewhere have initdb and postgres 15 or later on the PATH."
        )
    })
}

/// Who runs the server: it refuses to be root.
enum Identity {
    Oneself,
    Other { name: &'static str, user: u32, group: u32 },
}

impl Identity {
    fn for_server() -> Self {
        if id(&["-u"]) != Some(0) {
            return Self::Oneself;
        }
        for name in ["postgres", "nobody"] {
            if let (Some(user), Some(group)) = (id(&["-u", name]), id(&["-g", name])) {
                return Self::Other { name, user, group };
            }
        }
        panic!("PostgreSQL refuses to run as root, and this system has neither a user postgres nor nobody");
    }

    fn give(&self, folder: &Path) {
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).expect("the folder is ours");
        self.own(folder);
    }

    fn own(&self, path: &Path) {
        if let Self::Other { name, user, group } = self {
            std::os::unix::fs::chown(path, Some(*user), Some(*group))
                .unwrap_or_else(|error| panic!("{} can not be given to {name}: {error}", path.display()));
        }
    }

    fn command(&self, program: &Path) -> Command {
        match self {
            Self::Oneself => Command::new(program),
            Self::Other { user, group, .. } => {
                let mut command = Command::new("setpriv");
                command.arg(format!("--reuid={user}")).arg(format!("--regid={group}")).arg("--clear-groups");
                command.arg(program);
                command
            }
        }
    }
}

fn id(words: &[&str]) -> Option<u32> {
    let told = Command::new("id").args(words).stderr(Stdio::null()).output().ok()?;
    String::from_utf8_lossy(&told.stdout).trim().parse().ok()
}
