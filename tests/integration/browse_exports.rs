//! CSV exports of any size, authenticated by session.

use std::sync::atomic::Ordering;

use crate::support::shop::{Large, agent, ask, records};
use crate::support::{Agent, Call, companies, query_string, token};

#[actix_web::test]
async fn an_export_is_a_csv_file() {
    let agent = agent().await;
    let app = agent.serve().await;
    let fields = "fields[transactions]=id,label,amount,is_paid,created_at,due_on,customer&fields[customer]=first_name";
    let header = query_string(&[("header", r#"["Id","The label","Amount","Paid","At","Due","Customer"]"#)]);
    let url = format!("/forest/transactions.csv?{fields}&{header}&filename=my%20sales&timezone=Europe/Paris");
    let answer = Call::read(&url).header("accept", "text/csv").send(&app).await;
    assert_eq!(
        answer.text(),
        "Id,The label,Amount,Paid,At,Due,Customer\n\
         1,Invoice 001,10,false,2024-05-16T00:30:00+02:00,2024-05-15,Alice\n\
         2,'=1+1,0,true,2024-05-16T00:30:00+02:00,2024-05-15,\n\
         3,\"Invoice, \"\"003\"\"\",30,false,2024-05-16T00:30:00+02:00,2024-05-15,Bob\n"
    );
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    assert_eq!(
        answer.header("content-disposition"),
        Some("attachment; filename=\"my sales.csv\"")
    );
    assert_eq!(answer.header("x-accel-buffering"), Some("no"));
    assert_eq!(answer.header("cache-control"), Some("no-cache, no-store"));
    assert!(
        answer
            .header("last-modified")
            .is_some_and(|moment| moment.ends_with(" GMT"))
    );
    assert_eq!(
        answer.header("access-control-expose-headers"),
        Some("Content-Disposition, X-Forest-Correlation-Id")
    );
    let hostile = ask(&app, "/forest/transactions.csv?filename=..%2F%0D%0AX-Evil:%201").await;
    assert_eq!(
        hostile.header("content-disposition"),
        Some("attachment; filename=\"..___X-Evil: 1.csv\"")
    );
    assert_eq!(hostile.header("x-evil"), None);
}

#[actix_web::test]
async fn an_export_has_a_byte_order_mark_where_the_program_asks_for_one() {
    let agent = Agent::with(|builder| {
        builder
            .actions(companies())
            .records(records())
            .csv_byte_order_mark(true)
    })
    .await;
    let app = agent.serve().await;
    let answer = ask(&app, "/forest/transactions.csv?fields[transactions]=id").await;
    assert_eq!(answer.text(), "\u{feff}id\n1\n2\n3\n");
}

#[actix_web::test]
async fn an_export_accepts_the_session_cookie() {
    let agent = agent().await;
    let app = agent.serve().await;
    let cookie = format!("other=1; forest_session_token={}", token());
    let link = Call::bare("GET", "/forest/transactions.csv?fields[transactions]=id").header("cookie", &cookie);
    assert_eq!(link.send(&app).await.text(), "id\n1\n2\n3\n");
    let foreign = link.header("origin", "https://evil.example");
    foreign.send(&app).await.detail(401);
}

#[actix_web::test]
async fn an_export_names_each_field_once() {
    let agent = agent().await;
    let app = agent.serve().await;
    for (fields, refused) in [
        ("fields[transactions]=label,id,label", Some("label")),
        ("fields[transactions]=id&fields[transactions]=id", Some("id")),
        (
            "fields[transactions]=customer,id,customer&fields[customer]=first_name",
            Some("customer"),
        ),
        ("fields[transactions]=nope,nope", Some("nope")),
        (
            "fields[transactions]=label,id&fields[customer]=first_name,first_name",
            None,
        ),
    ] {
        let answer = ask(&app, format!("/forest/transactions.csv?{fields}")).await;
        match refused {
            Some(name) => assert_eq!(
                answer.detail(400),
                format!("`fields[transactions]` names `{name}` twice"),
                "{fields}"
            ),
            None => assert_eq!(answer.status(), 200, "{fields}"),
        }
    }
    // a list shows each once
    let list = ask(&app, "/forest/transactions?fields[transactions]=label,label").await;
    assert_eq!(list.status(), 200);
}

#[actix_web::test]
async fn a_large_export_is_complete_and_read_in_batches() {
    let source = Large::new(12_345, None);
    let agent = source.agent().await;
    let app = agent.serve().await;
    let answer = ask(&app, "/forest/rows.csv?sort=-id").await;
    let lines: Vec<&str> = answer.text().lines().collect();
    assert_eq!(lines.len(), 12_346);
    assert_eq!(lines.last(), Some(&"12345"));
    assert_eq!(source.reads.load(Ordering::SeqCst), 13);
}
