//! Rights and scopes of the Forest server.

use actix_web::App;
use forest_actions::Forest;
use forest_actions::records::SqlRecords;
use forest_actions::testing::TestForest;
use serde_json::json;

use super::club::{corrected, sqlite, writable};

#[actix_web::test]
async fn a_connected_agent_asks_for_the_rights_of_the_role() {
    let records = corrected(SqlRecords::sqlite(sqlite().await).await.unwrap());
    let builder = writable(Forest::builder().actions([]).records(records));
    let forest = TestForest::start(builder, |forest| App::new().configure(forest.routes()))
        .await
        .unwrap();
    let clerk = forest.user("Clerk");
    let role = forest.fake().role("Clerk").may_browse("teams").may_browse("members");
    let create = async || clerk.create("teams", json!({"name": "Wolves"})).await;
    assert_eq!(create().await.status(), 403);
    let role = role.may_write("teams");
    assert_eq!(create().await.status(), 200);
    assert_eq!(
        clerk.update("teams", 1, json!({"name": "Cats"})).await.json()["data"]["attributes"]["name"],
        "Cats"
    );
    assert_eq!(clerk.update("members", 1, json!({"name": "Anna"})).await.status(), 403);
    assert_eq!(clerk.link("teams", 3, "members", [1]).await.status(), 403);
    let role = role.may(forest_actions::testing::CollectionRight::Edit, "members");
    assert_eq!(clerk.link("teams", 3, "members", [1]).await.status(), 204);
    assert_eq!(clerk.unlink("teams", 3, "members", [1]).await.status(), 204);
    assert_eq!(clerk.set_link("members", 1, "team", Some(2)).await.status(), 204);
    assert_eq!(clerk.set_link("members", 1, "team", None::<i64>).await.status(), 204);
    assert_eq!(clerk.delete("members", [4]).await.status(), 403);
    role.may_write("members");
    assert_eq!(clerk.delete("members", [4, 9]).await.status(), 204);
}

#[actix_web::test]
async fn a_scope_of_the_forest_server_limits_what_is_written() {
    let records = corrected(SqlRecords::sqlite(sqlite().await).await.unwrap());
    let builder = writable(Forest::builder().actions([]).records(records));
    let forest = TestForest::start(builder, |forest| App::new().configure(forest.routes()))
        .await
        .unwrap();
    let admin = forest.admin();
    let scope = json!({"aggregator": "and", "conditions": [{"field": "region", "operator": "equal", "value": "UK"}]});
    forest.fake().rendering(1).scope("teams", scope);
    assert_eq!(admin.update("teams", 2, json!({"name": "x"})).await.status(), 404);
    assert_eq!(admin.update("teams", 1, json!({"region": "FR"})).await.status(), 403);
    // a scope of the collection that a record is linked to
    assert_eq!(admin.update("members", 1, json!({"team_id": 2})).await.status(), 404);
    assert_eq!(admin.set_link("members", 1, "team", Some(2)).await.status(), 404);
    assert_eq!(
        admin
            .create("members", json!({"name": "x", "team_id": 3}))
            .await
            .status(),
        200
    );
}
