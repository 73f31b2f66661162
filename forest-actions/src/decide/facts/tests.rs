use super::*;

const ENVIRONMENT: &str = r#"{"collections":{"orders":{
  "collection":{"browseEnabled":{"roles":[10,20]},"readEnabled":true,"editEnabled":{"roles":[20]},
                "addEnabled":{"roles":["20"]},"deleteEnabled":{"roles":[]},"exportEnabled":false},
  "actions":{"Refund order":{
    "triggerEnabled":{"roles":[20,10,20]},
    "triggerConditions":[{"roleId":10,"filter":{"field":"amount","operator":"less_than","value":1,"source":"data"}},
                         {"roleId":20,"filter":{"b":1}},
                         {"roleId":"10","filter":{"field":"amount","operator":"less_than","value":5000}}],
    "approvalRequired":{"roles":[10]},
    "approvalRequiredConditions":[],
    "userApprovalEnabled":{"roles":[30,20]},
    "userApprovalConditions":[{"roleId":20,"filter":{"b":1}},{"roleId":5,"filter":{"a":[1,{"c":null}]}}],
    "selfApprovalEnabled":{"roles":[30]}}}}}}"#;

fn environment(text: &str) -> EnvironmentPermissions {
    EnvironmentPermissions::from_json(text.as_bytes()).expect(text)
}

fn role(id: i64) -> Option<RoleId> {
    Some(RoleId(id))
}

#[test]
fn the_documented_environment_is_read() {
    let facts = environment(ENVIRONMENT);
    let orders = facts.collection("orders").expect("orders");
    assert!(orders.browse.allows(role(10)) && !orders.browse.allows(role(11)) && !orders.browse.allows(None));
    assert!(orders.read.allows(None) && !orders.export.allows(role(20)) && !orders.delete.allows(role(20)));
    assert!(orders.add.allows(role(20)));
    let refund = facts.action("orders", "Refund order").expect("action");
    assert!(refund.trigger.allows(role(10)) && refund.self_approval.allows(role(30)));
    assert_eq!(refund.user_approval.roles(), [RoleId(30), RoleId(20)]);
    assert_eq!(refund.trigger.roles(), [RoleId(20), RoleId(10)]);
}

