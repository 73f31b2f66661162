use std::sync::Arc;

use super::permissions::{Unreadable, read_environment, read_rendering, read_users};
use super::*;
use crate::decide::facts::{
    ActionRights, CollectionRights, EnvironmentPermissions, RawFilter, RenderedCollection, Right, RoleId,
};

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
    super::environment(text.as_bytes()).expect(text)
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
fn per_07_the_last_condition_of_a_role_replaces_the_first_in_its_place() {
    let facts = environment(ENVIRONMENT);
    let refund = facts.action("orders", "Refund order").expect("action");
    let roles: Vec<_> = refund.trigger_conditions.iter().map(|(role, _)| role.0).collect();
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
fn per_08_only_true_is_a_development_environment() {
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
        assert!(super::environment(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn per_02_missing_rights_deny() {
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

/// The facts, and the number and the description of the unreadable parts.
fn with_problems<T>(read: Result<(T, Unreadable), Malformed>) -> (T, usize, String) {
    let (facts, unreadable) = read.expect("facts");
    (facts, unreadable.count, unreadable.to_string())
}

#[test]
fn per_02_a_malformed_part_denies_its_rights_and_is_logged() {
    let at = |action: &str| {
        let text = format!(
            r#"{{"collections":{{"orders":{{"actions":{{"Refund order":{action},"other":{{"triggerEnabled":true}}}}}}}}}}"#
        );
        let (facts, count, problems) = with_problems(read_environment(text.as_bytes()));
        assert!(facts.action("orders", "other").expect("other").trigger.allows(None));
        let refund = facts.action("orders", "Refund order").expect("action");
        let refused = refund.trigger == Right::Nobody && refund.user_approval == Right::Nobody;
        let unreadable = refund.trigger_conditions.of(RoleId(1)).map(RawFilter::as_json);
        assert!(refused || matches!(unreadable, Some("null" | "[]" | "")), "{action}");
        assert_eq!(count, 1, "{problems}");
        problems
    };
    for (action, place) in [
        (r#"{"triggerEnabled":{}}"#, "Refund order.triggerEnabled"),
        (r#"{"triggerEnabled":"yes"}"#, "Refund order.triggerEnabled"),
        (r#"{"triggerEnabled":[1]}"#, "Refund order.triggerEnabled"),
        (r#"{"triggerEnabled":{"roles":null}}"#, "triggerEnabled.roles"),
        (r#"{"triggerEnabled":{"roles":[1,"x"]}}"#, "triggerEnabled.roles[1]"),
        (r#"{"triggerEnabled":{"roles":[1.5]}}"#, "triggerEnabled.roles[0]"),
        (r#"{"triggerConditions":{}}"#, "Refund order.triggerConditions"),
        (
            r#"{"triggerEnabled":{"roles":[1]},"triggerConditions":[{"roleId":1}]}"#,
            "triggerConditions[0].filter",
        ),
        (
            r#"{"triggerEnabled":{"roles":[1]},"triggerConditions":[{"roleId":1,"filter":null}]}"#,
            "triggerConditions[0].filter",
        ),
        (
            r#"{"triggerEnabled":{"roles":[1]},"triggerConditions":[{"roleId":1,"filter":[]}]}"#,
            "triggerConditions[0].filter",
        ),
        (
            r#"{"triggerEnabled":{"roles":[1]},"triggerConditions":[{"roleId":1,"filter":""}]}"#,
            "triggerConditions[0].filter",
        ),
        (
            r#"{"triggerEnabled":true,"triggerConditions":[{"filter":{}}]}"#,
            "triggerConditions[0]",
        ),
        (r#"{"triggerEnabled":true,"approvalRequired":7}"#, "approvalRequired"),
        ("null", "actions.Refund order"),
        (r#"{"triggerConditions":[[1,{}]]}"#, "triggerConditions[0]"),
        (r#"[true]"#, "actions.Refund order"),
    ] {
        assert!(at(action).contains(place), "{action}: {}", at(action));
    }
    let (facts, count, problems) = with_problems(read_environment(
            br#"{"collections":{"weird":null,"list":[],"odd":{"collection":{"browseEnabled":{"roles":null},"readEnabled":true},"actions":[]}}}"#,
    ));
    assert_eq!(facts.collection("weird"), Some(&CollectionRights::default()));
    assert_eq!(facts.collection("list"), Some(&CollectionRights::default()));
    let odd = facts.collection("odd").expect("odd");
    assert!(!odd.browse.allows(role(1)) && odd.read.allows(None) && odd.actions.is_empty());
    assert_eq!(count, 4);
    for place in [
        "collections.weird",
        "collections.list",
        "browseEnabled.roles",
        "odd.actions",
    ] {
        assert!(problems.contains(place), "{place}: {problems}");
    }
}

#[test]
fn quotes_in_errors_are_short_and_on_one_line() {
    let name = format!("a\\n\\u001b[31m{}", "x".repeat(5_000));
    let parts: Vec<String> = (0..50).map(|index| format!(r#""{name}{index}":3"#)).collect();
    let text = format!(r#"{{"collections":{{{}}}}}"#, parts.join(","));
    let (_, count, problems) = with_problems(read_environment(text.as_bytes()));
    assert_eq!(count, 50);
    assert!(
        problems.len() < 3_000 && !problems.contains('\n') && !problems.contains('\u{1b}'),
        "{problems}"
    );
}

#[test]
fn aut_10_users_are_read_with_ids_and_tags_of_either_form() {
    let known = users(
        br#"[{"id":172,"firstName":"Ada","lastName":"Lovelace","fullName":"Ada Lovelace","email":"ada@example.com",
              "permissionLevel":"user","tags":{"country":"Canada","limits":[1,2],"vip":true},"roleId":10},
             {"id":"8","tags":[{"key":"country","value":"UK"},{"key":"country","value":"FR"}],"roleId":"20"},
             {"id":9,"email":null,"roleId":null,"tags":null}]"#,
    )
    .expect("users");
    assert_eq!(known.iter().len(), 3);
    let ada = known.get("172").expect("172");
    assert_eq!((&*ada.full_name, ada.role), ("Ada Lovelace", role(10)));
    assert_eq!(ada.tags.get("limits"), Some(&serde_json::json!([1, 2])));
    assert_eq!(ada.tags.get("vip"), Some(&serde_json::json!(true)));
    assert_eq!(
        known.get("8").expect("8").tags.get("country"),
        Some(&serde_json::json!("FR"))
    );
    assert_eq!(known.get("9").expect("9").role, None);
    assert_eq!(known.get("10"), None);
    for text in ["{}", "true", "[["] {
        assert!(users(text.as_bytes()).is_err(), "{text}");
    }
    for (user, place) in [
        ("1", "[0]"),
        ("{}", "[0]"),
        (r#"{"id":null}"#, "[0].id"),
        (r#"{"id":1,"roleId":"admin"}"#, "[0].roleId"),
        (r#"{"id":1,"tags":3}"#, "[0].tags"),
    ] {
        let text = format!(r#"[{user},{{"id":2,"roleId":7}}]"#);
        let (users, _, problems) = with_problems(read_users(text.as_bytes()));
        assert_eq!(users.iter().len(), 1, "{user}");
        assert_eq!(users.get("2").expect("2").role, role(7));
        assert!(problems.contains(place), "{user}: {problems}");
    }
}

#[test]
fn the_documented_rendering_is_read() {
    let facts = rendering(
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
    assert_eq!(facts.charts.len(), 1);
    assert_eq!(
        orders.live_query_segments.first().and_then(|s| s.connection.as_deref()),
        Some("main")
    );
    for text in ["true", "[]", "{}", r#"{"collections":[]}"#] {
        assert!(rendering(text.as_bytes()).is_err(), "{text}");
    }
}

#[test]
fn an_unreadable_chart_is_no_chart() {
    for (stats, expected) in [
        ("null", 0),
        ("7", 0),
        ("{}", 0),
        (r#"[{"type":"Value"},7,null,[],{"type":"Pie"}]"#, 2),
        (r#"[{"type":"Value","id":1},{"type":"Value","id":2}]"#, 1),
    ] {
        let text = format!(r#"{{"collections":{{}},"stats":{stats}}}"#);
        let facts = rendering(text.as_bytes()).expect(stats);
        assert_eq!(facts.charts.len(), expected, "{stats}");
    }
}

fn shown(collection: &str) -> (RenderedCollection, String) {
    let text = format!(r#"{{"team":null,"collections":{{"a":{collection}}}}}"#);
    let (facts, _, problems) = with_problems(read_rendering(text.as_bytes()));
    (facts.collection("a").expect("a").clone(), problems)
}

#[test]
fn per_15_a_scope_is_an_object_or_a_text_that_holds_one() {
    for (scope, text) in [
        (r#"{"field":"a"}"#, r#"{"field":"a"}"#),
        (r#""{\"field\":\"é\"}""#, r#"{"field":"é"}"#),
        (r#"" {}""#, " {}"),
    ] {
        let (shown, problems) = shown(&format!(r#"{{"scope":{scope}}}"#));
        assert_eq!(shown.scope.as_ref().map(RawFilter::as_json), Some(text));
        assert_eq!(problems, "");
    }
    for scope in [
        r#""""#,
        r#""x""#,
        r#""null""#,
        r#""{""#,
        r#""{} {}""#,
        "[]",
        "3",
        "false",
        r#""[]""#,
    ] {
        let (shown, problems) = shown(&format!(r#"{{"scope":{scope}}}"#));
        let kept = shown.scope.expect(scope);
        let parsed = crate::records::Filter::parse_text(kept.as_json());
        assert!(!matches!(parsed, Ok(Some(_))), "{scope}");
        assert!(problems.contains("collections.a.scope"), "{scope}: {problems}");
    }
}

#[test]
fn per_02_a_malformed_collection_hides_its_records_and_grants_no_query() {
    for collection in ["null", "[]", "7", r#""x""#] {
        let (shown, problems) = shown(collection);
        assert_eq!(shown.scope, Some(RawFilter::unreadable()), "{collection}");
        assert!(problems.contains("collections.a"), "{problems}");
    }
    let (shown, problems) = shown(
        r#"{"scope":null,"segments":[{"q":1},"SELECT 1"],"liveQuerySegments":[{"query":null},{"query":"SELECT 2"},[]]}"#,
    );
    assert_eq!((shown.scope, &*shown.segments), (None, &["SELECT 1".into()][..]));
    assert_eq!(shown.live_query_segments.len(), 1);
    for place in ["segments[0]", "liveQuerySegments[0].query", "liveQuerySegments[2]"] {
        assert!(problems.contains(place), "{place}: {problems}");
    }
    let (shown, _) = self::shown(r#"{"segments":{},"liveQuerySegments":3}"#);
    assert!(shown.scope.is_none() && shown.segments.is_empty() && shown.live_query_segments.is_empty());
}

#[test]
fn an_empty_team_is_no_team() {
    for (team, unreadable) in [
        ("{}", 0),
        (r#"{"id":null}"#, 0),
        ("null", 0),
        (r#"{"name":"a"}"#, 1),
        ("3", 1),
    ] {
        let text = format!(r#"{{"team":{team},"collections":{{}}}}"#);
        let (facts, count, problems) = with_problems(read_rendering(text.as_bytes()));
        assert_eq!((facts.team, count), (None, unreadable), "{team}: {problems}");
    }
}

#[test]
fn a_very_deep_condition_does_not_exhaust_the_stack() {
    let filter = format!("{}{}", r#"{"a":"#.repeat(100_000) + "1", "}".repeat(100_000));
    let text = format!(r#"{{"collections":{{"a":{{"scope":{filter}}}}}}}"#);
    // kept as text or refused; only the reader must survive
    let _ = rendering(text.as_bytes());
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
        Right::Roles(roles) => Arc::clone(roles),
        other => panic!("{other:?}"),
    };
    assert!(Arc::ptr_eq(&set("action 0"), &set("action 999")));
}
