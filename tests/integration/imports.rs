//! Imports: the rows of an uploaded CSV file, from the request to the answer.

use std::sync::Mutex;

use actix_web::App;
use actix_web::web::Data;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use chrono::{DateTime, NaiveDate, Utc};
use forest_actions::import::RowProblems;
use forest_actions::prelude::*;
use forest_actions::testing::{TestAnswer, TestForest};
use forest_actions::{Count, Import, Texts};
use proptest::prelude::*;
use rust_decimal::Decimal;
use serde_json::json;

#[derive(ActionEnum, Debug, Clone, Copy, PartialEq)]
enum Plan {
    Free,
    #[option("Premium plan")]
    Premium,
}

#[derive(ImportRow, Debug, Clone, PartialEq)]
struct Row {
    #[column(max_length = 40)]
    name: String,
    #[column(name = "Annual fee", aliases("fee"), min = 0, max = 5000)]
    fee: Option<f64>,
    #[column(default = Plan::Free)]
    plan: Plan,
    #[column(default)]
    active: bool,
}

#[derive(ActionForm)]
struct Upload {
    #[field(label = "File", max_size = "20 MB")]
    file: FormFile,
}

type Seen = Data<Mutex<Vec<Row>>>;

/// Keeps the rows, and treats some names as trouble.
async fn keep(row: Row, seen: &Seen) -> Result<(), NotDone> {
    match row.name.as_str() {
        "taken" => return refuse("already there"),
        "broken" => return Err(std::io::Error::other("db.internal is down").into()),
        "odd" => panic!("no index"),
        _ => {}
    }
    seen.lock().unwrap().push(row);
    Ok(())
}

#[smart_action(collection = "customers", name = "Import", kind = "global")]
async fn import(form: Form<Upload>, seen: Data<Mutex<Vec<Row>>>) -> ActionResult<ImportReport> {
    let rows = form.file.import::<Row>().max_rows(2_000);
    rows.each(async |row| keep(row, &seen).await).await
}

#[smart_action(collection = "customers", name = "Import all", kind = "global")]
async fn import_all(form: Form<Upload>, seen: Data<Mutex<Vec<Row>>>) -> ActionResult<ImportReport> {
    let rows = form.file.import::<Row>();
    rows.check().await?;
    rows.each(async |row| keep(row, &seen).await).await?.all_or_nothing()
}

#[smart_action(collection = "customers", name = "Refused rows", kind = "global", download = true)]
async fn refused_rows(form: Form<Upload>) -> ActionResult<Download> {
    let report = form.file.import::<Row>().each(async |_| refuse("no")).await?;
    report.refused_rows().ok_or_else(|| failure("no rows"))
}

async fn run_with(
    action: &'static str,
    content: &[u8],
    builder: forest_actions::ForestBuilder,
) -> (TestAnswer, Vec<Row>) {
    let seen = Seen::default();
    let state = seen.clone();
    let forest = TestForest::start(
        builder.actions(actions![import, import_all, refused_rows]),
        move |forest| App::new().app_data(state.clone()).configure(forest.routes()),
    )
    .await
    .unwrap();
    let file = FormFile::new("rows.csv", "text/csv", content).to_data_uri();
    let answer = forest.admin().trigger("customers", action).value("File", file).await;
    let rows = seen.lock().unwrap().clone();
    (answer, rows)
}

async fn run(action: &'static str, content: impl AsRef<[u8]>) -> (TestAnswer, Vec<Row>) {
    run_with(action, content.as_ref(), Forest::builder()).await
}

fn file(content: impl AsRef<[u8]>) -> Import<Row> {
    FormFile::new("rows.csv", "text/csv", content).import()
}

async fn rows(content: impl AsRef<[u8]>) -> Vec<(u64, Result<Row, RowProblems>)> {
    file(content).rows().await.unwrap().collect()
}

/// The names of the rows, all of which fit.
async fn names(content: impl AsRef<[u8]>) -> Vec<String> {
    rows(content)
        .await
        .into_iter()
        .map(|(_, row)| row.unwrap().name)
        .collect()
}

/// The problem of the only row.
async fn problem(content: impl AsRef<[u8]>) -> String {
    let rows = rows(content).await;
    assert_eq!(rows.len(), 1, "{rows:?}");
    rows[0].1.clone().unwrap_err().to_string()
}

