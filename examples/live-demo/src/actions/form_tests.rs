//! Runs the forms like a browser: open, change a field, submit.

use serde_json::{Map, Value, json};

use super::tests::Demo;

/// A field of an open form.
fn field<'a>(form: &'a Value, name: &str) -> &'a Value {
    let fields = form.get("fields").and_then(Value::as_array).unwrap();
    let found = fields.iter().find(|field| field.get("field") == Some(&json!(name)));
    found.unwrap_or_else(|| panic!("no field `{name}` in {form}"))
}

fn property<'a>(form: &'a Value, name: &str, property: &str) -> &'a Value {
    field(form, name).get(property).unwrap_or(&Value::Null)
}

fn value<'a>(form: &'a Value, name: &str) -> &'a Value {
    property(form, name, "value")
}

/// The fields as the browser sends them after the user has entered something.
fn entered(form: &Value, name: &str, value: Value) -> Value {
    let mut fields = form.get("fields").cloned().unwrap();
    for field in fields.as_array_mut().unwrap() {
        if field.get("field") == Some(&json!(name)) {
            let field = field.as_object_mut().unwrap();
            let previous = field.insert("value".to_owned(), value.clone());
            field.insert("previousValue".to_owned(), previous.unwrap_or_default());
        }
    }
    fields
}

/// The submitted values.
fn values(form: &Value) -> Value {
    let fields = form.get("fields").and_then(Value::as_array).unwrap();
    let values: Map<String, Value> = fields
        .iter()
        .map(|field| {
            let name = field.get("field").and_then(Value::as_str).unwrap();
            (name.to_owned(), field.get("value").cloned().unwrap_or_default())
        })
        .collect();
    Value::Object(values)
}

const SEND: (&str, &str) = ("customers", "send-invoice");

#[actix_web::test]
async fn send_invoice_opens_prefilled_on_two_pages() {
    let demo = Demo::new().await;
    let (status, form) = demo.load(1, SEND.0, SEND.1, 3).await;
    assert_eq!(status, 200, "{form}");
    let (firstname, email, city): (String, String, String) = sqlx::query_as(
        "SELECT firstname, customers.email, headquarters FROM customers \
         JOIN companies ON companies.id = company_id WHERE customers.id = 3",
    )
    .fetch_one(demo.db.pool())
    .await
    .unwrap();
    assert_eq!(value(&form, "firstname"), &json!(firstname));
    assert_eq!(value(&form, "email"), &json!(email));
    assert_eq!(value(&form, "city"), &json!(city));
    let countries = property(&form, "country", "enums").as_array().unwrap();
    assert!(countries.len() > 5 && countries.contains(value(&form, "country")));
    assert_eq!(property(&form, "country", "type"), "Enum");
    let pages = form.get("layout").and_then(Value::as_array).unwrap();
    assert_eq!(pages.len(), 2);
    assert_eq!(
        form.pointer("/layout/0/elements/1"),
        Some(&json!({ "type": "Layout", "component": "row", "fields": [
            { "type": "Layout", "component": "input", "fieldId": "firstname" },
            { "type": "Layout", "component": "input", "fieldId": "lastname" },
        ] }))
    );
    assert_eq!(
        form.pointer("/layout/0/nextButtonLabel"),
        Some(&json!("Go to the address"))
    );
    assert_eq!(
        form.pointer("/layout/1/previousButtonLabel"),
        Some(&json!("Back to the customer"))
    );
}

