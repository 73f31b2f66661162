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
        fn(f64) -> __fa::Value,
    ) = (
        __fa::field::<f64, _>("amount")
            .description("The amount (USD) to charge the credit card. Example: 42.50")
            .min((0.5) as f64)
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<f64>(__fa_field),
        __fa::field_json::<f64>,
    );
    const __FA_FIELD1: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<String>,
        fn(String) -> __fa::Value,
    ) = (
        __fa::field::<String, _>("description")
            .description(
                "Explain the reason why you want to charge manually the customer here",
            )
            .widget(|| __fa::widget::<String, _>(__fa::widgets::text_area().rows(4)))
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<String>(__fa_field),
        __fa::field_json::<String>,
    );
    const __FA_FIELD2: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<Option<i64>>,
        fn(Option<i64>) -> __fa::Value,
    ) = (
        __fa::field::<Option<i64>, _>("Beneficiary company")
            .rust_name("beneficiary")
            .reference("companies.id")
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<Option<i64>>(__fa_field),
        __fa::field_json::<Option<i64>>,
    );
    const __FA_FIELD3: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<Currency>,
        fn(Currency) -> __fa::Value,
    ) = (
        __fa::field::<Currency, _>("currency").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<Currency>(__fa_field),
        __fa::field_json::<Currency>,
    );
    const __FA_FIELD4: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<Vec<FormFile>>,
        fn(Vec<FormFile>) -> __fa::Value,
    ) = (
        __fa::field::<Vec<FormFile>, _>("receipts").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<Vec<FormFile>>(__fa_field),
        __fa::field_json::<Vec<FormFile>>,
    );
    #[allow(dead_code, non_upper_case_globals)]
    impl ChargeCreditCard {
        ///The name of the field `amount`.
        const AMOUNT: __fa::FieldName<ChargeCreditCard, f64> = __fa::FieldName::new(
            "amount",
        );
        ///The name of the field `description`.
        const DESCRIPTION: __fa::FieldName<ChargeCreditCard, String> = __fa::FieldName::new(
            "description",
        );
        ///The name of the field `beneficiary`.
        const BENEFICIARY: __fa::FieldName<ChargeCreditCard, Option<i64>> = __fa::FieldName::new(
            "Beneficiary company",
        );
        ///The name of the field `currency`.
        const CURRENCY: __fa::FieldName<ChargeCreditCard, Currency> = __fa::FieldName::new(
            "currency",
        );
        ///The name of the field `receipts`.
        const RECEIPTS: __fa::FieldName<ChargeCreditCard, Vec<FormFile>> = __fa::FieldName::new(
            "receipts",
        );
    }
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
            let __fa_field0 = (__FA_FIELD0
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[0]);
            let __fa_field1 = (__FA_FIELD1
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[1]);
            let __fa_field2 = (__FA_FIELD2
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[2]);
            let __fa_field3 = (__FA_FIELD3
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[3]);
            let __fa_field4 = (__FA_FIELD4
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[4]);
            ::core::option::Option::Some(Self {
                amount: __fa_field0?,
                description: __fa_field1?,
                beneficiary: __fa_field2?,
                currency: __fa_field3?,
                receipts: __fa_field4?,
            })
        }
        fn into_values(self) -> ::std::vec::Vec<(&'static str, __fa::Value)> {
            ::core::convert::From::from([
                ("amount", (__FA_FIELD0.2)(self.amount)),
                ("description", (__FA_FIELD1.2)(self.description)),
                ("Beneficiary company", (__FA_FIELD2.2)(self.beneficiary)),
                ("currency", (__FA_FIELD3.2)(self.currency)),
                ("receipts", (__FA_FIELD4.2)(self.receipts)),
            ])
        }
    }
};
