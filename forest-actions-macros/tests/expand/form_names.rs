// Recorded expansion, not compiled: see README.md beside this file.
// struct Names { r#type: String, f0: bool, __fa: i64, call: f64 }

const _: () = {
    use ::forest_actions::__private as __fa;
    const __FA_FIELD0: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<String>,
    ) = (
        __fa::field::<String, _>("type").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<String>(__fa_field),
    );
    const __FA_FIELD1: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<bool>,
    ) = (
        __fa::field::<bool, _>("f0").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<bool>(__fa_field),
    );
    const __FA_FIELD2: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<i64>,
    ) = (
        __fa::field::<i64, _>("__fa").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<i64>(__fa_field),
    );
    const __FA_FIELD3: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<f64>,
    ) = (
        __fa::field::<f64, _>("call").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<f64>(__fa_field),
    );
    #[automatically_derived]
    impl __fa::ActionForm for Names {
        const FIELDS: &'static [__fa::FieldSpec] = &[
            __FA_FIELD0.0,
            __FA_FIELD1.0,
            __FA_FIELD2.0,
            __FA_FIELD3.0,
        ];
        fn from_values(
            __fa_reader: &mut __fa::FormReader<'_>,
        ) -> ::core::option::Option<Self> {
            let __fa_field0 = (__FA_FIELD0.1)(__fa_reader, &Self::FIELDS[0]);
            let __fa_field1 = (__FA_FIELD1.1)(__fa_reader, &Self::FIELDS[1]);
            let __fa_field2 = (__FA_FIELD2.1)(__fa_reader, &Self::FIELDS[2]);
            let __fa_field3 = (__FA_FIELD3.1)(__fa_reader, &Self::FIELDS[3]);
            ::core::option::Option::Some(Self {
                r#type: __fa_field0?,
                f0: __fa_field1?,
                __fa: __fa_field2?,
                call: __fa_field3?,
            })
        }
    }
};