#[actix_web::test]
async fn city_and_zip_code_update_each_other_before_submission() {
    let demo = Demo::new().await;
    let (_, form) = demo.load(1, SEND.0, SEND.1, 3).await;

    let (status, form) = demo
        .change(SEND.0, SEND.1, 3, "city", &entered(&form, "city", json!("geneva")))
        .await;
    assert_eq!(status, 200, "{form}");
    assert_eq!(value(&form, "zip code"), "1201");
    assert_eq!(value(&form, "country"), "Switzerland");

    let fields = entered(&form, "zip code", json!("ls1 4dy"));
    let (status, form) = demo.change(SEND.0, SEND.1, 3, "zip code", &fields).await;
    assert_eq!(status, 200, "{form}");
    assert_eq!(value(&form, "city"), "Leeds");
    assert_eq!(value(&form, "country"), "United Kingdom");
    let pages = form.get("layout").and_then(Value::as_array).unwrap();
    assert_eq!(pages.len(), 2, "each answer arranges the form");

    let (status, answer) = demo.json(SEND.0, SEND.1, 3, values(&form)).await;
    assert_eq!(status, 200, "{answer}");
    let text = |name: &str| value(&form, name).as_str().unwrap();
    let sent = format!(
        "Invoice sent to {}: {} {}, ls1 4dy Leeds, United Kingdom.",
        text("email"),
        text("firstname"),
        text("lastname")
    );
    assert_eq!(answer.get("success"), Some(&json!(sent)));
    let written = "SELECT count(*) FROM customers WHERE id = 3 AND invoice_sent_at IS NOT NULL";
    assert_eq!(demo.count(written).await, 1);
}

#[actix_web::test]
async fn an_unknown_city_changes_no_other_field() {
    let demo = Demo::new().await;
    let (_, form) = demo.load(1, SEND.0, SEND.1, 3).await;
    for entry in [json!("Atlantis"), json!(""), Value::Null] {
        let fields = entered(&form, "city", entry.clone());
        let (status, changed) = demo.change(SEND.0, SEND.1, 3, "city", &fields).await;
        assert_eq!(status, 200, "{entry}");
        assert_eq!(value(&changed, "city"), &entry);
        assert_eq!(value(&changed, "zip code"), value(&form, "zip code"));
    }
}

#[actix_web::test]
async fn frm_01_form_values_are_not_shared_between_users() {
    let demo = Demo::new().await;
    let (_, before) = demo.load(1, SEND.0, SEND.1, 3).await;
    let fields = entered(&before, "city", json!("Lyon"));
    demo.change(SEND.0, SEND.1, 3, "city", &fields).await;
    demo.load(3, SEND.0, SEND.1, 4).await;
    let (_, after) = demo.load(1, SEND.0, SEND.1, 3).await;
    assert_eq!(before, after);
}

#[actix_web::test]
async fn names_are_escaped_in_the_html_of_a_form() {
    let demo = Demo::new().await;
    let (_, form) = demo.load(1, SEND.0, SEND.1, 3).await;
    let mut fields = entered(&form, "firstname", json!("<script>"));
    fields = entered(&json!({ "fields": fields }), "city", json!("Lyon"));
    let (_, form) = demo.change(SEND.0, SEND.1, 3, "city", &fields).await;
    let block = form.pointer("/layout/0/elements/0/content").and_then(Value::as_str);
    assert!(
        block.is_some_and(|block| block.starts_with("<h3>Invoice for &lt;script&gt; ")),
        "{block:?}"
    );
}

#[actix_web::test]
async fn all_form_problems_are_reported_at_once() {
    let demo = Demo::new().await;
    let values = json!({ "firstname": "Léa", "lastname": "", "email": "nobody", "country": "France", "city": "Lyon" });
    let (status, answer) = demo.json(SEND.0, SEND.1, 3, values).await;
    assert_eq!(status, 400);
    let told = answer.get("error").and_then(Value::as_str).unwrap();
    for problem in [
        "“lastname”: a value is required",
        "“email”: expected a text that matches",
        "“zip code”: a value",
    ] {
        assert!(told.contains(problem), "{told}");
    }
    assert_eq!(
        demo.count("SELECT count(*) FROM customers WHERE id = 3 AND invoice_sent_at IS NOT NULL")
            .await,
        0
    );
}

