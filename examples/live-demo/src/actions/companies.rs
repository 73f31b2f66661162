//! The actions of companies: one answer of almost every kind, a form with files, and one with another record.

use forest_actions::form::FieldSpec;
use forest_actions::prelude::*;

use super::ledger::{Entry, emit, lock};
use crate::database::Database;
use crate::html::escape;
use crate::money::Cents;

#[smart_action(collection = "companies", name = "Mark as Live", kind = "single")]
async fn mark_as_live(id: RecordId<i64>, db: web::Data<Database>) -> ActionResult {
    // the condition is in the statement: of two clicks at once only one goes through
    let changed = sqlx::query("UPDATE companies SET status = 'live' WHERE id = $1 AND status <> 'live'")
        .bind(*id)
        .execute(db.pool())
        .await?
        .rows_affected();
    if changed == 0 {
        name_of(&db, *id).await?;
        return Err(failure("The company was already live!"));
    }
    Ok(success("Company is now live!"))
}

/// What a company hands in before it goes live. A file is required because it is no `Option`.
#[derive(ActionForm)]
struct LegalDocs {
    #[field(
        label = "Certificate of Incorporation",
        max_size = "5 MB",
        media_types = ["application/pdf", "image/jpeg", "image/png"],
        widget = file_picker(extensions = ["pdf", "jpg", "jpeg", "png"], max_size_mb = 5)
    )]
    incorporation: FormFile,
    #[field(
        label = "Proof of address",
        max_size = "5 MB",
        media_types = ["application/pdf", "image/jpeg", "image/png"],
        widget = file_picker(extensions = ["pdf", "jpg", "jpeg", "png"], max_size_mb = 5)
    )]
    address: FormFile,
    #[field(
        label = "Company bank statement",
        max_size = "5 MB",
        media_types = ["application/pdf", "image/jpeg", "image/png"],
        widget = file_picker(extensions = ["pdf", "jpg", "jpeg", "png"], max_size_mb = 5)
    )]
    statement: FormFile,
    #[field(
        label = "Valid proof of ID",
        max_size = "5 MB",
        media_types = ["application/pdf", "image/jpeg", "image/png"],
        widget = file_picker(extensions = ["pdf", "jpg", "jpeg", "png"], max_size_mb = 5)
    )]
    identity: FormFile,
}

impl LegalDocs {
    /// The files, in the order of the fields.
    fn into_files(self) -> [FormFile; 4] {
        [self.incorporation, self.address, self.statement, self.identity]
    }
}

/// The kinds of documents, which are the labels of the form's fields.
pub(crate) fn kinds_of_legal_documents() -> impl Iterator<Item = &'static str> {
    LegalDocs::FIELDS.iter().map(FieldSpec::name)
}

/// The stored file name, without the directories that some browsers send.
fn stored_name(file: &FormFile) -> Option<&str> {
    let name = file.name()?.rsplit(['/', '\\']).next()?.trim();
    (!name.is_empty()).then_some(name)
}

#[smart_action(
    collection = "companies",
    name = "Upload Legal Docs",
    kind = "single",
    description = "The four documents that a company hands in before it goes live",
    submit_button_label = "Upload"
)]
async fn upload_legal_docs(
    id: RecordId<i64>,
    Form(form): Form<LegalDocs>,
    caller: Caller,
    db: web::Data<Database>,
) -> ActionResult {
    name_of(&db, *id).await?;
    let mut transaction = db.pool().begin().await?;
    for (kind, file) in kinds_of_legal_documents().zip(form.into_files()) {
        // a file is decoded when its bytes are asked for
        let content = file.bytes();
        if content.is_empty() {
            // leaving rolls back what was written so far
            return Err(failure(format!("“{kind}”: the file is empty")));
        }
        sqlx::query(
            "INSERT INTO documents (company_id, kind, file_name, media_type, content, uploaded_by, uploaded_at) \
             VALUES ($1, $2, $3, $4, $5, $6, CURRENT_TIMESTAMP) \
             ON CONFLICT (company_id, kind) DO UPDATE SET file_name = excluded.file_name, \
             media_type = excluded.media_type, content = excluded.content, uploaded_by = excluded.uploaded_by, \
             uploaded_at = excluded.uploaded_at",
        )
        .bind(*id)
        .bind(kind)
        .bind(stored_name(&file).unwrap_or(kind))
        .bind(file.media_type())
        .bind(content.as_ref())
        .bind(&caller.email)
        .execute(&mut *transaction)
        .await?;
    }
    // the documents have to be reviewed before the company goes live
    sqlx::query("UPDATE companies SET status = 'pending' WHERE id = $1 AND status = 'signed_up'")
        .bind(*id)
        .execute(&mut *transaction)
        .await?;
    transaction.commit().await?;
    Ok(success("Legal documents are successfully uploaded.").refresh(["documents"]))
}

#[derive(ActionForm)]
struct NewTransaction {
    /// The company that receives the money
    #[field(label = "Beneficiary company", reference = "companies.id")]
    beneficiary: i64,
    /// In dollars, such as 42.50
    #[field(label = "Amount", widget = currency_input(currency = "USD", step = 0.01))]
    amount: Cents,
    #[field(label = "Note", max_length = 200)]
    note: Option<String>,
}

