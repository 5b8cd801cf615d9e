//! What the platform says when it is ready, and the pairing file made of it.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::json::{Json, object_of_texts};
use crate::problem::{Outcome, Problem};
use crate::screen::only_for_us;

/// The shop of the example that the demonstration's till belongs to.
const PARTNER: &str = "club-shop";
const ENVIRONMENT: &str = "development";

pub struct Ready(Json);

impl Ready {
    pub fn read(path: &Path) -> Outcome<Self> {
        let text =
            fs::read_to_string(path).map_err(Problem::while_doing(format!("reading {}", path.display())))?;
        Json::parse(&text).map(Self)
    }

    pub fn fan_pages(&self) -> Vec<&str> {
        self.0.list("fan_pages").iter().filter_map(Json::as_text).collect()
    }

    /// Endpoint and credential of the example's shop, as the app takes them with `--pair`.
    pub fn write_pairing(&self, path: &Path) -> Outcome {
        let credential = self
            .0
            .list("credentials")
            .iter()
            .find(|one| {
                one.text("partner_id") == Some(PARTNER) && one.text("environment") == Some(ENVIRONMENT)
            })
            .ok_or_else(|| {
                Problem::new(format!("the platform's ready file has no credential for {PARTNER}"))
            })?;
        let mut fields = Vec::new();
        for (name, from) in [
            ("endpoint", &self.0),
            ("token_endpoint", &self.0),
            ("partner_id", credential),
            ("client_id", credential),
            ("client_secret", credential),
            ("environment", credential),
        ] {
            let value = from
                .text(name)
                .ok_or_else(|| Problem::new(format!("the platform's ready file has no {name}")))?;
            fields.push((name, value));
        }
        write_secret(path, &object_of_texts(&fields))
    }
}

/// Closed to others before the first byte is in it.
fn write_secret(path: &Path, text: &str) -> Outcome {
    let writing = format!("writing {}", path.display());
    let _ = fs::remove_file(path);
    let mut file = fs::File::create_new(path).map_err(Problem::while_doing(&writing))?;
    only_for_us(path)?;
    file.write_all(text.as_bytes()).map_err(Problem::while_doing(&writing))
}

#[cfg(test)]
mod tests {
    use super::*;

    const READY: &str = r#"{"endpoint":"http://127.0.0.1:1/graphql","token_endpoint":"http://127.0.0.1:1/oauth2/token",
        "fan_pages":["http://127.0.0.1:1/fan/008407119295"],
        "credentials":[
          {"environment":"production","partner_id":"club-shop","client_id":"p","client_secret":"ps"},
          {"environment":"development","partner_id":null,"client_id":"x","client_secret":"xs"},
          {"environment":"development","partner_id":"club-shop","client_id":"d","client_secret":"ds"}]}"#;

    #[test]
    fn the_shops_development_credential_becomes_the_pairing_file() {
        let ready = Ready(Json::parse(READY).unwrap());
        assert_eq!(ready.fan_pages(), ["http://127.0.0.1:1/fan/008407119295"]);
        let path = std::env::temp_dir().join(format!("xtask-pairing-{}", std::process::id()));
        ready.write_pairing(&path).unwrap();
        ready.write_pairing(&path).unwrap();
        let written = Json::parse(&fs::read_to_string(&path).unwrap()).unwrap();
        assert_eq!(written.text("client_id"), Some("d"));
        assert_eq!(written.text("client_secret"), Some("ds"));
        assert_eq!(written.text("endpoint"), Some("http://127.0.0.1:1/graphql"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_missing_credential_is_named() {
        let ready = Ready(Json::parse(r#"{"credentials":[]}"#).unwrap());
        let problem = ready.write_pairing(Path::new("/nowhere")).unwrap_err();
        assert!(problem.to_string().contains("club-shop"));
    }
}