/// The reason for refusing the file as a whole.
async fn refusal(content: impl AsRef<[u8]>) -> String {
    match file(content).count().await {
        Ok(count) => panic!("{count} rows"),
        Err(error) => error.message().to_owned(),
    }
}

/// The file behind the link in the panel.
fn linked(html: &str) -> String {
    let data = html.split("data:text/csv;charset=utf-8;base64,").nth(1).unwrap();
    String::from_utf8(BASE64_STANDARD.decode(data.split('"').next().unwrap()).unwrap()).unwrap()
}

#[actix_web::test]
async fn rows_that_fit_reach_the_handler() {
    let (answer, rows) = run(
        "Import",
        "name,annual fee,plan,active\nAda,12.5,Premium plan,yes\nBob,,,\n",
    )
    .await;
    assert_eq!(answer.success(), "2 rows imported");
    let row = |name: &str, fee, plan, active| Row {
        name: name.to_owned(),
        fee,
        plan,
        active,
    };
    assert_eq!(
        rows,
        [
            row("Ada", Some(12.5), Plan::Premium, true),
            row("Bob", None, Plan::Free, false)
        ]
    );
}

#[actix_web::test]
async fn the_answer_names_lines_and_reasons_and_links_the_rows() {
    let text = "name;fee\nAda;1,5\n;-1\ntaken;2\nbroken;3\nodd;4\n\nEve;x\n";
    let (answer, rows) = run("Import", text).await;
    let body = answer.json();
    let success = body["success"].as_str().unwrap();
    assert!(
        success.starts_with("1 row imported, 3 refused, 2 failed (reference "),
        "{success}"
    );
    assert_eq!(rows.len(), 1);
    let reasons = body["results"]["reasons"].as_array().unwrap();
    let reasons: Vec<_> = reasons
        .iter()
        .map(|reason| (reason["text"].as_str().unwrap(), &reason["ids"]))
        .collect();
    assert_eq!(
        reasons,
        [
            ("unexpected error", &json!(["5", "6"])),
            (
                "“name”: a value is required; “Annual fee”: expected a number of at least 0, found \"-1\"",
                &json!(["3"])
            ),
            ("already there", &json!(["4"])),
            ("“Annual fee”: expected a number, found \"x\"", &json!(["8"])),
        ]
    );
    let html = body["html"].as_str().unwrap();
    assert!(html.contains("<li>2 unexpected error: lines 5, 6</li>"), "{html}");
    assert!(html.contains("<li>1 already there: line 4</li>"), "{html}");
    assert!(
        html.contains("download=\"refused-rows.csv\">Download the 5 rows that were not imported</a>"),
        "{html}"
    );
    assert!(!body.to_string().contains("db.internal"), "{body}");
    let refused = linked(html);
    assert!(
        refused.starts_with("\u{FEFF}name;fee;refused_line;refused_reason\r\n;-1;3;\"“name”"),
        "{refused}"
    );
    // the file is read again, and its own columns are not
    let again: Vec<u64> = self::rows(&refused).await.iter().map(|(line, _)| *line).collect();
    assert_eq!(again, [2, 3, 4, 5, 6]);
}

#[actix_web::test]
async fn an_import_without_a_row_that_fits_is_a_failure_with_the_link() {
    let (answer, _) = run("Import", "name\n\"a\"x\ntaken\n").await;
    let body = answer.json();
    assert_eq!(
        (answer.status(), &body["error"]),
        (400, &json!("Nothing was done: 2 refused"))
    );
    assert!(linked(body["html"].as_str().unwrap()).contains("taken"), "{body}");
}

#[actix_web::test]
async fn all_or_nothing_reads_every_row_before_the_first_is_handled() {
    let (answer, rows) = run("Import all", "name\nAda\nBob\n\"x\"y\n").await;
    let body = answer.json();
    assert_eq!(
        (answer.status(), &body["error"]),
        (400, &json!("Nothing was changed: 1 refused"))
    );
    let reason = "“name”: text behind the closing quotation mark";
    assert!(body["html"].as_str().unwrap().contains(reason), "{body}");
    assert_eq!(rows, []);
    let (answer, rows) = run("Import all", "name\nAda\ntaken\nBob\n").await;
    assert_eq!((answer.status(), rows.len()), (400, 2), "the handler rolls back");
    assert_eq!(run("Import all", "name\nAda\n").await.0.success(), "1 row imported");
}

