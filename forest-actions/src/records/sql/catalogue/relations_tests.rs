use super::relations::relations_of;
use super::testing::table;
use super::{ForeignKey, Table};
use crate::records::relation::RelationModel;

/// `name kind target local=target [through] ~inverse`, one line for each relation of each table.
fn relations(tables: &[Table]) -> Vec<(String, Vec<String>)> {
    let mut omissions = Vec::new();
    let relations = relations_of(tables, &mut omissions);
    assert_eq!(omissions, []);
    tables
        .iter()
        .zip(relations)
        .map(|(table, relations)| (table.name.clone(), relations.iter().map(line).collect()))
        .collect()
}

fn line(relation: &RelationModel) -> String {
    let through = relation.through.as_ref().map_or_else(String::new, |through| {
        format!(" [{} {} {}]", through.collection, through.local_key, through.target_key)
    });
    let pairs: Vec<String> = relation
        .pairs()
        .map(|(local, target)| format!("{local}={target}"))
        .collect();
    format!(
        "{} {} {} {}{through} ~{}",
        relation.name,
        relation.kind.name(),
        relation.target,
        pairs.join(","),
        relation.inverse_of.as_deref().unwrap_or("-")
    )
}

fn assert_relations(tables: &[Table], expected: &[(&str, &[&str])]) {
    let all = relations(tables);
    for (table, lines) in expected {
        assert_eq!(of(&all, table), *lines);
    }
}

fn of<'a>(relations: &'a [(String, Vec<String>)], table: &str) -> Vec<&'a str> {
    let (_, lines) = relations.iter().find(|(name, _)| name == table).unwrap();
    lines.iter().map(String::as_str).collect()
}

#[test]
fn a_foreign_key_makes_a_relation_on_both_sides() {
    assert_relations(
        &[
            table("customers", &["id"]),
            table("orders", &["id", "customer_id"]).refers("customer_id", "customers"),
        ],
        &[
            ("orders", &["customer BelongsTo customers customer_id=id ~orders"]),
            ("customers", &["orders HasMany orders id=customer_id ~customer"]),
        ],
    );
}

/// Adds a foreign key of several columns, each with that of the other table.
fn refers(mut table: Table, target: &str, columns: &[(&str, &str)]) -> Table {
    table.foreign_keys.push(ForeignKey {
        columns: columns.iter().map(|(column, _)| (*column).to_owned()).collect(),
        target: target.to_owned(),
        target_columns: columns.iter().map(|(_, other)| (*other).to_owned()).collect(),
        ..ForeignKey::default()
    });
    table
}

#[test]
fn a_foreign_key_of_several_columns_makes_a_relation_on_both_sides() {
    let columns = [("loan_number", "number"), ("loan_branch", "branch")];
    let payments = table("payments", &["id", "loan_branch", "loan_number"]);
    // the key of the second table is its foreign key, and it has no common part of a name
    let details = table("details", &["branch", "number"]).keyed(&["branch", "number"]);
    assert_relations(
        &[
            table("loans", &["branch", "number"]).keyed(&["branch", "number"]),
            refers(payments, "loans", &columns),
            refers(details, "loans", &[("branch", "branch"), ("number", "number")]),
        ],
        &[
            (
                "payments",
                &["loan BelongsTo loans loan_number=number,loan_branch=branch ~payments"],
            ),
            ("details", &["loan BelongsTo loans branch=branch,number=number ~detail"]),
            (
                "loans",
                &[
                    "payments HasMany payments number=loan_number,branch=loan_branch ~loan",
                    "detail HasOne details branch=branch,number=number ~loan",
                ],
            ),
        ],
    );
}