#[smart_action(collection = "companies", name = "Add new transaction", kind = "single")]
async fn add_new_transaction(id: RecordId<i64>, form: Form<NewTransaction>, db: web::Data<Database>) -> ActionResult {
    if form.beneficiary == *id {
        return Err(failure("A company cannot pay itself: choose another beneficiary."));
    }
    name_of(&db, *id).await?;
    name_of(&db, form.beneficiary).await?;
    let note = form.note.as_deref().map(str::trim).filter(|note| !note.is_empty());
    let entry = Entry {
        emitter: *id,
        beneficiary: form.beneficiary,
        customer: None,
        amount: form.amount,
        note: note.unwrap_or("Added in the back office"),
    };
    emit(&db, entry).await?;
    Ok(success("New transaction emitted").refresh(["emitted_transactions"]))
}

#[smart_action(collection = "companies", name = "Return and track", kind = "single")]
async fn return_and_track(id: RecordId<i64>, db: web::Data<Database>) -> ActionResult {
    // a return that is under way keeps its number
    let number: Option<String> = sqlx::query_scalar(
        "UPDATE companies SET tracking_number = coalesce(tracking_number, 'RM' || (100000000 + id) || 'GB') \
         WHERE id = $1 RETURNING tracking_number",
    )
    .bind(*id)
    .fetch_optional(db.pool())
    .await?;
    let number = number.ok_or_else(|| no_company(*id))?;
    Ok(success("Return initiated successfully.").redirect_to(format!(
        "https://www.royalmail.com/portal/rm/track?trackNumber={number}"
    )))
}

#[smart_action(collection = "companies", name = "Show some activity", kind = "single")]
async fn show_some_activity(id: RecordId<i64>, db: web::Data<Database>) -> ActionResult {
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
async fn refresh_statistics(db: web::Data<Database>) -> ActionResult {
    let mut transaction = lock(&db).await?;
    let companies = sqlx::query(
        "UPDATE companies SET balance_cents = \
         (SELECT coalesce(sum(amount_cents), 0) FROM transactions WHERE beneficiary_company_id = companies.id) - \
         (SELECT coalesce(sum(amount_cents), 0) FROM transactions WHERE emitter_company_id = companies.id) \
         WHERE balance_cents <> 0 \
         OR id IN (SELECT beneficiary_company_id FROM transactions UNION SELECT emitter_company_id FROM transactions)",
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
async fn name_of(db: &Database, id: i64) -> ActionResult<String> {
    let name = sqlx::query_scalar("SELECT name FROM companies WHERE id = $1")
        .bind(id)
        .fetch_optional(db.pool())
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
    use crate::database::testing::{count, fresh};

    async fn company_with(db: &Database, status: &str) -> i64 {
        sqlx::query_scalar("SELECT id FROM companies WHERE CAST(status AS text) = $1 ORDER BY id")
            .bind(status)
            .fetch_one(db.pool())
            .await
            .unwrap()
    }

    // an action is an ordinary function: a test calls it

    #[actix_web::test]
    async fn a_company_can_go_live_only_once() {
        let db = web::Data::new(fresh().await);
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
    async fn a_form_can_be_built_as_a_value() {
        let db = web::Data::new(fresh().await);
        let to = |beneficiary| {
            Form(NewTransaction {
                beneficiary,
                amount: Cents(1250),
                note: Some(" ".to_owned()),
            })
        };
        assert!(add_new_transaction(RecordId(4), to(5), db.clone()).await.is_ok());
        let written = "SELECT count(*) FROM transactions WHERE emitter_company_id = 4 AND beneficiary_company_id = 5 \
                       AND amount_cents = 1250 AND note = 'Added in the back office'";
        assert_eq!(count(&db, written).await, 1);
        let itself = add_new_transaction(RecordId(4), to(4), db.clone()).await.unwrap_err();
        assert_eq!(itself.kind(), ErrorKind::BadRequest);
        let missing = add_new_transaction(RecordId(4), to(9999), db).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }

    #[test]
    fn directories_of_the_client_machine_are_dropped() {
        let named = |name: &str| FormFile::new(name, "text/plain", "x");
        for name in ["C:\\me\\a.txt", "../../a.txt", "a.txt"] {
            assert_eq!(stored_name(&named(name)), Some("a.txt"), "{name}");
        }
        assert_eq!(stored_name(&named("")), None);
        assert_eq!(stored_name(&named("me/")), None);
    }

    #[actix_web::test]
    async fn a_return_keeps_its_tracking_number() {
        let db = web::Data::new(fresh().await);
        assert!(return_and_track(RecordId(7), db.clone()).await.is_ok());
        assert!(return_and_track(RecordId(7), db.clone()).await.is_ok());
        let number: String = sqlx::query_scalar("SELECT tracking_number FROM companies WHERE id = 7")
            .fetch_one(db.pool())
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
        let db = web::Data::new(fresh().await);
        assert!(show_some_activity(RecordId(7), db.clone()).await.is_ok());
        assert_eq!(
            show_some_activity(RecordId(0), db).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }

    #[actix_web::test]
    async fn balances_sum_to_zero() {
        let db = web::Data::new(fresh().await);
        assert!(refresh_statistics(db.clone()).await.is_ok());
        assert_eq!(
            count(&db, "SELECT CAST(sum(balance_cents) AS bigint) FROM companies").await,
            0
        );
        assert!(count(&db, "SELECT balance_cents FROM companies WHERE id = 1").await > 0);
    }
}
