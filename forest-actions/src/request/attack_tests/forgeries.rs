//! Forged, tampered and cut texts, tried on both kinds.

use super::*;

/// What is tried on both kinds.
pub(super) fn of(kind: Kind) -> Vec<(&'static str, String)> {
    let payload = kind.payload().to_string();
    let secret = kind.secret();
    let good = valid(kind, &payload);
    let [header, body, signature] = <[&str; 3]>::try_from(good.split('.').collect::<Vec<_>>()).unwrap();
    let hs256 = |header: &str, secret: &str| signed(header, &payload, secret, Algorithm::HS256);
    let unsigned = |header: &str| format!("{}.{body}.", encoded(header));
    let proper = |payload: &str| valid(kind, payload);
    let mut flipped = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
    flipped[31] ^= 0x80;
    let others = kind.with(json!({"id": "1", "sub": "1"})).to_string();
    // the last character of 43 carries four bits; the two below them must be zero
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let last = alphabet
        .iter()
        .position(|byte| byte == signature.as_bytes().last().unwrap())
        .unwrap();
    let loose = format!("{}{}", &signature[..42], char::from(alphabet[last + 1]));
    let mut table = vec![
        // keys
        ("signed with another secret", hs256(HEADER, "another secret")),
        (
            "signed with the secret of the other kind",
            hs256(HEADER, kind.other().secret()),
        ),
        ("signed with an empty secret", hs256(HEADER, "")),
        (
            "signed with the secret in capitals",
            hs256(HEADER, &secret.to_uppercase()),
        ),
        ("signed with the start of the secret", hs256(HEADER, &secret[..16])),
        (
            "signed with the secret and a newline",
            hs256(HEADER, &format!("{secret}\n")),
        ),
        // algorithms
        ("alg none without a signature", unsigned(r#"{"alg":"none"}"#)),
        ("alg None without a signature", unsigned(r#"{"alg":"None"}"#)),
        ("alg NONE without a signature", unsigned(r#"{"alg":"NONE"}"#)),
        ("alg nOnE without a signature", unsigned(r#"{"alg":"nOnE"}"#)),
        (
            "alg none with the good signature",
            format!("{}.{body}.{signature}", encoded(r#"{"alg":"none"}"#)),
        ),
        (
            "alg none, properly signed",
            hs256(r#"{"alg":"none","typ":"JWT"}"#, secret),
        ),
        (
            "alg HS384, properly signed",
            signed(r#"{"alg":"HS384"}"#, &payload, secret, Algorithm::HS384),
        ),
        (
            "alg HS512, properly signed",
            signed(r#"{"alg":"HS512"}"#, &payload, secret, Algorithm::HS512),
        ),
        (
            "alg HS256 over a signature of HS512",
            signed(HEADER, &payload, secret, Algorithm::HS512),
        ),
        (
            "alg HS512 over a signature of HS256",
            hs256(r#"{"alg":"HS512"}"#, secret),
        ),
        ("alg hs256 in lower case", hs256(r#"{"alg":"hs256"}"#, secret)),
        ("alg with a blank", hs256(r#"{"alg":"HS256 "}"#, secret)),
        ("alg RS256 over an HMAC", hs256(r#"{"alg":"RS256"}"#, secret)),
        ("alg PS256 over an HMAC", hs256(r#"{"alg":"PS256"}"#, secret)),
        ("alg ES256 over an HMAC", hs256(r#"{"alg":"ES256"}"#, secret)),
        ("alg EdDSA over an HMAC", hs256(r#"{"alg":"EdDSA"}"#, secret)),
        ("alg as a list", hs256(r#"{"alg":["HS256"]}"#, secret)),
        ("alg null", hs256(r#"{"alg":null}"#, secret)),
        ("alg as a number", hs256(r#"{"alg":256}"#, secret)),
        ("no alg", hs256(r#"{"typ":"JWT"}"#, secret)),
        ("alg twice", hs256(r#"{"alg":"none","alg":"HS256"}"#, secret)),
        ("ALG in capitals", hs256(r#"{"ALG":"HS256"}"#, secret)),
        // headers
        ("a header that is a list", hs256(r#"["JWT","HS256"]"#, secret)),
        ("a header that is a text", hs256(r#""HS256""#, secret)),
        ("a header that is no JSON", hs256("HS256", secret)),
        (
            "a header with text behind it",
            hs256(&format!("{HEADER}{HEADER}"), secret),
        ),
        ("an empty header", format!(".{body}.{signature}")),
        ("a header that is not encoded", format!("{HEADER}.{body}.{signature}")),
        (
            "a key of the attacker in the header",
            hs256(
                &json!({"alg": "HS256", "jwk": {"kty": "oct", "k": encoded("the attacker's")}}).to_string(),
                "the attacker's",
            ),
        ),
        (
            "an address of keys in the header",
            hs256(r#"{"alg":"HS256","jku":"https://attacker.example/keys"}"#, "x"),
        ),
        (
            "a certificate in the header",
            hs256(r#"{"alg":"HS256","x5c":["AAAA"]}"#, "x"),
        ),
        (
            "a key id that leads to an empty file",
            hs256(r#"{"alg":"HS256","kid":"../../dev/null"}"#, ""),
        ),
        (
            "another header than the signed one",
            format!("{}.{body}.{signature}", encoded(r#"{"alg":"HS256"}"#)),
        ),
        // signatures
        (
            "another payload than the signed one",
            format!("{header}.{}.{signature}", encoded(&others)),
        ),
        ("the signature of another payload", {
            let other = proper(&others);
            format!("{header}.{body}.{}", other.rsplit('.').next().unwrap())
        }),
        (
            "one bit of the signature flipped",
            format!("{header}.{body}.{}", encoded(&flipped)),
        ),
        (
            "the signature cut by a character",
            format!("{header}.{body}.{}", &signature[..42]),
        ),
        (
            "the signature cut to its start",
            format!("{header}.{body}.{}", &signature[..4]),
        ),
        (
            "the signature with stray bits at its end",
            format!("{header}.{body}.{loose}"),
        ),
        ("the signature twice", format!("{header}.{body}.{signature}{signature}")),
        ("no signature", format!("{header}.{body}.")),
        (
            "the payload cut by a character",
            format!("{header}.{}.{signature}", &body[..body.len() - 1]),
        ),
        // shape
        ("cut at the first dot", header.to_owned()),
        ("cut behind the first dot", format!("{header}.")),
        ("cut at the second dot", format!("{header}.{body}")),
        ("without the header", format!("{body}.{signature}")),
        ("a dot in front", format!(".{good}")),
        ("a dot behind", format!("{good}.")),
        ("two dots for one", format!("{header}..{body}.{signature}")),
        ("a fourth part", format!("{good}.{signature}")),
        (
            "five parts, as an encrypted one has",
            format!("{good}.{body}.{signature}"),
        ),
        ("nothing but dots", "..".to_owned()),
        ("many dots", ".".repeat(100_000)),
        ("nothing", String::new()),
        ("the payload itself", payload.clone()),
        ("padding behind the header", format!("{header}=.{body}.{signature}")),
        ("padding behind the payload", format!("{header}.{body}=.{signature}")),
        ("padding behind the signature", format!("{good}=")),
        ("a blank in front", format!(" {good}")),
        ("a blank behind", format!("{good} ")),
        ("a newline behind", format!("{good}\n")),
        ("a newline inside", format!("{header}.{body}\n.{signature}")),
        ("a NUL behind", format!("{good}\0")),
        ("dots that are encoded", good.replace('.', "%2E")),
        ("letters beyond ASCII", format!("{header}.é{body}.{signature}")),
        ("a byte order mark in front", format!("\u{feff}{good}")),
        // payloads, properly signed
        (
            "a payload that is no UTF-8",
            signed(HEADER, b"{\"id\":\"\xff\"}", secret, Algorithm::HS256),
        ),
        ("a payload that is no JSON", proper("id=172")),
        ("an empty payload", proper("")),
        ("a payload that is a list", proper(&format!("[{payload}]"))),
        ("a payload that is a text", proper("\"172\"")),
        ("a payload that is null", proper("null")),
        (
            "a payload with another behind it",
            proper(&format!("{payload}{payload}")),
        ),
        ("a payload of endless lists", proper(&"[".repeat(100_000))),
        ("a payload of endless objects", proper(&"{\"data\":".repeat(100_000))),
        ("expired", proper(&kind.with(json!({"exp": NOW - 1})).to_string())),
        ("expiring now", proper(&kind.with(json!({"exp": NOW})).to_string())),
        (
            "expired by a fraction of a second",
            proper(&kind.with(json!({"exp": NOW as f64 - 0.5})).to_string()),
        ),
        (
            "an expiry in milliseconds before the epoch",
            proper(&kind.with(json!({"exp": -1})).to_string()),
        ),
        (
            "an expiry that is a text",
            proper(&kind.with(json!({"exp": "1900000000"})).to_string()),
        ),
        (
            "an expiry that is null",
            proper(&kind.with(json!({"exp": null})).to_string()),
        ),
        (
            "an expiry that is true",
            proper(&kind.with(json!({"exp": true})).to_string()),
        ),
        (
            "an expiry beyond numbers",
            proper(&payload.replace(&(NOW + 3600).to_string(), "1e400")),
        ),
        (
            "an expiry given twice",
            proper(&payload.replacen('{', &format!("{{\"exp\":{},", NOW - 1), 1)),
        ),
        ("not valid yet", proper(&kind.with(json!({"nbf": NOW + 1})).to_string())),
        (
            "a beginning that is a text",
            proper(&kind.with(json!({"nbf": "0"})).to_string()),
        ),
        // the other kind
        (
            "one of the other kind, as it is",
            valid(kind.other(), kind.other().payload()),
        ),
        (
            "the content of the other kind under this secret",
            proper(&kind.other().payload().to_string()),
        ),
    ];
    // nothing can be huge, whether its signature holds or not
    let padding = "x".repeat(2 * LIMIT);
    table.push((
        "a huge header",
        format!(
            "{}.{body}.{signature}",
            encoded(format!(r#"{{"alg":"HS256","x":"{padding}"}}"#))
        ),
    ));
    table.push(("a huge signature", format!("{good}{padding}")));
    table
}