#[test]
fn a_foreign_key_of_several_columns_needs_a_unique_target_with_a_key() {
    let orders = || table("orders", &["id", "a", "b"]);
    for (customers, reason) in [
        (
            table("customers", &["id", "a", "b"]),
            "several records may have the same value there",
        ),
        (
            table("customers", &["a", "b"]).unique(&["b", "a"]),
            "it has several columns, and that table has no key",
        ),
    ] {
        let mut customers = customers;
        customers
            .columns
            .iter_mut()
            .for_each(|column| column.is_nullable = true);
        let orders = refers(orders(), "customers", &[("a", "a"), ("b", "b")]);
        let mut omissions = Vec::new();
        let relations = relations_of(&[customers, orders], &mut omissions);
        assert!(relations.iter().all(Vec::is_empty));
        let expected = format!("Skipping the foreign key orders(a, b) to customers ({reason})");
        assert_eq!(
            omissions.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [expected]
        );
    }
}

#[test]
fn a_unique_foreign_key_makes_to_one_relations_on_both_sides() {
    assert_relations(
        &[
            table("users", &["id"]),
            table("profiles", &["id", "userId"])
                .refers("userId", "users")
                .unique(&["userId"]),
            table("passports", &["id"]).refers("id", "users"),
        ],
        &[
            ("profiles", &["user BelongsTo users userId=id ~profile"]),
            ("passports", &["user BelongsTo users id=id ~passport"]),
            (
                "users",
                &[
                    "profile HasOne profiles id=userId ~user",
                    "passport HasOne passports id=id ~user",
                ],
            ),
        ],
    );
}

#[test]
fn clashing_foreign_keys_to_one_table_take_long_names() {
    assert_relations(
        &[
            table("accounts", &["id"]),
            table("transfers", &["id", "from_id", "to_id"])
                .refers("from_id", "accounts")
                .refers("to_id", "accounts"),
        ],
        &[
            (
                "transfers",
                &[
                    "from BelongsTo accounts from_id=id ~transfers_through_accounts_from_id",
                    "to BelongsTo accounts to_id=id ~transfers_through_accounts_to_id",
                ],
            ),
            (
                "accounts",
                &[
                    "transfers_through_accounts_from_id HasMany transfers id=from_id ~from",
                    "transfers_through_accounts_to_id HasMany transfers id=to_id ~to",
                ],
            ),
        ],
    );
}

#[test]
fn a_join_table_makes_many_to_many_and_no_relation_to_itself() {
    assert_relations(
        &[
            table("posts", &["id"]),
            table("tags", &["id"]),
            table("posts_tags", &["note", "post_id", "tag_id"])
                .keyed(&["post_id", "tag_id"])
                .refers("post_id", "posts")
                .refers("tag_id", "tags"),
        ],
        &[
            (
                "posts",
                &["tags BelongsToMany tags id=id [posts_tags post_id tag_id] ~posts"],
            ),
            (
                "tags",
                &["posts BelongsToMany posts id=id [posts_tags tag_id post_id] ~tags"],
            ),
            (
                "posts_tags",
                &["post BelongsTo posts post_id=id ~-", "tag BelongsTo tags tag_id=id ~-"],
            ),
        ],
    );
    // an id of its own makes it a table like any other
    assert_relations(
        &[
            table("posts", &["id"]),
            table("tags", &["id"]),
            table("posts_tags", &["id", "post_id", "tag_id"])
                .refers("post_id", "posts")
                .refers("tag_id", "tags"),
        ],
        &[("posts", &["posts_tags HasMany posts_tags id=post_id ~post"])],
    );
}

#[test]
fn a_table_may_refer_to_itself_directly_and_through_a_join_table() {
    assert_relations(
        &[
            table("employees", &["id", "manager_id"]).refers("manager_id", "employees"),
            table("users", &["id"]),
            table("friendships", &["user_id", "friend_id"])
                .keyed(&["user_id", "friend_id"])
                .refers("user_id", "users")
                .refers("friend_id", "users"),
            table("nodes", &["id"]),
            table("edges", &["a", "b"])
                .keyed(&["a", "b"])
                .refers("a", "nodes")
                .refers("b", "nodes"),
        ],
        &[
            (
                "employees",
                &[
                    "manager BelongsTo employees manager_id=id ~employees_through_employees_manager_id",
                    "employees_through_employees_manager_id HasMany employees id=manager_id ~manager",
                ],
            ),
            (
                "users",
                &[
                    "friends BelongsToMany users id=id [friendships user_id friend_id] ~users_through_friendships",
                    "users_through_friendships BelongsToMany users id=id [friendships friend_id user_id] ~friends",
                ],
            ),
            (
                "nodes",
                &[
                    "nodes_through_edges_b BelongsToMany nodes id=id [edges a b] ~nodes_through_edges_a",
                    "nodes_through_edges_a BelongsToMany nodes id=id [edges b a] ~nodes_through_edges_b",
                ],
            ),
            (
                "edges",
                &[
                    "node_through_a BelongsTo nodes a=id ~-",
                    "node_through_b BelongsTo nodes b=id ~-",
                ],
            ),
        ],
    );
}

