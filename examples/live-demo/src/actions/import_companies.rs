//! "Import companies": the rows of a CSV file become companies, and those that cannot are reported with their lines.

use forest_actions::prelude::*;
use sqlx::{Acquire as _, Any, AssertSqlSafe, Transaction};

use crate::database::{Database, Engine};

/// The statuses of the database.
#[derive(ActionEnum, Debug, Clone, Copy)]
enum Status {
    #[option("signed_up")]
    SignedUp,
    #[option("pending")]
    Pending,
    #[option("live")]
    Live,
    #[option("rejected")]
    Rejected,
}

/// One row of the file.
#[derive(ImportRow)]
struct NewCompany {
    #[column(aliases("company"), max_length = 80)]
    name: String,
    #[column(max_length = 80)]
    industry: String,
    #[column(aliases("head office", "city"), max_length = 80)]
    headquarters: String,
    #[column(default = Status::SignedUp)]
    status: Status,
}

#[derive(ActionForm)]
struct Companies {
    /// CSV with the columns name, industry, headquarters and status, as a spreadsheet saves it
    #[field(label = "File", max_size = "20 MB", widget = file_picker(extensions = ["csv", "txt"], max_size_mb = 20))]
    file: FormFile,
}

#[smart_action(
    collection = "companies",
    name = "Import companies",
    kind = "global",
    description = "Adds the companies of a CSV file",
    submit_button_label = "Import"
)]
async fn import_companies(form: Form<Companies>, db: web::Data<Database>) -> ActionResult<ImportReport> {
    let mut transaction = db.pool().begin().await?;
    let companies = form.file.import::<NewCompany>();
    let report = companies
        .each(async |company| insert(&mut transaction, db.engine(), company).await)
        .await?;
    transaction.commit().await?;
    Ok(report)
}

async fn insert(
    transaction: &mut Transaction<'static, Any>,
    engine: &Engine,
    company: NewCompany,
) -> Result<(), NotDone> {
    // PostgreSQL accepts no further statement after an error, unless a savepoint is rolled back
    let mut savepoint = transaction.begin().await?;
    let status = match engine {
        Engine::Sqlite(_) => "$4",
        Engine::Postgres { .. } => "CAST($4 AS company_status)",
    };
    // only a placeholder goes into the text
    let statement = format!(
        "INSERT INTO companies (name, industry, headquarters, status, created_at) \
         VALUES ($1, $2, $3, {status}, CURRENT_TIMESTAMP) ON CONFLICT (name) DO NOTHING"
    );
    let added = sqlx::query(AssertSqlSafe(statement))
        .bind(company.name)
        .bind(company.industry)
        .bind(company.headquarters)
        .bind(company.status.text())
        .execute(&mut *savepoint)
        .await?
        .rows_affected();
    savepoint.commit().await?;
    if added == 0 {
        return refuse("“name”: already taken");
    }
    Ok(())
}
