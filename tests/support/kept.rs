//! What the app has kept, read without it: its secrets in the keychain, and its audit chain.

use std::path::Path;

use rusqlite::{Connection, OpenFlags};

const SERVICE: &str = "app.fanpoints.partner";

/// A secret of the app in the keychain.
pub fn secret(name: &str) -> Vec<u8> {
    let entry = keyring::Entry::new(SERVICE, name).expect("a keychain");
    entry.get_secret().unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// The id under which the app in this folder keeps its secrets.
pub fn device_id(data: &Path) -> String {
    let id = std::fs::read_to_string(data.join("device-id")).expect("a device has an id");
    id.trim().to_owned()
}

/// What each entry of the audit chain says, oldest first, as far as it is text; the app must be closed.
pub fn audit_entries(data: &Path) -> Vec<String> {
    let key = secret(&format!("database-key {}", device_id(data)));
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    let db = Connection::open_with_flags(data.join("partner.db"), OpenFlags::SQLITE_OPEN_READ_WRITE);
    let db = db.expect("the database is there");
    db.execute_batch(&format!("PRAGMA key = \"x'{key}'\"")).expect("a key can be given");
    let mut bodies = db.prepare("SELECT body FROM audit ORDER BY n").expect("the key fits");
    let bodies = bodies.query_map([], |row| row.get::<_, Vec<u8>>(0)).expect("entries");
    bodies.map(|body| String::from_utf8_lossy(&body.expect("an entry")).into_owned()).collect()
}
