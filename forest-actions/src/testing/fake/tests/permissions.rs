//! The facts that agents read, in their documented shapes.

use serde_json::json;

use super::super::{ActionRight, CollectionRight, FakeForest, FakeUser, IpRule, Right};
use super::client::{ENVIRONMENT, agent, facts, send};

#[actix_web::test]
async fn environment_has_the_documented_shape() {
    let small = json!({"field": "amount", "operator": "less_than", "value": 5000, "source": "data"});
    let fake = FakeForest::builder()
        .role("Support", |role| {
            role.may_browse("orders")
                .may_trigger_if("orders", "Refund order", small.clone())
                .requires_approval("orders", "Refund order")
        })
        .role("Manager", |role| {
            role.may(CollectionRight::Edit, "orders")
                .may_approve_if("orders", "Refund order", small.clone())
                .may_approve_own("orders", "Refund order")
        })
        .user(FakeUser::new(1, "a@example.com"))
        .start()
        .await
        .unwrap();
    assert_eq!((fake.role("Support").id(), fake.role("Manager").id()), (10, 20));
    let only = |role: u64| json!({"roles": [role]});
    assert_eq!(
        facts(&fake, ENVIRONMENT),
        json!({"collections": {"orders": {
            "collection": {
                "browseEnabled": only(10), "readEnabled": only(10), "exportEnabled": only(10),
                "editEnabled": only(20), "addEnabled": {"roles": []}, "deleteEnabled": {"roles": []},
            },
            "actions": {"Refund order": {
                "triggerEnabled": only(10),
                "triggerConditions": [{"roleId": 10, "filter": small}],
                "approvalRequired": only(10),
                "approvalRequiredConditions": [],
                "userApprovalEnabled": only(20),
                "userApprovalConditions": [{"roleId": 20, "filter": small}],
                "selfApprovalEnabled": only(20),
            }},
        }}})
    );
    fake.set_development(true);
    assert_eq!(facts(&fake, ENVIRONMENT), json!(true));
}

#[actix_web::test]
async fn rights_change_while_the_server_runs() {
    let fake = FakeForest::start().await.unwrap();
    let trigger = |fake: &FakeForest| {
        facts(fake, ENVIRONMENT)["collections"]["customers"]["actions"]["Charge"]["triggerEnabled"].clone()
    };
    let support = fake.grant("Support", "customers", "Charge").id();
    let admin = fake.role("Admin").id();
    assert_eq!(
        trigger(&fake),
        json!({"roles": [admin, support]}),
        "an admin may do everything"
    );
    fake.deny("Support", "customers", "Charge");
    assert_eq!(trigger(&fake), json!({"roles": [admin]}));
    for (right, expected) in [(Right::Nobody, json!(false)), (Right::Everybody, json!(true))] {
        fake.set_right(ActionRight::Trigger, "customers", "Charge", right);
        assert_eq!(trigger(&fake), expected);
    }
    // everybody but one is every other role
    fake.deny("Support", "customers", "Charge");
    assert_eq!(trigger(&fake), json!({"roles": [admin, fake.role("Operations").id()]}));
    fake.forget_action("customers", "Charge");
    assert!(trigger(&fake).is_null());
}

#[actix_web::test]
async fn users_are_listed_with_their_roles() {
    let fake = FakeForest::builder();
    let sam = FakeUser::new(7, "sam@example.com")
        .name("Sam", "Porter")
        .role("Support");
    let fake = fake.user(sam.tag("country", "Canada")).start().await.unwrap();
    let users = "/liana/v4/permissions/users";
    let listed = json!({
        "id": 7, "firstName": "Sam", "lastName": "Porter", "fullName": "Sam Porter", "email": "sam@example.com",
        "permissionLevel": "user", "tags": {"country": "Canada"}, "roleId": 10,
    });
    assert_eq!(facts(&fake, users), json!([listed]));
    fake.set_role(7, None).unwrap();
    assert!(facts(&fake, users)[0]["roleId"].is_null());
    assert!(fake.set_role(8, None).is_err());
    fake.add_user(FakeUser::new(8, "olga@example.com").role("Manager"));
    assert_eq!(facts(&fake, users)[1]["roleId"], 20);
    assert!(fake.remove_user(7) && !fake.remove_user(7));
    assert_eq!(facts(&fake, users).as_array().unwrap().len(), 1);
}

