// Recorded expansion, not compiled: see README.md beside this file.
// struct ChargeCreditCard {
// /// The amount (USD) to charge the credit card. Example: 42.50
// #[field(min = 0.5)]
// amount: f64,
// /// Explain the reason why you want to charge manually the customer here
// #[field(widget = text_area(rows = 4))]
// description: String,
// #[field(label = "Beneficiary company", reference = "companies.id")]
// beneficiary: Option<i64>,
// currency: Currency,
// receipts: Vec<FormFile>,
// }

const _: () = {
    use ::forest_actions::__private as __fa;
    const __FA_FIELD0: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<f64>,
    ) = (
        __fa::field::<f64, _>("amount")
            .description("The amount (USD) to charge the credit card. Example: 42.50")
            .min((0.5) as f64)
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<f64>(__fa_field),
    );
    const __FA_FIELD1: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<String>,
    ) = (
        __fa::field::<String, _>("description")
            .description(
                "Explain the reason why you want to charge manually the customer here",
            )
            .widget(|| __fa::widget::<String, _>(__fa::widgets::text_area().rows(4)))
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<String>(__fa_field),
    );
    const __FA_FIELD2: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<Option<i64>>,
    ) = (
        __fa::field::<Option<i64>, _>("Beneficiary company")
            .rust_name("beneficiary")
            .reference("companies.id")
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<Option<i64>>(__fa_field),
    );
    const __FA_FIELD3: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<Currency>,
    ) = (
        __fa::field::<Currency, _>("currency").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<Currency>(__fa_field),
    );
    const __FA_FIELD4: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<Vec<FormFile>>,
    ) = (
        __fa::field::<Vec<FormFile>, _>("receipts").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<Vec<FormFile>>(__fa_field),
    );
    #[automatically_derived]
    impl __fa::ActionForm for ChargeCreditCard {
        const FIELDS: &'static [__fa::FieldSpec] = &[
            __FA_FIELD0.0,
            __FA_FIELD1.0,
            __FA_FIELD2.0,
            __FA_FIELD3.0,
            __FA_FIELD4.0,
        ];
        fn from_values(
            __fa_reader: &mut __fa::FormReader<'_>,
        ) -> ::core::option::Option<Self> {
            let __fa_field0 = (__FA_FIELD0.1)(__fa_reader, &Self::FIELDS[0]);
            let __fa_field1 = (__FA_FIELD1.1)(__fa_reader, &Self::FIELDS[1]);
            let __fa_field2 = (__FA_FIELD2.1)(__fa_reader, &Self::FIELDS[2]);
            let __fa_field3 = (__FA_FIELD3.1)(__fa_reader, &Self::FIELDS[3]);
            let __fa_field4 = (__FA_FIELD4.1)(__fa_reader, &Self::FIELDS[4]);
            ::core::option::Option::Some(Self {
                amount: __fa_field0?,
                description: __fa_field1?,
                beneficiary: __fa_field2?,
                currency: __fa_field3?,
                receipts: __fa_field4?,
            })
        }
    }
};