#[actix_web::test]
async fn failures_in_a_row_end_the_import() {
    let (answer, _) = run("Import", format!("name\nAda\n{}", "broken\n".repeat(20))).await;
    let success = answer.json()["success"].as_str().unwrap().to_owned();
    assert!(success.starts_with("1 row imported, 5 failed"), "{success}");
    assert!(
        success.ends_with("15 not attempted: 5 records in a row failed"),
        "{success}"
    );
}

#[actix_web::test]
async fn refused_rows_can_be_the_answer_of_a_download() {
    let (answer, _) = run("Refused rows", "name\n=cmd|' /C calc'!A0\n").await;
    let text = String::from_utf8(answer.bytes().to_vec()).unwrap();
    assert_eq!(
        text,
        "\u{FEFF}name,refused_line,refused_reason\r\n'=cmd|' /C calc'!A0,2,no\r\n"
    );
}

struct French;

impl Texts for French {
    fn rows_imported(&self, count: Count) -> String {
        format!("{count} lignes importées")
    }

    fn refused(&self, count: Count) -> String {
        format!("{count} refusées")
    }

    fn lines(&self, numbers: &str) -> String {
        format!("lignes {numbers}")
    }

    fn refused_rows(&self, rows: Count, _: Count) -> String {
        format!("Télécharger les {rows} lignes refusées")
    }
}

#[actix_web::test]
async fn the_words_of_the_report_are_translated() {
    let (answer, _) = run_with("Import", b"name\nAda\ntaken\n", Forest::builder().texts(French)).await;
    let body = answer.json();
    assert_eq!(body["success"], "1 lignes importées, 1 refusées");
    let html = body["html"].as_str().unwrap();
    assert!(
        html.contains("lignes 3") && html.contains("les 1 lignes refusées"),
        "{html}"
    );
}

#[actix_web::test]
async fn spreadsheet_encodings_are_recognised() {
    let text = "name;plan\r\nZoë €;free\r\n";
    let utf16 = |to_bytes: fn(u16) -> [u8; 2], mark: [u8; 2]| -> Vec<u8> {
        mark.into_iter().chain(text.encode_utf16().flat_map(to_bytes)).collect()
    };
    for content in [
        text.as_bytes().to_vec(),
        format!("\u{FEFF}{text}").into_bytes(),
        utf16(u16::to_le_bytes, [0xFF, 0xFE]),
        utf16(u16::to_be_bytes, [0xFE, 0xFF]),
        b"name;plan\r\nZo\xEB \x80;free\r\n".to_vec(),
    ] {
        assert_eq!(names(&content).await, ["Zoë €"], "{content:?}");
    }
    // the first byte beyond ASCII is far behind the header
    let late = [b"name\n".to_vec(), b"Ada\n".repeat(50_000), b"Zo\xEB\n".to_vec()].concat();
    assert_eq!(names(&late).await.last().unwrap(), "Zoë");
    assert!(
        refusal(b"\xEF\xBB\xBFname\nZo\xEB\n")
            .await
            .starts_with("the file is not valid UTF-8")
    );
    assert!(
        refusal(b"\xFF\xFEn")
            .await
            .starts_with("the file is not valid UTF-16LE")
    );
    assert!(refusal("n\0a\0m\0e\0").await.starts_with("line 1 has a NUL character"));
    assert!(refusal("name\nAda\n\0").await.starts_with("line 3 has a NUL character"));
    assert_eq!(
        refusal(b"PK\x03\x04...").await,
        "the file is a workbook: save it as CSV"
    );
}

#[actix_web::test]
async fn delimiters_and_spreadsheet_spellings_are_recognised() {
    for text in [
        "name,fee\nAda,1.5\n",
        "name;fee\nAda;1,5\n",
        "name\tfee\nAda\t1,5\n",
        "name|fee\nAda|1.5\n",
        "sep=;\r\nname;fee\r\nAda;1,5\r\n",
        "\u{FEFF}\"Name\";\"Annual-Fee\"\r\"Ada\";\"1,50\"\r",
        "name,fee,,\nAda,1.5,,\n,,,\n\n",
        "FEE , NAME\n1.5 , Ada ",
    ] {
        let rows = rows(text).await;
        assert_eq!(rows.len(), 1, "{text}");
        let row = rows[0].1.clone().unwrap();
        assert_eq!((row.name.as_str(), row.fee), ("Ada", Some(1.5)), "{text}");
    }
    assert_eq!(
        problem("name;fee\nAda;1.500\n").await,
        "“Annual fee”: expected a number without a mark for thousands, found \"1.500\""
    );
    assert_eq!(
        problem("name,fee\nAda,\"1,5\"\n").await,
        "“Annual fee”: expected a number with a decimal point, found \"1,5\""
    );
    assert!(
        refusal("sep=:\nname\n")
            .await
            .starts_with("the delimiter of the line `sep=:`")
    );
}

