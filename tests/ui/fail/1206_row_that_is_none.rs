//! Rows of a struct without the derive.

use forest_actions::prelude::*;

struct NewCompany {
    name: String,
}

async fn rows(file: FormFile) -> ActionResult<ImportReport> {
    file.import::<NewCompany>().each(async |_| Ok(())).await
}

fn main() {}