#[test]
fn the_name_of_a_column_is_not_used_for_a_relation() {
    assert_relations(
        &[
            table("owners", &["id", "pets"]),
            table("pets", &["id", "owner", "owner_id", "owner_through_owner_id"]).refers("owner_id", "owners"),
        ],
        &[
            (
                "pets",
                &["owner_through_owner_id_2 BelongsTo owners owner_id=id ~pets_through_owners_owner_id"],
            ),
            (
                "owners",
                &["pets_through_owners_owner_id HasMany pets id=owner_id ~owner_through_owner_id_2"],
            ),
        ],
    );
}

#[test]
fn relations_of_the_dataset_are_named() {
    let all = relations(&[
        table("companies", &["id"]),
        table("customers", &["id", "company_id"]).refers("company_id", "companies"),
        table("transactions", &["id", "customer_id", "emitter_id", "beneficiary_id"])
            .refers("customer_id", "customers")
            .refers("emitter_id", "companies")
            .refers("beneficiary_id", "companies"),
        table("assignments", &["customer_id", "company_id"])
            .keyed(&["customer_id", "company_id"])
            .refers("customer_id", "customers")
            .refers("company_id", "companies"),
    ]);
    let names = |table: &str| -> Vec<String> {
        of(&all, table)
            .iter()
            .map(|line| line.split(' ').next().unwrap().to_owned())
            .collect()
    };
    assert_eq!(
        names("companies"),
        [
            "customers_through_companies_company_id",
            "transactions_through_companies_emitter_id",
            "transactions_through_companies_beneficiary_id",
            "customers_through_assignments"
        ]
    );
    assert_eq!(names("customers"), ["company", "transactions", "companies"]);
    assert_eq!(names("transactions"), ["customer", "emitter", "beneficiary"]);
}

#[test]
fn foreign_keys_without_a_relation_are_reported() {
    let mut orders = table("orders", &["id", "a", "b", "c"])
        .refers("a", "gone")
        .refers("b", "customers");
    orders.foreign_keys.push(ForeignKey {
        columns: vec!["a".into(), "b".into()],
        target: "customers".into(),
        target_columns: vec!["x".into(), "y".into()],
        ..ForeignKey::default()
    });
    orders.foreign_keys.push(ForeignKey {
        columns: vec!["c".into()],
        target: "customers".into(),
        target_schema: Some("other".into()),
        target_columns: vec!["id".into()],
        cascades: false,
    });
    let again = orders.foreign_keys[1].clone();
    orders.foreign_keys.push(again);
    orders.columns[3].column_type = None;
    orders = orders.refers("c", "customers");
    let mut omissions = Vec::new();
    let relations = relations_of(&[table("customers", &["id"]), orders], &mut omissions);
    assert_eq!(relations[1].len(), 1);
    let omissions: Vec<String> = omissions.iter().map(ToString::to_string).collect();
    assert_eq!(
        omissions,
        [
            "Skipping the foreign key orders(a) to gone (that table is not read)",
            "Skipping the foreign key orders(a, b) to customers (a column of it is not read)",
            "Skipping the foreign key orders(c) to customers (it leads to another schema)",
            "Skipping the foreign key orders(c) to customers (a column of it is not read)",
        ]
    );
}
