//! A PostgreSQL server on another machine, as far as the server can tell: reached over TCP, with a password, and by
//! TLS alone.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cluster/mod.rs"]
#[allow(dead_code)] // others use clusters in more ways
mod cluster;

use std::net::Ipv4Addr;
use std::path::Path;

use cluster::{Cluster, Disk, Door, OWNER};
use platform::store::{Database, PostgresDatabase, Store, StoreError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tempfile::TempDir;

/// An authority, and a server's certificate by it for this name.
fn certificates(name: &str) -> (String, Door) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let server = CertificateParams::new(vec![name.to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();
    // Of this process alone among all that run tests.
    let [_, a, b, c] = std::process::id().to_be_bytes();
    let address = Ipv4Addr::new(127, 64 | a, b, c);
    (issuer.pem(), Door { address, certificate: server.pem(), key: key.serialize_pem() })
}

fn connect(url: &str) -> Result<Store, StoreError> {
    Store::open(&Database::Postgres(PostgresDatabase::new(url, "production")?))
}

fn words(url: &str) -> String {
    connect(url).err().unwrap_or_else(|| panic!("{url} is connected to")).to_string()
}

fn file(folder: &TempDir, name: &str, text: &str) -> String {
    let path = folder.path().join(name);
    std::fs::write(&path, text).unwrap();
    Path::new(&path).display().to_string()
}

#[test]
fn a_server_elsewhere_is_reached_by_tls_and_only_if_its_certificate_is_good() {
    let (authority, door) = certificates("localhost");
    let (stranger, _) = certificates("localhost");
    let cluster = Cluster::start_with(Disk::Trusted, Some(&door));
    let name = cluster.database().rsplit('/').next().unwrap().to_owned();
    cluster.run_sql("postgres", &format!("ALTER ROLE {OWNER} PASSWORD 's3cret'"));
    let folder = TempDir::new().unwrap();
    let good = file(&folder, "good.pem", &authority);
    let wrong = file(&folder, "wrong.pem", &stranger);
    let at = |host: &str, rest: &str| {
        let address = door.address;
        format!("postgres://{OWNER}:s3cret@{host}/{name}?hostaddr={address}&connect_timeout=5&{rest}")
    };

    let store = connect(&at("localhost", &format!("sslmode=verify-full&sslrootcert={good}"))).unwrap();
    let sql = "SELECT count(*), bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
               WHERE application_name = 'fanpoints-platform'";
    let told = cluster.run_sql("postgres", sql);
    let (count, all) = told.split_once('|').unwrap();
    assert!(count.parse::<u32>().unwrap() >= 2 && all == "t", "every connection is encrypted: {told}");
    store.close();

    let unknown = words(&at("localhost", &format!("sslmode=verify-full&sslrootcert={wrong}")));
    assert!(unknown.contains("certificate"), "{unknown}");
    let of_system = words(&at("localhost", "sslmode=require"));
    assert!(of_system.contains("certificate"), "{of_system}");
    let other_name = words(&at("db.example.org", &format!("sslmode=verify-full&sslrootcert={good}")));
    assert!(other_name.contains("certificate"), "{other_name}");
    let in_the_clear = words(&at("localhost", "sslmode=disable"));
    assert!(in_the_clear.contains("no encryption"), "{in_the_clear}");
    let half = words(&at("localhost", "sslmode=prefer"));
    assert!(half.contains("verify-full"), "{half}");
    for told in [unknown, of_system, other_name, in_the_clear, half] {
        assert!(!told.contains("s3cret"), "{told}");
    }
}