#[test]
fn per_07_of_two_conditions_of_a_role_the_last_one_wins_in_the_first_ones_place() {
    let facts = environment(ENVIRONMENT);
    let refund = facts.action("orders", "Refund order").expect("action");
    let roles: Vec<_> = refund
        .trigger_conditions
        .iter()
        .map(|condition| condition.role.0)
        .collect();
    assert_eq!(roles, [10, 20]);
    let ten = refund.trigger_conditions.of(RoleId(10)).map(RawFilter::as_json);
    assert_eq!(ten, Some(r#"{"field":"amount","operator":"less_than","value":5000}"#));
    assert_eq!(refund.trigger_conditions.of(RoleId(30)), None);
    // equal conditions are kept once
    let (a, b) = (
        refund.trigger_conditions.of(RoleId(20)).expect("20"),
        refund.user_approval_conditions.of(RoleId(20)).expect("20"),
    );
    assert!(Arc::ptr_eq(&a.0, &b.0));
}

#[test]
fn per_08_true_is_a_development_environment_and_nothing_else_is() {
    assert!(environment("true").is_development());
    for text in [
        "false",
        "null",
        "\"true\"",
        "1",
        "[]",
        "{}",
        "",
        "<html>",
        "true true",
        r#"{"collections":[]}"#,
    ] {
        assert!(EnvironmentPermissions::from_json(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn per_02_what_is_missing_is_never_allowed() {
    let facts = environment(
        r#"{"collections":{"a":{},"b":{"collection":null,"actions":null},"c":{"actions":{"x":{},"y":
        {"triggerEnabled":null,"triggerConditions":null}}}}}"#,
    );
    for (collection, action) in [("a", "x"), ("b", "x"), ("nowhere", "x"), ("c", "X")] {
        assert_eq!(facts.action(collection, action), None);
    }
    for action in ["x", "y"] {
        let rights = facts.action("c", action).expect(action);
        assert_eq!(rights, &ActionRights::default());
        assert!(!rights.trigger.allows(role(1)) && !rights.trigger.allows(None));
    }
    assert!(!facts.collection("a").expect("a").browse.allows(role(1)));
}

#[test]
fn per_11_names_are_compared_exactly() {
    let facts = environment(ENVIRONMENT);
    assert!(facts.action("Orders", "Refund order").is_none() && facts.action("orders", "refund order").is_none());
}

#[test]
fn boolean_rights_ignore_their_conditions() {
    let facts = environment(
        r#"{"collections":{"a":{"actions":{"x":{"triggerEnabled":true,"triggerConditions":[{"roleId":1,"filter":{}}]}}}}}"#,
    );
    let rights = facts.action("a", "x").expect("x");
    assert!(rights.trigger.allows(None) && rights.trigger_conditions.iter().next().is_none());
}

#[test]
fn a_malformed_payload_is_an_error_that_names_the_place() {
    let at = |action: &str| {
        let text = format!(r#"{{"collections":{{"orders":{{"actions":{{"Refund order":{action}}}}}}}}}"#);
        EnvironmentPermissions::from_json(text.as_bytes())
            .expect_err(&text)
            .to_string()
    };
    for (action, place) in [
        (r#"{"triggerEnabled":{}}"#, "Refund order.triggerEnabled"),
        (r#"{"triggerEnabled":"yes"}"#, "Refund order.triggerEnabled"),
        (r#"{"triggerEnabled":[1]}"#, "Refund order.triggerEnabled"),
        (r#"{"triggerEnabled":{"roles":null}}"#, "triggerEnabled.roles"),
        (r#"{"triggerEnabled":{"roles":[1,"x"]}}"#, "triggerEnabled.roles[1]"),
        (r#"{"triggerEnabled":{"roles":[1.5]}}"#, "triggerEnabled.roles[0]"),
        (r#"{"triggerConditions":{}}"#, "Refund order.triggerConditions"),
        (r#"{"triggerConditions":[{"roleId":1}]}"#, "triggerConditions[0]"),
        (
            r#"{"triggerConditions":[{"roleId":1,"filter":null}]}"#,
            "triggerConditions[0].filter",
        ),
        (
            r#"{"triggerConditions":[{"roleId":1,"filter":[]}]}"#,
            "triggerConditions[0].filter",
        ),
        (r#"{"triggerConditions":[[1,{}]]}"#, "triggerConditions[0]"),
        (r#"[true]"#, "actions.Refund order"),
    ] {
        assert!(at(action).contains(place), "{action}: {}", at(action));
    }
}

#[test]
fn what_an_error_quotes_is_short_and_on_one_line() {
    let name = format!("a\\n\\u001b[31m{}", "x".repeat(5_000));
    let text = format!(r#"{{"collections":{{"{name}":3}}}}"#);
    let error = EnvironmentPermissions::from_json(text.as_bytes())
        .expect_err("malformed")
        .to_string();
    assert!(
        error.len() < 600 && !error.contains('\n') && !error.contains('\u{1b}'),
        "{error}"
    );
}

#[test]
fn aut_10_users_are_read_with_ids_and_tags_of_either_form() {
    let users = Users::from_json(
        br#"[{"id":172,"firstName":"Ada","lastName":"Lovelace","fullName":"Ada Lovelace","email":"ada@example.com",
              "permissionLevel":"user","tags":{"country":"Canada","limits":[1,2],"vip":true},"roleId":10},
             {"id":"8","tags":[{"key":"country","value":"UK"},{"key":"country","value":"FR"}],"roleId":"20"},
             {"id":9,"email":null,"roleId":null,"tags":null}]"#,
    )
    .expect("users");
    assert_eq!(users.0.len(), 3);
    let ada = users.get("172").expect("172");
    assert_eq!((&*ada.full_name, ada.role), ("Ada Lovelace", role(10)));
    assert_eq!(ada.tag("limits"), Some(&serde_json::json!([1, 2])));
    assert_eq!(ada.tags.len(), 3);
    assert_eq!(
        users.get("8").expect("8").tag("country"),
        Some(&serde_json::json!("FR"))
    );
    assert_eq!(users.get("9").expect("9").role, None);
    assert_eq!(users.get("10"), None);
    for text in [
        "{}",
        "[1]",
        "[{}]",
        r#"[{"id":null}]"#,
        r#"[{"id":1,"roleId":"admin"}]"#,
        r#"[{"id":1,"tags":3}]"#,
        "[[",
    ] {
        assert!(Users::from_json(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn the_documented_rendering_is_read() {
    let facts = RenderingFacts::from_json(
        br#"{"team":{"id":7,"name":"Operations"},
         "collections":{"orders":{"scope": {"aggregator":"and","conditions":[]},
                                  "segments":["SELECT id FROM orders WHERE late"],
                                  "liveQuerySegments":[{"connectionName":"main","query":"SELECT 1"},{"query":"SELECT 2"}]},
                        "customers":{"scope":null,"segments":[]},"bare":{}},
         "stats":[{"type":"Value"}]}"#,
    )
    .expect("rendering");
    assert_eq!(
        facts.team.as_ref().map(|team| (&*team.id, &*team.name)),
        Some(("7", "Operations"))
    );
    assert_eq!(
        facts
            .collection("orders")
            .and_then(|shown| shown.scope.as_ref())
            .map(RawFilter::as_json),
        Some(r#"{"aggregator":"and","conditions":[]}"#)
    );
    assert!(
        facts.collection("customers").is_none_or(|shown| shown.scope.is_none())
            && facts.collection("bare").is_some()
            && facts.collection("x").is_none()
    );
    let orders = facts.collection("orders").expect("orders");
    assert_eq!(orders.segments.len(), 1);
    assert_eq!(
        orders.live_query_segments.first().and_then(|s| s.connection.as_deref()),
        Some("main")
    );
    for text in [
        "true",
        "[]",
        "{}",
        r#"{"collections":{"a":{"scope":"x"}}}"#,
        r#"{"collections":{"a":{"scope":[]}}}"#,
        r#"{"collections":{"a":{"segments":[1]}}}"#,
        r#"{"collections":{"a":[]}}"#,
    ] {
        assert!(RenderingFacts::from_json(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn a_very_deep_condition_does_not_exhaust_the_stack() {
    let filter = format!("{}{}", r#"{"a":"#.repeat(100_000) + "1", "}".repeat(100_000));
    let text = format!(r#"{{"collections":{{"a":{{"scope":{filter}}}}}}}"#);
    // whether it is kept as text or refused, the reader survives
    let _ = RenderingFacts::from_json(text.as_bytes());
}

#[test]
fn a_thousand_actions_of_fifty_roles_share_their_sets() {
    let roles: Vec<String> = (1..=50).map(|id| id.to_string()).collect();
    let right = format!(r#"{{"roles":[{}]}}"#, roles.join(","));
    let actions: Vec<String> = (0..1_000)
        .map(|index| format!(r#""action {index}":{{"triggerEnabled":{right},"userApprovalEnabled":{right}}}"#))
        .collect();
    let facts = environment(&format!(
        r#"{{"collections":{{"a":{{"actions":{{{}}}}}}}}}"#,
        actions.join(",")
    ));
    let set = |name: &str| match &facts.action("a", name).expect("action").trigger {
        Right::Roles(roles) => Arc::clone(&roles.sorted),
        other => panic!("{other:?}"),
    };
    assert!(Arc::ptr_eq(&set("action 0"), &set("action 999")));
}
