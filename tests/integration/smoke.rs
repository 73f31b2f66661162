use actix_web::{App, test, web};
use forest_actions::prelude::*;
use forest_actions::{Forest, LocalUser};

#[smart_action(collection = "companies", name = "Mark as Live", kind = "single")]
async fn mark_as_live(id: RecordId<i64>, greeting: web::Data<String>) -> ActionResult {
    Ok(success(format!("{} {}", **greeting, *id)))
}

#[actix_web::test]
async fn smoke() {
    let dir = tempfile::tempdir().unwrap();
    let forest = Forest::builder()
        .schema_path(dir.path().join("s.json"))
        .local_user(LocalUser::new(1, "a@b.c"))
        .start()
        .await
        .unwrap();
    let token = forest.local_token(1).unwrap();
    let app = test::init_service(
        App::new()
            .app_data(web::Data::new("hi".to_owned()))
            .configure(forest.routes()),
    )
    .await;
    let req = test::TestRequest::post()
        .uri("/forest/actions/mark-as-live?timezone=Europe/Paris")
        .insert_header(("authorization", format!("Bearer {token}")))
        .insert_header(("origin", "https://app.forestadmin.com"))
        .insert_header(("content-type", "application/json"))
        .set_payload(r#"{"data":{"attributes":{"collection_name":"companies","ids":["7"],"values":{}}}}"#)
        .to_request();
    let res = test::call_service(&app, req).await;
    println!("{:?}", res);
    println!("{:?}", test::read_body(res).await);
    println!("{}", std::fs::read_to_string(dir.path().join("s.json")).unwrap());
}