#[actix_web::test]
async fn renderings_have_a_default_and_a_description() {
    let fake = FakeForest::start().await.unwrap();
    let rendering = "/liana/v4/permissions/renderings/42";
    let default = json!({"team": {"id": 1, "name": "Operations"}, "collections": {}, "stats": []});
    assert_eq!(facts(&fake, rendering), default);
    let scope = json!({"field": "country", "operator": "equal", "value": "{{currentUser.tags.country}}"});
    fake.rendering(42)
        .team(7, "Support")
        .scope("orders", scope.clone())
        .segment("orders", "SELECT 1")
        .live_query_segment("orders", "main", "SELECT 2");
    assert_eq!(
        facts(&fake, rendering),
        json!({"team": {"id": 7, "name": "Support"}, "stats": [], "collections": {"orders": {
            "scope": scope, "segments": ["SELECT 1"],
            "liveQuerySegments": [{"connectionName": "main", "query": "SELECT 2"}],
        }}})
    );
    fake.rendering(42).no_scope("orders");
    assert!(facts(&fake, rendering)["collections"]["orders"]["scope"].is_null());
    assert_eq!(
        agent(&fake, "GET", "/liana/v4/permissions/renderings/x", "").status,
        404
    );
}

#[actix_web::test]
async fn ip_rules_are_sent_unchanged() {
    let fake = FakeForest::start().await.unwrap();
    let rules = "/liana/v1/ip-whitelist-rules";
    let off = json!({"use_ip_whitelist": false, "rules": []});
    assert_eq!(facts(&fake, rules)["data"]["attributes"], off);
    fake.set_ip_rules([
        IpRule::Address("90.88.0.1".to_owned()),
        IpRule::Range("10.0.0.0".to_owned(), "10.0.0.9".to_owned()),
        IpRule::CamelCaseRange("::1".to_owned(), "::2".to_owned()),
        IpRule::Subnet("192.168.0.0/16".to_owned()),
        IpRule::Raw(json!({"type": 9})),
    ]);
    assert_eq!(
        facts(&fake, rules)["data"]["attributes"],
        json!({"use_ip_whitelist": true, "rules": [
            {"type": 0, "ip": "90.88.0.1"},
            {"type": 1, "ip_minimum": "10.0.0.0", "ip_maximum": "10.0.0.9"},
            {"type": 1, "ipMinimum": "::1", "ipMaximum": "::2"},
            {"type": 2, "range": "192.168.0.0/16"},
            {"type": 9},
        ]})
    );
    fake.switch_ip_rules_off();
    assert_eq!(facts(&fake, rules)["data"]["attributes"]["use_ip_whitelist"], false);
}

#[actix_web::test]
async fn unknown_environment_and_route_are_not_found() {
    let fake = FakeForest::start().await.unwrap();
    let unknown = json!({"errors": [{"status": 404, "name": "NotFoundError", "detail": "environment not found"}]});
    for (method, path) in [
        ("GET", ENVIRONMENT),
        ("GET", "/liana/v4/permissions/users"),
        ("GET", "/liana/v4/permissions/renderings/1"),
        ("GET", "/liana/v2/renderings/1/authorization"),
        ("GET", "/liana/v1/ip-whitelist-rules"),
        ("GET", "/liana/v4/subscribe-to-events"),
        ("POST", "/forest/apimaps/hashcheck"),
        ("POST", "/forest/apimaps"),
    ] {
        for headers in [&[] as &[(&str, &str)], &[("forest-secret-key", "wrong")]] {
            let reply = send(&fake, method, path, headers, "{}");
            assert_eq!((reply.status, reply.json()), (404, unknown.clone()), "{path}");
        }
    }
    for (method, path) in [
        ("POST", ENVIRONMENT),
        ("GET", "//liana/v4/permissions/users"),
        ("GET", "/x"),
    ] {
        let detail = format!("no mock for {method} {path}");
        let reply = agent(&fake, method, path, "");
        assert_eq!(
            (reply.status, reply.json()),
            (404, json!({"errors": [{"detail": detail}]}))
        );
    }
}
