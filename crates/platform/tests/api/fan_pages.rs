//! The example fans' pages: their codes are read and verified as a till would.

use crate::club::{Club, FAN, SHOP, item};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fanpass::{Code, PassKind, TrustedKeys, UnverifiedPass, judge_proof, parse};
use platform::EnvironmentName;
use reqwest::StatusCode;
use serde_json::{Value, json};

async fn codes(club: &Club, query: &str) -> Value {
    club.http
        .get(club.url(&format!("/fan/{FAN}/codes.json{query}")))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap()
}

fn pass(text: &str) -> UnverifiedPass {
    match parse(text).unwrap() {
        Code::Pass(pass) => pass,
        other => panic!("{other:?}"),
    }
}

async fn keys(club: &Club, environment: EnvironmentName, now: u32) -> (TrustedKeys, u32) {
    let query = "{ c: partner_app_config(partner_id: \"club-shop\")
        { result { project_number pass_root_key pass_key_list server_time } } }";
    let config = club.seat(environment, Some(SHOP)).await.data(query, json!({})).await["c"]["result"].take();
    let bytes = |name: &str| STANDARD.decode(config[name].as_str().unwrap()).unwrap();
    let root: [u8; 32] = bytes("pass_root_key").try_into().unwrap();
    let keys = TrustedKeys::from_signed(&bytes("pass_key_list"), &root, now).unwrap();
    (keys, u32::try_from(config["project_number"].as_u64().unwrap()).unwrap())
}

fn now() -> u32 {
    u32::try_from(jiff::Timestamp::now().as_second()).unwrap()
}

#[tokio::test]
async fn the_passes_of_the_page_are_verified_and_carry_the_balances() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    shop.give(FAN, "p-1", json!([item(25.0)])).await.done();
    let shown = codes(&club, "").await;
    let (keys, program) = keys(&club, EnvironmentName::Development, now()).await;
    for (name, kind) in [("card", PassKind::Card), ("live", PassKind::Live)] {
        let verified = pass(shown[name].as_str().unwrap()).verify(&keys, program, now()).unwrap();
        assert_eq!(verified.kind, kind);
        assert_eq!(verified.pseudonym.to_string(), shown["pseudonym"].as_str().unwrap());
        assert_eq!((verified.fan_points, verified.status_points), (3515, 1240));
    }
    let first = pass(shown["live"].as_str().unwrap()).verify(&keys, program, now()).unwrap().proof.unwrap();
    assert!(judge_proof(Some(first), first).is_err(), "the same showing twice is a replay");

    let (other_keys, _) = self::keys(&club, EnvironmentName::Production, now()).await;
    assert!(pass(shown["card"].as_str().unwrap()).verify(&other_keys, program, now()).is_err());
    let production = codes(&club, "?environment=production").await;
    assert!(pass(production["card"].as_str().unwrap()).verify(&other_keys, program, now()).is_ok());

    let id = FAN.parse().unwrap();
    assert_eq!(parse(shown["json_v1"].as_str().unwrap()).unwrap(), Code::JsonV1(id));
    assert_eq!(parse(shown["deep_link"].as_str().unwrap()).unwrap(), Code::DeepLink(id));
    assert_eq!(parse(shown["id"].as_str().unwrap()).unwrap(), Code::Id(id));
}

#[tokio::test]
async fn the_pictures_hold_the_codes() {
    let club = Club::open().await;
    let shown = codes(&club, "").await;
    for name in ["live", "card", "json_v1", "deep_link", "id"] {
        let url = club.url(&format!("/fan/{FAN}/qr/{name}.png"));
        let response = club.http.get(url).send().await.unwrap();
        assert_eq!(
            (response.status(), &response.headers()["content-type"]),
            (StatusCode::OK, &"image/png".parse().unwrap())
        );
        let picture = image::load_from_memory(&response.bytes().await.unwrap()).unwrap().to_luma8();
        let (width, height) = picture.dimensions();
        let mut image =
            rqrr::PreparedImage::prepare_from_greyscale(width as usize, height as usize, |x, y| {
                picture.get_pixel(u32::try_from(x).unwrap(), u32::try_from(y).unwrap()).0[0]
            });
        let (_, text) = image.detect_grids()[0].decode().unwrap();
        match name {
            // Passes are made anew: of the same fan, not the same text.
            "live" | "card" => {
                let expected = pass(shown[name].as_str().unwrap()).pseudonym();
                assert_eq!(pass(&text).pseudonym(), expected);
            }
            _ => assert_eq!(text, shown[name].as_str().unwrap()),
        }
        // Four modules of quiet zone, eight pixels each.
        assert!((0..32).all(|at| picture.get_pixel(at, at).0[0] == 255));
        assert_eq!((picture.get_pixel(32, 32).0[0], width % 8), (0, 0));
    }
}

#[tokio::test]
async fn the_page_stands_alone_and_only_example_fans_have_one() {
    let club = Club::open().await;
    let response = club.http.get(club.url(&format!("/fan/{FAN}"))).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"), "{policy}");
    let page = response.text().await.unwrap();
    for text in ["0084 0711 9295", "3,465", "CHF 34.65", "1,240", "FC Example Loyalty Program"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("{{") && !page.contains("@example.org"));

    let added =
        "mutation { add_user(project_id: \"fc-example\", user_id: \"m\", mail_address: \"m@example.org\")
        { result { user_id } } }";
    let added = club.program().await.data(added, json!({})).await;
    let other = added["add_user"]["result"]["user_id"].as_str().unwrap();
    for path in [
        format!("/fan/{other}"),
        format!("/fan/{other}/codes.json"),
        format!("/fan/{other}/qr/live.png"),
        format!("/fan/{FAN}/qr/other.png"),
        format!("/fan/{FAN}?environment=staging"),
        "/fan/008407119294".to_owned(),
        "/fan/member-0001".to_owned(),
    ] {
        let response = club.http.get(club.url(&path)).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
}
