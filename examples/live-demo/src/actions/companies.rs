//! The actions of companies: one answer of almost every kind.

use forest_actions::prelude::*;
use forest_actions::schema::FieldType;
use forest_actions::{ActionForm, FormField};
use sqlx::SqlitePool;

use super::fields::{chosen_record, text};
use super::ledger::{Entry, emit};
use crate::html::escape;
use crate::money::Cents;
use crate::upload::Upload;

/// What a company hands in before it goes live; the labels of the form's fields, and the kinds of documents.
pub(crate) const LEGAL_DOCUMENTS: [&str; 4] = [
    "Certificate of Incorporation",
    "Proof of address",
    "Company bank statement",
    "Valid proof of ID",
];

#[smart_action(collection = "companies", name = "Mark as Live", kind = "single")]
async fn mark_as_live(id: RecordId<i64>, db: web::Data<SqlitePool>) -> ActionResult {
    // the condition is in the statement: of two clicks at once only one goes through
    let changed = sqlx::query("UPDATE companies SET status = 'live' WHERE id = ? AND status <> 'live'")
        .bind(*id)
        .execute(db.get_ref())
        .await?
        .rows_affected();
    if changed == 0 {
        name_of(&db, *id).await?;
        return Err(failure("The company was already live!"));
    }
    Ok(success("Company is now live!"))
}

/// The form of "Upload Legal Docs", read: the four files, in the order of [`LEGAL_DOCUMENTS`].
struct LegalDocs(Vec<(&'static str, Upload)>);

impl ActionForm for LegalDocs {
    fn fields() -> Vec<FormField> {
        LEGAL_DOCUMENTS
            .iter()
            .map(|label| FormField::new(*label, FieldType::File).required(true))
            .collect()
    }
}

impl LegalDocs {
    fn read(values: &Values) -> ActionResult<Self> {
        let files = LEGAL_DOCUMENTS
            .iter()
            .map(|label| Upload::required(values, label).map(|file| (*label, file)));
        files.collect::<ActionResult<_>>().map(Self)
    }
}

#[smart_action(
    collection = "companies",
    name = "Upload Legal Docs",
    kind = "single",
    form = LegalDocs,
    description = "The four documents that a company hands in before it goes live",
    submit_button_label = "Upload"
)]
async fn upload_legal_docs(
    id: RecordId<i64>,
    values: Values,
    caller: Caller,
    db: web::Data<SqlitePool>,
) -> ActionResult {
    let LegalDocs(files) = LegalDocs::read(&values)?;
    name_of(&db, *id).await?;
    let mut transaction = db.begin().await?;
    for (kind, file) in files {
        sqlx::query(
            "INSERT INTO documents (company_id, kind, file_name, media_type, content, uploaded_by, uploaded_at) \
             VALUES (?, ?, ?, ?, ?, ?, strftime('%Y-%m-%dT%H:%M:%SZ', 'now')) \
             ON CONFLICT (company_id, kind) DO UPDATE SET file_name = excluded.file_name, \
             media_type = excluded.media_type, content = excluded.content, uploaded_by = excluded.uploaded_by, \
             uploaded_at = excluded.uploaded_at",
        )
        .bind(*id)
        .bind(kind)
        .bind(file.name.as_deref().unwrap_or(kind))
        .bind(file.media_type)
        .bind(file.content)
        .bind(&caller.email)
        .execute(&mut *transaction)
        .await?;
    }
    // somebody has to look at the documents before the company goes live
    sqlx::query("UPDATE companies SET status = 'pending' WHERE id = ? AND status = 'signed_up'")
        .bind(*id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(success("Legal documents are successfully uploaded.").refresh(["documents"]))
}

/// The form of "Add new transaction", read.
struct NewTransaction {
    beneficiary: i64,
    amount: Cents,
    note: Option<String>,
}

impl ActionForm for NewTransaction {
    fn fields() -> Vec<FormField> {
        vec![
            FormField::new("Beneficiary company", FieldType::Number)
                .reference("companies.id")
                .required(true)
                .description("The company that receives the money"),
            FormField::new("Amount", FieldType::Number)
                .required(true)
                .description("In dollars, such as 42.50"),
            FormField::new("Note", FieldType::String),
        ]
    }
}

impl NewTransaction {
    fn read(values: &Values) -> ActionResult<Self> {
        let has_note = values
            .optional::<String>("Note")?
            .is_some_and(|note| !note.trim().is_empty());
        Ok(Self {
            beneficiary: chosen_record(values, "Beneficiary company")?,
            amount: Cents::required(values, "Amount")?,
            note: has_note.then(|| text(values, "Note", 200)).transpose()?,
        })
    }
}

#[smart_action(collection = "companies", name = "Add new transaction", kind = "single", form = NewTransaction)]
async fn add_new_transaction(id: RecordId<i64>, values: Values, db: web::Data<SqlitePool>) -> ActionResult {
    let form = NewTransaction::read(&values)?;
    if form.beneficiary == *id {
        return Err(failure("A company cannot pay itself: choose another beneficiary."));
    }
    name_of(&db, *id).await?;
    name_of(&db, form.beneficiary).await?;
    let entry = Entry {
        emitter: *id,
        beneficiary: form.beneficiary,
        customer: None,
        amount: form.amount,
        note: form.note.as_deref().unwrap_or("Added in the back office"),
    };
    emit(&db, entry).await?;
    Ok(success("New transaction emitted").refresh(["emitted_transactions"]))
}

#[smart_action(collection = "companies", name = "Return and track", kind = "single")]
async fn return_and_track(id: RecordId<i64>, db: web::Data<SqlitePool>) -> ActionResult {
    // a return that is under way keeps its number
    let number: Option<String> = sqlx::query_scalar(
        "UPDATE companies SET tracking_number = coalesce(tracking_number, printf('RM%09dGB', 100000000 + id)) \
         WHERE id = ? RETURNING tracking_number",
    )
    .bind(*id)
    .fetch_optional(db.get_ref())
    .await?;
    let number = number.ok_or_else(|| no_company(*id))?;
    Ok(success("Return initiated successfully.").redirect_to(format!(
        "https://www.royalmail.com/portal/rm/track?trackNumber={number}"
    )))
}

#[smart_action(collection = "companies", name = "Show some activity", kind = "single")]
async fn show_some_activity(id: RecordId<i64>, db: web::Data<SqlitePool>) -> ActionResult {
    name_of(&db, *id).await?;
    let id = *id;
    // project, environment and team are those of the back office's own address
    Ok(success("Navigated to the activity view.").redirect_to(format!(
        "/live-demo/development/operations/data/companies/index/record/companies/{id}/activity"
    )))
}

#[smart_action(
    collection = "companies",
    name = "Refresh statistics",
    kind = "global",
    description = "Adds up what each company has received and emitted"
)]
async fn refresh_statistics(db: web::Data<SqlitePool>) -> ActionResult {
    let mut transaction = db.begin_with("BEGIN IMMEDIATE").await?;
    let companies = sqlx::query(
        "UPDATE companies SET balance_cents = \
         (SELECT coalesce(sum(amount_cents), 0) FROM transactions WHERE beneficiary_company_id = companies.id) - \
         (SELECT coalesce(sum(amount_cents), 0) FROM transactions WHERE emitter_company_id = companies.id)",
    )
    .execute(&mut *transaction)
    .await?
    .rows_affected();
    let best: Vec<(String, i64)> =
        sqlx::query_as("SELECT name, balance_cents FROM companies ORDER BY balance_cents DESC, id LIMIT 3")
            .fetch_all(&mut *transaction)
            .await?;
    transaction.commit().await?;
    let rows: String = best
        .iter()
        .map(|(name, balance)| format!("<li>{}: {}</li>", escape(name), Cents(*balance).shown()))
        .collect();
    Ok(
        success(format!("The balances of {companies} companies are up to date.")).html(format!(
            "<p class=\"c-clr-1-4 l-mt l-mb\">The three highest balances:</p><ol>{rows}</ol>"
        )),
    )
}

