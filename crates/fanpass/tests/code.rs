//! Each text is recognized as what it is, and refused by its own reason.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fanpass::{
    BadId, Code, CodeRefusal, FanPointsId, FanRef, GoodsCode, Malformed, Pseudonym, encode_deep_link,
    encode_discount, encode_json_v1, encode_product, encode_voucher, parse,
};

const ID: &str = "008407119295";

fn id() -> FanPointsId {
    ID.parse().unwrap()
}

#[test]
fn ids_are_written_as_twelve_digits() {
    assert_eq!(id().to_string(), ID);
    assert_eq!(id().grouped(), "0084 0711 9295");
    assert_eq!(id().number(), 8_407_119_295);
    assert_eq!(FanPointsId::from_first_eleven(840_711_929), Some(id()));
    assert_eq!(FanPointsId::from_first_eleven(100_000_000_000), None);
    assert_eq!(FanPointsId::new(8_407_119_295), Ok(id()));
    assert_eq!(FanPointsId::new(1_000_000_000_000), Err(BadId::WrongLength(13)));
    assert_eq!(serde_json::to_string(&id()).unwrap(), "\"008407119295\"");
    assert_eq!(serde_json::from_str::<FanPointsId>("\"0084 0711 9295\"").unwrap(), id());
    assert!(serde_json::from_str::<FanPointsId>("\"008407119296\"").is_err());
}

#[test]
fn every_mistyped_digit_is_caught() {
    for place in 0..12 {
        for digit in b'0'..=b'9' {
            let mut typed = ID.as_bytes().to_vec();
            if typed[place] == digit {
                continue;
            }
            typed[place] = digit;
            let typed = String::from_utf8(typed).unwrap();
            assert_eq!(typed.parse::<FanPointsId>(), Err(BadId::BadCheckDigit), "{typed}");
        }
    }
}

#[test]
fn what_is_tolerated_in_an_id() {
    for text in ["0084 0711 9295", "0084-0711-9295", " 008407119295 ", "0084\u{a0}0711\u{202f}9295"] {
        assert_eq!(text.parse::<FanPointsId>(), Ok(id()), "{text:?}");
    }
    for (text, error) in [
        ("", BadId::WrongLength(0)),
        ("00840711929", BadId::WrongLength(11)),
        ("0084071192950", BadId::WrongLength(13)),
        ("00840711929x", BadId::NotDigits),
        ("+08407119295", BadId::NotDigits),
        ("٠٠٨٤٠٧١١٩٢٩٥", BadId::NotDigits),
        ("999999999999999999999999999999999", BadId::WrongLength(33)),
    ] {
        assert_eq!(text.parse::<FanPointsId>(), Err(error), "{text}");
    }
}

#[test]
fn fans_have_one_text_each() {
    let fan = FanRef::Pseudonym(Pseudonym(0xab));
    assert_eq!(fan.to_string(), "p00000000000000ab");
    assert_eq!("p00000000000000ab".parse(), Ok(fan));
    assert_eq!(ID.parse(), Ok(FanRef::Id(id())));
    assert_eq!(serde_json::to_string(&fan).unwrap(), "\"p00000000000000ab\"");
    assert_eq!(serde_json::from_str::<FanRef>("\"008407119295\"").unwrap(), FanRef::Id(id()));
    for wrong in
        ["p00000000000000AB", "p+0000000000000ab", "pab", "p00000000000000abc", "P00000000000000ab", "x", ""]
    {
        assert!(wrong.parse::<FanRef>().is_err(), "{wrong}");
    }
}