#[actix_web::test]
async fn lines_are_numbered_as_editors_do() {
    let text = "name,fee\r\n\r\n\"Ada\r\nLovelace\",1\r\n,,\r\n\"x\n\n\",2\r\nBob,3\r\n";
    let lines: Vec<u64> = rows(text).await.iter().map(|(line, _)| *line).collect();
    assert_eq!(lines, [3, 6, 9]);
    assert_eq!(names(text).await, ["Ada\r\nLovelace", "x", "Bob"]);
}

#[actix_web::test]
async fn a_header_that_does_not_fit_names_every_problem() {
    assert_eq!(
        refusal("nmae,fee,FEE,,city\n").await,
        "the first line does not fit: “name” is missing, “FEE” is there twice, “nmae” is unknown (did you mean “name”?), \
         column 4 has no name, “city” is unknown; the columns are “name”, “Annual fee”, “plan”, “active”"
    );
    assert_eq!(refusal("").await, "the file is empty");
    assert_eq!(refusal("\n ,,\n").await, "the file is empty");
    assert_eq!(refusal("name\n\n").await, "the file has no rows below its first line");
}

#[actix_web::test]
async fn lines_of_another_width_are_problems_of_the_line() {
    assert_eq!(problem("name,fee,plan\nAda,1\n").await, "2 cells, and the header has 3");
    assert_eq!(problem("name,fee\nAda,1,free\n").await, "3 cells, and the header has 2");
    assert!(rows("name,fee\nAda,1,,,\n").await[0].1.is_ok());
}

#[actix_web::test]
async fn limits_can_be_set() {
    let text = "name\nAda\nBob\n";
    let message = |error: ActionError| error.message().to_owned();
    assert_eq!(file(text).max_rows(2).count().await.unwrap(), 2);
    assert_eq!(
        message(file(text).max_rows(1).count().await.unwrap_err()),
        "the file has more than 1 rows"
    );
    let narrow = file("name,fee\nAda,1\n").max_columns(1).count().await;
    assert_eq!(
        message(narrow.unwrap_err()),
        "the first line is too long: at most 1 columns with short names"
    );
    let short: Vec<_> = file("name\nAda Lovelace\nBob\n")
        .max_cell_length(5)
        .rows()
        .await
        .unwrap()
        .collect();
    assert_eq!(
        short[0].1.clone().unwrap_err().to_string(),
        "“name”: the text is too long"
    );
    assert!(short[1].1.is_ok());
}

#[derive(ImportRow, Debug)]
struct Types {
    day: NaiveDate,
    moment: DateTime<Utc>,
    exact: Decimal,
    count: u8,
    id: uuid::Uuid,
    flag: Option<bool>,
}

#[actix_web::test]
async fn every_type_of_column_is_read() {
    let text = "day;moment;exact;count;id\n15.05.2024;2024-05-15 12:00+02:00;0,10;7;6B29FC40-CA47-1067-B31D-00DD010662DA\n\
                05/06/2024;2024-05-15;1e99;256;x\n";
    let file = FormFile::new("types.csv", "text/csv", text);
    let mut rows = file.import::<Types>().rows().await.unwrap();
    let row = rows.next().unwrap().1.unwrap();
    assert_eq!(
        (
            row.day.to_string(),
            row.moment.to_rfc3339(),
            row.exact.to_string(),
            row.count,
            row.flag
        ),
        (
            "2024-05-15".to_owned(),
            "2024-05-15T10:00:00+00:00".to_owned(),
            "0.10".to_owned(),
            7,
            None
        )
    );
    assert_eq!(row.id.to_string(), "6b29fc40-ca47-1067-b31d-00dd010662da");
    let problems = rows.next().unwrap().1.unwrap_err();
    let columns: Vec<_> = problems.iter().map(|(column, _)| column.unwrap()).collect();
    assert_eq!(columns, ["day", "moment", "exact", "count", "id"]);
}

