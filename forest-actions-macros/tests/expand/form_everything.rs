// Recorded expansion, not compiled: see README.md beside this file.
// #[form(crate = crate::reexport, layout = layouts::two_pages)]
// pub(crate) struct Everything {
// #[field(label = "A \"number\"", description = "Given", default = 2.5 * 2.0, required, read_only,
// min = 0, max = LIMIT + 1.0, change = hooks::amount_changed, widget = number_input(step = 0.5))]
// amount: Option<f64>,
// #[field(default = "Dear", required = false, min_length = 1, max_length = 80, pattern = r"^\w+$", widget = rich_text)]
// text: String,
// #[field(secret, options = Plan::names)]
// plan: String,
// #[field(options, reference = "sales.orders.id")]
// order: Vec<String>,
// #[field(max_size = "5 MB", min_count = 1, max_count = 3, media_types = ["application/pdf", "image/*"])]
// files: Vec<FormFile>,
// }

const _: () = {
    use crate::reexport::__private as __fa;
    const __FA_FIELD0: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<Option<f64>>,
        fn(Option<f64>) -> __fa::Value,
    ) = (
        __fa::field::<Option<f64>, _>("A \"number\"")
            .rust_name("amount")
            .description("Given")
            .required(true)
            .read_only()
            .min((0) as f64)
            .max((LIMIT + 1.0) as f64)
            .widget(|| __fa::widget::<
                Option<f64>,
                _,
            >(__fa::widgets::number_input().step(0.5)))
            .default_value(|| __fa::default_value::<Option<f64>>(2.5 * 2.0))
            .change(|__fa_call| <__fa::HookOf<
                Everything,
            >>::run(__fa_call, hooks::amount_changed))
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<Option<f64>>(__fa_field),
        __fa::field_json::<Option<f64>>,
    );
    const __FA_FIELD1: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<String>,
        fn(String) -> __fa::Value,
    ) = (
        __fa::field::<String, _>("text")
            .required(false)
            .min_length(1)
            .max_length(80)
            .pattern("^\\w+$")
            .widget(|| __fa::widget::<String, _>(__fa::widgets::rich_text()))
            .default_value(|| __fa::default_value::<String>(__fa::text_default("Dear")))
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<String>(__fa_field),
        __fa::field_json::<String>,
    );
    const __FA_FIELD2: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<String>,
        fn(String) -> __fa::Value,
    ) = (
        __fa::field::<String, _>("plan")
            .secret()
            .options(|| __fa::options(Plan::names()))
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<String>(__fa_field),
        __fa::field_json::<String>,
    );
    const __FA_FIELD3: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<Vec<String>>,
        fn(Vec<String>) -> __fa::Value,
    ) = (
        __fa::field::<Vec<String>, _>("order")
            .reference("sales.orders.id")
            .dynamic_options()
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<Vec<String>>(__fa_field),
        __fa::field_json::<Vec<String>>,
    );
    const __FA_FIELD4: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<Vec<FormFile>>,
        fn(Vec<FormFile>) -> __fa::Value,
    ) = (
        __fa::field::<Vec<FormFile>, _>("files")
            .max_size(5000000)
            .min_count(1)
            .max_count(3)
            .media_types(&["application/pdf", "image/*"])
            .build(),
        |__fa_reader, __fa_field| __fa_reader.read::<Vec<FormFile>>(__fa_field),
        __fa::field_json::<Vec<FormFile>>,
    );
    #[allow(dead_code, non_upper_case_globals)]
    impl Everything {
        ///The name of the field `amount`.
        const AMOUNT: __fa::FieldName<Everything, Option<f64>> = __fa::FieldName::new(
            "A \"number\"",
        );
        ///The name of the field `text`.
        const TEXT: __fa::FieldName<Everything, String> = __fa::FieldName::new("text");
        ///The name of the field `plan`.
        const PLAN: __fa::FieldName<Everything, String> = __fa::FieldName::new("plan");
        ///The name of the field `order`.
        const ORDER: __fa::FieldName<Everything, Vec<String>> = __fa::FieldName::new(
            "order",
        );
        ///The name of the field `files`.
        const FILES: __fa::FieldName<Everything, Vec<FormFile>> = __fa::FieldName::new(
            "files",
        );
    }
    #[automatically_derived]
    impl __fa::ActionForm for Everything {
        const FIELDS: &'static [__fa::FieldSpec] = &[
            __FA_FIELD0.0,
            __FA_FIELD1.0,
            __FA_FIELD2.0,
            __FA_FIELD3.0,
            __FA_FIELD4.0,
        ];
        fn layout() -> ::core::option::Option<__fa::Layout> {
            let __fa_layout: __fa::Layout = layouts::two_pages();
            ::core::option::Option::Some(__fa_layout)
        }
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
                text: __fa_field1?,
                plan: __fa_field2?,
                order: __fa_field3?,
                files: __fa_field4?,
            })
        }
        fn into_values(self) -> ::std::vec::Vec<(&'static str, __fa::Value)> {
            ::core::convert::From::from([
                ("A \"number\"", (__FA_FIELD0.2)(self.amount)),
                ("text", (__FA_FIELD1.2)(self.text)),
                ("plan", (__FA_FIELD2.2)(self.plan)),
                ("order", (__FA_FIELD3.2)(self.order)),
                ("files", (__FA_FIELD4.2)(self.files)),
            ])
        }
    }
};
