//! Each route, with and without the right, on records within the scope, out of it, and missing.

use serde_json::{Value, json};

use super::club::{clubs, linked, record, rows, selection, send, writable};

/// The record of a case.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Target {
    Inside,
    Outside,
    Missing,
}

struct Route {
    method: &'static str,
    /// By target, in the order of [`Target`].
    paths: [&'static str; 3],
    body: fn(Target) -> Value,
    /// The role that lacks the right.
    without: &'static str,
    /// A named record that is not there is left out, instead of refused.
    is_tolerant: bool,
}

fn pick<T>(target: Target, [inside, outside, missing]: [T; 3]) -> T {
    match target {
        Target::Inside => inside,
        Target::Outside => outside,
        Target::Missing => missing,
    }
}

fn name(_: Target) -> Value {
    record(json!({"name": "Changed"}))
}

const ROUTES: [Route; 15] = [
    Route {
        method: "POST",
        paths: ["members"; 3],
        body: |target| {
            let mut body = record(json!({"name": "New"}));
            body["data"]["relationships"] = json!({"team": {"data": {"id": pick(target, ["1", "2", "99"])}}});
            body
        },
        without: "No add",
        is_tolerant: false,
    },
    // the same by the foreign key
    Route {
        method: "POST",
        paths: ["members"; 3],
        body: |target| record(json!({"name": "New", "team_id": pick(target, [1, 2, 99])})),
        without: "No add",
        is_tolerant: false,
    },
    Route {
        method: "PUT",
        paths: ["members/3", "members/2", "members/99"],
        body: name,
        without: "No edit",
        is_tolerant: false,
    },
    Route {
        method: "PUT",
        paths: ["members/3"; 3],
        body: |target| record(json!({"team_id": pick(target, [3, 2, 99])})),
        without: "No edit",
        is_tolerant: false,
    },
    Route {
        method: "DELETE",
        paths: ["members/3", "members/2", "members/99"],
        body: |_| Value::Null,
        without: "No delete",
        is_tolerant: false,
    },
    Route {
        method: "DELETE",
        paths: ["members"; 3],
        body: |target| selection(&[pick(target, ["3", "2", "99"])]),
        without: "No delete",
        is_tolerant: true,
    },
    // a composite key
    Route {
        method: "PUT",
        paths: ["badges/1%7Cx", "badges/2%7Cx", "badges/1%7Cnone"],
        body: |_| record(json!({"label": "Changed"})),
        without: "No edit",
        is_tolerant: false,
    },
    Route {
        method: "DELETE",
        paths: ["badges"; 3],
        body: |target| selection(&[pick(target, ["1|x", "2|x", "1|none"])]),
        without: "No delete",
        is_tolerant: true,
    },
    // the linked record, and then the parent
    Route {
        method: "PUT",
        paths: ["members/3/relationships/team"; 3],
        body: |target| json!({"data": {"id": pick(target, ["3", "2", "99"])}}),
        without: "No edit",
        is_tolerant: false,
    },
    Route {
        method: "PUT",
        paths: [
            "members/3/relationships/team",
            "members/2/relationships/team",
            "members/99/relationships/team",
        ],
        body: |_| json!({"data": {"id": "3"}}),
        without: "No edit",
        is_tolerant: false,
    },
    Route {
        method: "POST",
        paths: ["teams/3/relationships/members"; 3],
        body: |target| linked(&[pick(target, ["3", "2", "99"])]),
        without: "No edit",
        is_tolerant: false,
    },
    Route {
        method: "POST",
        paths: [
            "teams/3/relationships/members",
            "teams/2/relationships/members",
            "teams/99/relationships/members",
        ],
        body: |_| linked(&["3"]),
        without: "No edit",
        is_tolerant: false,
    },
    Route {
        method: "POST",
        paths: ["members/3/relationships/skills"; 3],
        body: |target| linked(&[pick(target, ["2", "3", "99"])]),
        without: "No add",
        is_tolerant: false,
    },
    Route {
        method: "DELETE",
        paths: [
            "members/1/relationships/skills",
            "members/2/relationships/skills",
            "members/99/relationships/skills",
        ],
        body: |_| selection(&["1"]),
        without: "No delete",
        is_tolerant: false,
    },
    Route {
        method: "PUT",
        paths: [
            "members/3/relationships/details/0",
            "members/2/relationships/details/0",
            "members/99/relationships/details/0",
        ],
        body: |_| json!({"data": {"attributes": "x"}}),
        without: "No edit",
        is_tolerant: false,
    },
];

#[actix_web::test]
async fn each_route_needs_its_right_and_reaches_only_records_within_the_scope() {
    for (index, route) in ROUTES.iter().enumerate() {
        for target in [Target::Inside, Target::Outside, Target::Missing] {
            for club in clubs(writable).await {
                let app = club.agent.serve().await;
                let before = rows(&app).await;
                let path = pick(target, route.paths);
                let label = format!("{} route {index} {} {path} {target:?}", club.name(), route.method);
                let refused = send(&app, route.without, route.method, path, (route.body)(target)).await;
                let text = refused.detail(403);
                assert!(text.starts_with("You don't have permission to"), "{label}: {text}");
                assert_eq!(rows(&app).await, before, "{label}");
                let answer = send(&app, "Admin", route.method, path, (route.body)(target)).await;
                let after = rows(&app).await;
                match (target, route.is_tolerant) {
                    (Target::Inside, _) => {
                        assert!([200, 204].contains(&answer.status()), "{label}: {answer:?}");
                        assert_ne!(after, before, "{label}");
                    }
                    (_, true) => {
                        assert_eq!(answer.header("x-forest-deleted"), Some("0"), "{label}: {answer:?}");
                        assert_eq!(after, before, "{label}");
                    }
                    (_, false) => {
                        let text = answer.detail(404);
                        assert!(text.ends_with("does not exist."), "{label}: {text}");
                        assert_eq!(after, before, "{label}");
                    }
                }
            }
        }
    }
}

#[actix_web::test]
async fn a_change_may_not_take_a_record_out_of_the_scope() {
    let settings = |builder| writable(builder);
    for club in clubs(settings).await {
        let app = club.agent.serve().await;
        let before = rows(&app).await;
        for (method, path, body) in [
            ("PUT", "teams/1", record(json!({"region": "FR"}))),
            ("POST", "teams", record(json!({"name": "Wolves", "region": "FR"}))),
            ("POST", "members", record(json!({"name": "Nobody"}))),
            ("PUT", "profiles/2", record(json!({"bio": "spy"}))),
        ] {
            let refused = send(&app, "Admin", method, path, body).await;
            let text = "After this change you could no longer see the record.";
            assert_eq!(refused.detail(403), text, "{} {method} {path}", club.name());
            assert_eq!(refused.name(), "OutOfScopeError");
        }
        assert_eq!(rows(&app).await, before, "{}", club.name());
    }
    let settings = |builder: forest_actions::ForestBuilder| {
        builder.writable("teams", forest_actions::records::Writable::all().allow_out_of_scope())
    };
    for club in clubs(settings).await {
        let app = club.agent.serve().await;
        let moved = send(&app, "Admin", "PUT", "teams/1", record(json!({"region": "FR"}))).await;
        assert_eq!(moved.status(), 200, "{moved:?}");
    }
}