#[actix_web::test]
async fn the_card_form_shows_the_card_owner() {
    let demo = Demo::new().await;
    let (status, form) = demo.load(1, "customers", "charge-credit-card", 3).await;
    assert_eq!(status, 200, "{form}");
    let stripe_id: String = sqlx::query_scalar("SELECT stripe_id FROM customers WHERE id = 3")
        .fetch_one(demo.db.pool())
        .await
        .unwrap();
    assert_eq!(value(&form, "stripe_id"), &json!(stripe_id));
    assert_eq!(property(&form, "stripe_id", "isReadOnly"), true);
    assert_eq!(property(&form, "amount", "isRequired"), true);
    assert_eq!(form.pointer("/fields/0/widgetEdit/name"), Some(&json!("price editor")));
    assert_eq!(
        form.pointer("/fields/0/widgetEdit/parameters/currency"),
        Some(&json!("USD"))
    );

    // a field without a hook: the form comes back as it was sent
    let fields = entered(&form, "amount", json!(42));
    let (status, form) = demo
        .change("customers", "charge-credit-card", 3, "amount", &fields)
        .await;
    assert_eq!((status, form.get("fields")), (200, Some(&fields)));

    let fields = entered(&form, "description", json!("Late fee"));
    let (status, answer) = demo
        .json(
            "customers",
            "charge-credit-card",
            3,
            values(&json!({ "fields": fields })),
        )
        .await;
    assert_eq!(status, 200, "{answer}");
    let mut values = values(&json!({ "fields": fields }));
    values["stripe_id"] = json!("cus_of_somebody_else");
    let (status, answer) = demo.json("customers", "charge-credit-card", 3, values).await;
    assert_eq!(status, 409, "{answer}");
}

#[actix_web::test]
async fn a_form_requires_permission_and_existing_records() {
    let demo = Demo::new().await;
    assert_eq!(demo.load(2, "customers", "charge-credit-card", 3).await.0, 403);
    assert_eq!(demo.load(2, "customers", "send-invoice", 3).await.0, 200);
    for slug in ["charge-credit-card", "send-invoice"] {
        assert_eq!(demo.load(1, "customers", slug, 9999).await.0, 404, "{slug}");
    }
}

#[actix_web::test]
async fn the_documents_are_four_required_files() {
    let demo = Demo::new().await;
    let (status, form) = demo.load(1, "companies", "upload-legal-docs", 2).await;
    assert_eq!(status, 200, "{form}");
    let fields = form.get("fields").and_then(Value::as_array).unwrap();
    assert_eq!(fields.len(), 4);
    for field in fields {
        assert_eq!(field.get("type"), Some(&json!("File")));
        assert_eq!(field.get("isRequired"), Some(&json!(true)));
        assert_eq!(field.pointer("/widgetEdit/parameters/filesSizeLimit"), Some(&json!(5)));
    }
}

#[actix_web::test]
async fn a_document_of_wrong_type_or_size_or_empty_is_rejected() {
    let demo = Demo::new().await;
    let pdf = "data:application/pdf;name=a.pdf;base64,JVBERg==";
    let large = format!("data:image/png;name=b.png;base64,{}", "A".repeat(7_000_000));
    for (uri, problem) in [
        (
            "data:text/html;name=a.html;base64,aGk=",
            "is of type text/html, expected application/pdf",
        ),
        (large.as_str(), "\"b.png\" has 5.3 MB, at most 5 MB are allowed"),
        ("data:application/pdf;name=a.pdf;base64,", "the file is empty"),
        ("data:application/pdf;name=a.pdf;base64,***", "the file is empty"),
        ("a.pdf", "data uri"),
    ] {
        let values = json!({
            "Certificate of Incorporation": pdf,
            "Proof of address": uri,
            "Company bank statement": pdf,
            "Valid proof of ID": pdf,
        });
        let (status, answer) = demo.json("companies", "upload-legal-docs", 2, values).await;
        assert_eq!(status, 400, "{problem}");
        let told = answer.get("error").and_then(Value::as_str).unwrap();
        assert!(
            told.starts_with("“Proof of address”: ") && told.contains(problem),
            "{told}"
        );
    }
    let stored = "SELECT count(*) FROM documents WHERE uploaded_by <> 'seed'";
    assert_eq!(demo.count(stored).await, 0);
}

#[actix_web::test]
async fn a_transaction_is_entered_field_by_field() {
    let demo = Demo::new().await;
    let (status, form) = demo.load(1, "companies", "add-new-transaction", 4).await;
    assert_eq!(status, 200, "{form}");
    assert_eq!(property(&form, "Beneficiary company", "reference"), "companies.id");
    let mut form = form;
    for (name, entry) in [("Beneficiary company", json!("3")), ("Amount", json!(12.5))] {
        let fields = entered(&form, name, entry);
        let (status, changed) = demo.change("companies", "add-new-transaction", 4, name, &fields).await;
        assert_eq!(status, 200, "{changed}");
        form = changed;
    }
    let (status, answer) = demo.json("companies", "add-new-transaction", 4, values(&form)).await;
    assert_eq!(status, 200, "{answer}");
    let written = "SELECT count(*) FROM transactions WHERE emitter_company_id = 4 AND beneficiary_company_id = 3 \
                   AND amount_cents = 1250 AND note = 'Added in the back office'";
    assert_eq!(demo.count(written).await, 1);
}