#[test]
fn each_unsigned_code_is_read_back() {
    assert_eq!(encode_json_v1(id()), r#"{"version":1,"user_id":"008407119295"}"#);
    assert_eq!(parse(&encode_json_v1(id())), Ok(Code::JsonV1(id())));
    assert_eq!(encode_deep_link(id()), "https://fanpoints.app/distribute?user_id=008407119295");
    assert_eq!(parse(&encode_deep_link(id())), Ok(Code::DeepLink(id())));
    assert_eq!(parse(ID), Ok(Code::Id(id())));
}

#[test]
fn variants_that_are_ours() {
    for (text, code) in [
        (r#" { "user_id" : "0084 0711 9295", "version" : 1, "name" : "x" } "#, Code::JsonV1(id())),
        ("HTTPS://FANPOINTS.APP/DISTRIBUTE?USER_ID=008407119295", Code::DeepLink(id())),
        ("https://fanpoints.app/distribute/?a=b&user_id=008407119295#top", Code::DeepLink(id())),
        ("\u{feff}008407119295\r\n", Code::Id(id())),
        ("]C1008407119295", Code::Id(id())),
        ("]E00008407119295", Code::Id(id())),
        ("0008407119295", Code::Id(id())),
        (r#"]Q1{"version":1,"user_id":"008407119295"}"#, Code::JsonV1(id())),
    ] {
        assert_eq!(parse(text), Ok(code), "{text:?}");
    }
}

#[test]
fn what_a_fan_holds_beside_an_own_code_is_read_back() {
    let voucher = |id: &str| Code::Goods(GoodsCode::Voucher { voucher_id: id.into() });
    let discount = |code: &str| Code::Goods(GoodsCode::Discount { discount_code: code.into() });
    let product = |id: &str, nr| Code::Goods(GoodsCode::Product { group_id: id.into(), nr });
    let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    assert_eq!(encode_voucher(id), format!("https://fanpoints.app/voucher?voucher_id={id}"));
    assert_eq!(parse(&encode_voucher(id)), Ok(voucher(id)));
    for code in ["SPRING-10", "Frühling & 10 %", "a/b?c=d#e"] {
        assert_eq!(parse(&encode_discount(code)), Ok(discount(code)), "{code}");
        assert_eq!(parse(&encode_product(code, 7)), Ok(product(code, 7)), "{code}");
    }
    for (text, code) in [
        (id.to_uppercase(), voucher(id)),
        (format!(" {id}\r\n"), voucher(id)),
        (format!("HTTPS://FANPOINTS.APP/VOUCHER/?VOUCHER_ID={id}"), voucher(id)),
        ("https://fanpoints.app/product?group_id=g-1".into(), product("g-1", 1)),
        (r#"{"version":1,"voucher_id":"v"}"#.into(), voucher("v")),
        (r#"{"version":1,"discount_code":"SPRING"}"#.into(), discount("SPRING")),
        (r#"{"version":1,"group_id":"g-1","nr":2}"#.into(), product("g-1", 2)),
    ] {
        assert_eq!(parse(&text), Ok(code), "{text}");
    }
    let broken = Err(CodeRefusal::Malformed(Malformed::Goods));
    for text in [
        "https://fanpoints.app/voucher?voucher_id=",
        "https://fanpoints.app/voucher?x=y",
        "https://fanpoints.app/voucher?voucher_id=a&voucher_id=b",
        "https://fanpoints.app/discount?discount_code=%0A",
        "https://fanpoints.app/discount?discount_code=%F",
        "https://fanpoints.app/product?group_id=g&nr=-1",
        r#"{"version":1,"voucher_id":"a","group_id":"b"}"#,
    ] {
        assert_eq!(parse(text), broken, "{text}");
    }
    let newer = r#"{"version":2,"voucher_id":"a"}"#;
    assert_eq!(parse(newer), Err(CodeRefusal::Malformed(Malformed::Version)));
    for other in [r#"{"group_id":"of another program"}"#, "0f8fad5b-d9cb-469f-a165-70867728950", "SPRING"] {
        assert_eq!(parse(other), Err(CodeRefusal::NotOurs), "{other}");
    }
}

#[test]
fn what_is_not_ours_is_ignored() {
    for text in [
        "",
        " ",
        "https://example.com/distribute?user_id=008407119295",
        "http://fanpoints.app/distribute?user_id=008407119295",
        "https://fanpoints.app.example.com/distribute?user_id=008407119295",
        "https://fanpoints.app@example.com/distribute?user_id=008407119295",
        "https://fanpoints.app/distributed?user_id=008407119295",
        "https://fanpoints.app/",
        r#"{"wifi":"x"}"#,
        "WIFI:S:x;;",
        "FP2:ABC",
        "FP1",
        "fp1:ABC",
        "4006381333931",
        "12345678",
        "]",
        "]Q1",
    ] {
        assert_eq!(parse(text), Err(CodeRefusal::NotOurs), "{text:?}");
    }
}

#[test]
fn what_is_ours_but_broken_says_how() {
    let malformed = CodeRefusal::Malformed;
    for (text, refusal) in [
        ("FP1:", malformed(Malformed::Length)),
        (r#"{"version":2,"user_id":"008407119295"}"#, malformed(Malformed::Version)),
        (r#"{"user_id":"008407119295"}"#, malformed(Malformed::Version)),
        (r#"{"version":1,"user_id":null}"#, malformed(Malformed::UserId)),
        (r#"{"version":1,"user_id":"12"}"#, malformed(Malformed::UserId)),
        (r#"{"version":1,"user_id":"008407119296"}"#, CodeRefusal::BadCheckDigit),
        (r#"{"version":1,"user_id":"008407119295""#, malformed(Malformed::Json)),
        (r#"{"version":1,"user_id":8407119295}"#, malformed(Malformed::Json)),
        (r#"{"version":1,"user_id":"008407119295","user_id":"1"}"#, malformed(Malformed::Json)),
        ("https://fanpoints.app/distribute", malformed(Malformed::UserId)),
        ("https://fanpoints.app/distribute?user_id=", malformed(Malformed::UserId)),
        ("https://fanpoints.app/distribute?user_id=008407119296", CodeRefusal::BadCheckDigit),
        (
            "https://fanpoints.app/distribute?user_id=008407119295&user_id=008407119295",
            malformed(Malformed::UserId),
        ),
        ("008407119296", CodeRefusal::BadCheckDigit),
        ("0008407119296", CodeRefusal::BadCheckDigit),
    ] {
        assert_eq!(parse(text), Err(refusal), "{text:?}");
    }
}