/// The company's name.
///
/// # Errors
/// 404 when there is no such company.
async fn name_of(db: &SqlitePool, id: i64) -> ActionResult<String> {
    let name = sqlx::query_scalar("SELECT name FROM companies WHERE id = ?")
        .bind(id)
        .fetch_optional(db)
        .await?;
    name.ok_or_else(|| no_company(id))
}

fn no_company(id: i64) -> ActionError {
    ActionError::not_found(format!("There is no company {id}."))
}

#[cfg(test)]
mod tests {
    use forest_actions::ErrorKind;

    use super::*;
    use crate::database::in_memory;

    async fn count(db: &SqlitePool, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(db).await.unwrap()
    }

    async fn company_with(db: &SqlitePool, status: &str) -> i64 {
        sqlx::query_scalar("SELECT id FROM companies WHERE status = ? ORDER BY id")
            .bind(status)
            .fetch_one(db)
            .await
            .unwrap()
    }

    // an action is an ordinary function: a test calls it

    #[actix_web::test]
    async fn a_company_goes_live_once() {
        let db = web::Data::new(in_memory().await);
        let id = company_with(&db, "pending").await;
        assert!(mark_as_live(RecordId(id), db.clone()).await.is_ok());
        let again = mark_as_live(RecordId(id), db.clone()).await.unwrap_err();
        assert_eq!(
            (again.kind(), again.message()),
            (ErrorKind::BadRequest, "The company was already live!")
        );
        let missing = mark_as_live(RecordId(9999), db).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }

    #[actix_web::test]
    async fn a_return_keeps_its_tracking_number() {
        let db = web::Data::new(in_memory().await);
        assert!(return_and_track(RecordId(7), db.clone()).await.is_ok());
        assert!(return_and_track(RecordId(7), db.clone()).await.is_ok());
        let number: String = sqlx::query_scalar("SELECT tracking_number FROM companies WHERE id = 7")
            .fetch_one(db.get_ref())
            .await
            .unwrap();
        assert_eq!(number, "RM100000007GB");
        assert_eq!(
            return_and_track(RecordId(9999), db).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }

    #[actix_web::test]
    async fn the_activity_of_a_missing_company_is_not_found() {
        let db = web::Data::new(in_memory().await);
        assert!(show_some_activity(RecordId(7), db.clone()).await.is_ok());
        assert_eq!(
            show_some_activity(RecordId(0), db).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }

    #[actix_web::test]
    async fn balances_add_up_to_nothing_because_what_one_emits_another_receives() {
        let db = web::Data::new(in_memory().await);
        assert!(refresh_statistics(db.clone()).await.is_ok());
        assert_eq!(count(&db, "SELECT sum(balance_cents) FROM companies").await, 0);
        assert!(count(&db, "SELECT balance_cents FROM companies WHERE id = 1").await > 0);
    }
}