const PLAN: (&str, &str) = ("customers", "plan-a-delivery");

#[actix_web::test]
async fn plan_a_delivery_has_every_kind_of_field() {
    let demo = Demo::new().await;
    let (status, form) = demo.load(1, PLAN.0, PLAN.1, 3).await;
    assert_eq!(status, 200, "{form}");
    let fields = form.get("fields").and_then(Value::as_array).unwrap();
    let distinct = |pointer: &str| {
        let values = fields.iter().filter_map(|field| field.pointer(pointer));
        values.map(Value::to_string).collect::<std::collections::BTreeSet<_>>()
    };
    let types = [
        r#""Boolean""#,
        r#""Date""#,
        r#""Dateonly""#,
        r#""Enum""#,
        r#""Json""#,
        r#""Number""#,
        r#""String""#,
        r#""Time""#,
        r#"["Date"]"#,
        r#"["Enum"]"#,
        r#"["File"]"#,
        r#"["Number"]"#,
        r#"["String"]"#,
    ];
    assert!(distinct("/type").iter().eq(types), "{:?}", distinct("/type"));
    // one for each field, but that the day and the moment have the same
    assert_eq!(
        distinct("/widgetEdit/name").len(),
        16,
        "{:?}",
        distinct("/widgetEdit/name")
    );
}

#[actix_web::test]
async fn the_city_of_a_delivery_is_searched_while_typing() {
    let demo = Demo::new().await;
    let (_, form) = demo.load(1, PLAN.0, PLAN.1, 3).await;
    for (typed, expected) in [("GE", json!(["Bergen", "Geneva"])), ("xyz", json!([]))] {
        let mut fields = form.get("fields").cloned().unwrap();
        fields[0]["searchValue"] = json!(typed);
        let (status, answer) = demo.search(PLAN.0, PLAN.1, 3, "city", &fields).await;
        assert_eq!(status, 200, "{answer}");
        let options = answer
            .pointer("/fields/0/widgetEdit/parameters/static/options")
            .unwrap();
        let found: Value = options
            .as_array()
            .unwrap()
            .iter()
            .map(|option| option["value"].clone())
            .collect();
        assert_eq!(found, expected, "{typed}");
    }
}

#[actix_web::test]
async fn a_delivery_is_summed_up_or_refused() {
    let demo = Demo::new().await;
    let values = json!({ "city": "lyon", "day": "2031-05-15", "speed": "Express", "parcels": 2, "insured for": 500,
        "weights in kg": [1.5, 2], "handling": ["Cold", "Heavy"], "customs declaration": { "goods": "<tea>" },
        "try again": ["2031-05-16T08:00:00Z"] });
    let (status, answer) = demo.json(PLAN.0, PLAN.1, 3, values.clone()).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["success"], "Express ×2 to Lyon, France, on 2031-05-15.");
    let html = answer["html"].as_str().unwrap();
    for part in ["Cold, Heavy", "3.5 kg", "$500", "&lt;tea&gt;", "2031-05-16T08:00:00"] {
        assert!(html.contains(part), "{part}: {html}");
    }
    for (field, value, problem) in [
        ("city", json!("Atlantis"), "No deliveries go to Atlantis."),
        ("weights in kg", json!([1]), "the weight of each parcel"),
        ("handling", json!(["Hot"]), "“handling”"),
        ("day", json!("soon"), "“day”"),
        ("label color", json!("red"), "“label color”"),
    ] {
        let mut values = values.clone();
        values[field] = value;
        let (status, answer) = demo.json(PLAN.0, PLAN.1, 3, values).await;
        assert_eq!(status, 400, "{answer}");
        assert!(answer["error"].as_str().unwrap().contains(problem), "{answer}");
    }
    let (status, _) = demo.json(PLAN.0, PLAN.1, 9999, values).await;
    assert_eq!(status, 404);
}
