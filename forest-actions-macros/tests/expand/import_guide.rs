// Recorded expansion, not compiled: see README.md beside this file.
// /// Not used.
// #[allow(non_snake_case)]
// pub struct NewCompany {
// /// Not used either.
// name: String,
// #[column(name = "Head office", aliases("city", "headquarters",), default = "Lyon")]
// r#where: String,
// #[column(default)]
// #[column(min = 1, max = Self::MOST)]
// employees: u32,
// #[column(min_length = 2, max_length = 2, pattern = "^[A-Z]+$")]
// country: Option<String>,
// }

#[allow(non_snake_case)]
const _: () = {
    use ::forest_actions::__private as __fa;
    const __FA_COLUMN0: (
        __fa::ColumnSpec,
        fn(&mut __fa::RowReader<'_>) -> ::core::option::Option<String>,
    ) = (
        __fa::column::<String, _>("name").build(),
        |__fa_row| __fa_row.read::<String>(0),
    );
    const __FA_COLUMN1: (
        __fa::ColumnSpec,
        fn(&mut __fa::RowReader<'_>) -> ::core::option::Option<String>,
    ) = (
        __fa::column::<String, _>("Head office")
            .aliases(&["city", "headquarters"])
            .optional()
            .build(),
        |__fa_row| __fa_row.read_or::<String>(1, || __fa::text_default("Lyon")),
    );
    const __FA_COLUMN2: (
        __fa::ColumnSpec,
        fn(&mut __fa::RowReader<'_>) -> ::core::option::Option<u32>,
    ) = (
        __fa::column::<u32, _>("employees")
            .optional()
            .min((1) as f64)
            .max((NewCompany::MOST) as f64)
            .build(),
        |__fa_row| __fa_row.read_or::<u32>(2, || ::core::default::Default::default()),
    );
    const __FA_COLUMN3: (
        __fa::ColumnSpec,
        fn(&mut __fa::RowReader<'_>) -> ::core::option::Option<Option<String>>,
    ) = (
        __fa::column::<Option<String>, _>("country")
            .min_length(2)
            .max_length(2)
            .pattern("^[A-Z]+$")
            .build(),
        |__fa_row| __fa_row.read::<Option<String>>(3),
    );
    #[automatically_derived]
    impl __fa::ImportRow for NewCompany {
        const COLUMNS: &'static [__fa::ColumnSpec] = &[
            __FA_COLUMN0.0,
            __FA_COLUMN1.0,
            __FA_COLUMN2.0,
            __FA_COLUMN3.0,
        ];
        fn from_row(__fa_row: &mut __fa::RowReader<'_>) -> ::core::option::Option<Self> {
            let __fa_column0 = (__FA_COLUMN0.1)(__fa_row);
            let __fa_column1 = (__FA_COLUMN1.1)(__fa_row);
            let __fa_column2 = (__FA_COLUMN2.1)(__fa_row);
            let __fa_column3 = (__FA_COLUMN3.1)(__fa_row);
            ::core::option::Option::Some(Self {
                name: __fa_column0?,
                r#where: __fa_column1?,
                employees: __fa_column2?,
                country: __fa_column3?,
            })
        }
    }
};
