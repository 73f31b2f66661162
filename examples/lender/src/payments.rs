//! Payments come as a file and leave as statements.

use actix_web::web::Bytes;
use forest_actions::prelude::*;
use futures_util::TryStreamExt as _;
use serde::Deserialize;
use sqlx::AnyPool;

use crate::database::{LoanKey, new_id};

#[derive(ActionForm)]
#[form(labels = "sentence")]
struct Import {
    /// CSV with the columns loan, paid_on, amount_cents
    #[field(max_size = "20 MB")]
    payments: FormFile,
}

#[derive(Deserialize)]
struct Payment {
    loan: String,
    paid_on: String,
    amount_cents: i64,
}

/// 5. Good lines are kept; bad ones are listed with their number.
#[smart_action(collection = "payments", name = "Import payments", kind = "global")]
async fn import_payments(Form(form): Form<Import>, db: web::Data<AnyPool>) -> ActionResult {
    let content = form.payments.bytes();
    let mut transaction = db.begin().await?;
    let (mut imported, mut bad) = (0, Vec::new());
    for (index, line) in csv::Reader::from_reader(&content[..])
        .deserialize::<Payment>()
        .enumerate()
    {
        let Ok(payment) = line else {
            bad.push((index + 2).to_string());
            continue;
        };
        let insert = sqlx::query("INSERT INTO payments SELECT $1, reference, $2, $3 FROM loans WHERE reference = $4");
        let insert = insert
            .bind(new_id("payment", index as u64))
            .bind(payment.paid_on)
            .bind(payment.amount_cents);
        match insert
            .bind(payment.loan)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
        {
            0 => bad.push((index + 2).to_string()),
            _ => imported += 1,
        }
    }
    transaction.commit().await?;
    let answer = success(format!("{imported} payments imported")).refresh(["payments"]);
    Ok(match bad.as_slice() {
        [] => answer,
        lines => answer.html(format!("<p>Not imported: lines {}</p>", lines.join(", "))),
    })
}

#[derive(Deserialize)]
struct Loan {
    reference: String,
    status: String,
    principal_cents: i64,
    interest_cents: i64,
}

fn lines(loans: Vec<Loan>) -> Result<Bytes, csv::Error> {
    let mut lines = csv::Writer::from_writer(Vec::new());
    for loan in loans {
        let [principal, interest] = [loan.principal_cents, loan.interest_cents].map(|cents| cents.to_string());
        lines.write_record([&loan.reference, &loan.status, &principal, &interest])?;
    }
    lines
        .into_inner()
        .map(Bytes::from)
        .map_err(|error| error.into_error().into())
}

/// 6. A file of any number of loans, which are read while the browser takes it.
#[smart_action(collection = "loans", name = "Statement (CSV)")]
async fn statement_csv(loans: Records<Loan>) -> Download {
    let rows = loans.chunks(1000).map_err(ActionError::from);
    let rows = rows.and_then(async |loans| lines(loans).map_err(ActionError::from));
    Download::stream("statement.csv", rows).media_type("text/csv; charset=utf-8")
}

/// 7. A file of one loan.
#[smart_action(collection = "loans", name = "Statement (PDF)", kind = "single")]
async fn statement_pdf(RecordId((branch, number)): RecordId<LoanKey>, loans: Records<Loan>) -> ActionResult<Download> {
    let loan = loans.chunks(1).try_next().await?.and_then(|mut loans| loans.pop());
    let loan = loan.ok_or_else(|| ActionError::not_found("There is no such loan."))?;
    let text = format!(
        "Loan {}: {} cents, {} cents interest",
        loan.reference, loan.principal_cents, loan.interest_cents
    );
    Ok(Download::new(format!("{branch}-{number}.pdf"), pdf(&text)).media_type("application/pdf"))
}

/// A page with one line of text.
fn pdf(text: &str) -> String {
    let text = format!("BT /F1 14 Tf 50 780 Td ({}) Tj ET", text.replace(['(', ')', '\\'], ""));
    let objects = [
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_owned(),
        "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>".to_owned(),
        format!("<< /Length {} >> stream\n{text}\nendstream", text.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    let (mut file, mut table) = ("%PDF-1.4\n".to_owned(), "0000000000 65535 f \n".to_owned());
    for (index, object) in objects.iter().enumerate() {
        table += &format!("{:010} 00000 n \n", file.len());
        file += &format!("{} 0 obj {object} endobj\n", index + 1);
    }
    let start = file.len();
    format!("{file}xref\n0 6\n{table}trailer << /Size 6 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n")
}