#[actix_web::test]
async fn hostile_files_are_refused_or_bounded() {
    let megabytes = |unit: &str, count: usize| format!("name\n{}", unit.repeat(count * 1_000_000 / unit.len()));
    // one line of 20 MB, with and without quotes, in the header and below
    assert_eq!(problem(megabytes("x", 20)).await, "“name”: the text is too long");
    assert_eq!(
        refusal(megabytes("x", 20).replacen('\n', "", 1)).await,
        "the first line is too long: at most 256 columns with short names"
    );
    assert_eq!(
        refusal(megabytes("\"", 3) + "\"").await,
        "line 2 opens a quotation mark that is never closed"
    );
    // a million commas
    assert_eq!(
        problem(format!("name\nAda{}x\n", ",".repeat(1_000_000))).await,
        "1000001 cells, and the header has 1"
    );
    assert_eq!(
        refusal(format!("name{}x\n", ",".repeat(1_000_000))).await,
        "the first line is too long: at most 256 columns with short names"
    );
    // a quotation mark that is never closed, on the last of many lines
    let text = format!("name\n{}\"Bob\nEve\n", "Ada\n".repeat(10_000));
    assert_eq!(
        refusal(text).await,
        "line 10002 opens a quotation mark that is never closed"
    );
    assert_eq!(
        refusal(megabytes("Ada\n", 2)).await,
        "the file has more than 100000 rows"
    );
}

#[actix_web::test]
async fn a_file_of_20_mb_is_imported() {
    let content = format!("name,plan\n{}", format!("{},free\n", "x".repeat(30)).repeat(540_000));
    assert!(content.len() > 19_000_000);
    let import = file(&content).max_rows(1_000_000);
    let mut count = 0_u64;
    let report = import
        .each(async |_| {
            count += 1;
            Ok(())
        })
        .await
        .unwrap();
    assert_eq!((count, report.done_count()), (540_000, 540_000));
}

#[actix_web::test]
async fn a_refused_file_is_an_error_with_its_own_name() {
    let (answer, _) = run("Import", "name,city\nAda,Lyon\n").await;
    assert_eq!(answer.status(), 400);
    let body = answer.json();
    assert_eq!(body["errors"][0]["name"], json!("ImportError"));
    assert_eq!(body["error"], body["errors"][0]["detail"]);
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    actix_web::rt::System::new().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn written_csv_reads_back(
        cells in proptest::collection::vec("[a-z\"',; \t|\r\n€é]{0,12}", 1..20),
        delimiter in proptest::sample::select(vec![b',', b';', b'\t', b'|']),
    ) {
        let mut writer = csv::WriterBuilder::new().delimiter(delimiter).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        writer.write_record(["name", "note"]).unwrap();
        for cell in &cells {
            writer.write_record([cell.as_str(), "x"]).unwrap();
        }
        let content = writer.into_inner().unwrap();
        let read: Vec<Option<String>> = block_on(async {
            let file = FormFile::new("a.csv", "text/csv", &content);
            let rows = file.import::<Note>().rows().await.unwrap();
            rows.map(|(_, row)| row.unwrap().name).collect()
        });
        let written: Vec<Option<String>> = cells.iter().map(|cell| {
            let cell = cell.trim();
            // an apostrophe before what a spreadsheet would run
            let cell = cell.strip_prefix('\'').filter(|rest| rest.starts_with(['\t', '\r', '\n'])).unwrap_or(cell);
            Some(cell.trim().to_owned()).filter(|cell| !cell.is_empty())
        }).collect();
        prop_assert_eq!(read, written);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(content in proptest::collection::vec(proptest::sample::select(
        b"\"\"\",,;\t|\r\n\n ab=\0\xFF\xFE\xEB\xC3\xA9name".to_vec()), 0..200)) {
        block_on(async {
            let content = [b"name,note\n".to_vec(), content].concat();
            for content in [content.clone(), content[10..].to_vec()] {
                let file = FormFile::new("a.csv", "text/csv", &content);
                if let Ok(rows) = file.import::<Note>().rows().await {
                    rows.for_each(drop);
                }
            }
        });
    }
}

#[derive(ImportRow, Debug)]
struct Note {
    name: Option<String>,
    #[allow(dead_code, reason = "a column of the file")]
    note: Option<String>,
}
