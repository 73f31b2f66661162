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
        fn(String) -> __fa::Value,
    ) = (
        __fa::field::<String, _>("type").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<String>(__fa_field),
        __fa::field_json::<String>,
    );
    const __FA_FIELD1: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<bool>,
        fn(bool) -> __fa::Value,
    ) = (
        __fa::field::<bool, _>("f0").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<bool>(__fa_field),
        __fa::field_json::<bool>,
    );
    const __FA_FIELD2: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<i64>,
        fn(i64) -> __fa::Value,
    ) = (
        __fa::field::<i64, _>("__fa").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<i64>(__fa_field),
        __fa::field_json::<i64>,
    );
    const __FA_FIELD3: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<f64>,
        fn(f64) -> __fa::Value,
    ) = (
        __fa::field::<f64, _>("call").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<f64>(__fa_field),
        __fa::field_json::<f64>,
    );
    #[allow(dead_code, non_upper_case_globals)]
    impl Names {
        ///The name of the field `r#type`.
        const TYPE: __fa::FieldName<Names, String> = __fa::FieldName::new("type");
        ///The name of the field `f0`.
        const F0: __fa::FieldName<Names, bool> = __fa::FieldName::new("f0");
        ///The name of the field `__fa`.
        const __FA: __fa::FieldName<Names, i64> = __fa::FieldName::new("__fa");
        ///The name of the field `call`.
        const CALL: __fa::FieldName<Names, f64> = __fa::FieldName::new("call");
    }
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
            let __fa_field0 = (__FA_FIELD0
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[0]);
            let __fa_field1 = (__FA_FIELD1
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[1]);
            let __fa_field2 = (__FA_FIELD2
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[2]);
            let __fa_field3 = (__FA_FIELD3
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[3]);
            ::core::option::Option::Some(Self {
                r#type: __fa_field0?,
                f0: __fa_field1?,
                __fa: __fa_field2?,
                call: __fa_field3?,
            })
        }
        fn into_values(self) -> ::std::vec::Vec<(&'static str, __fa::Value)> {
            ::core::convert::From::from([
                ("type", (__FA_FIELD0.2)(self.r#type)),
                ("f0", (__FA_FIELD1.2)(self.f0)),
                ("__fa", (__FA_FIELD2.2)(self.__fa)),
                ("call", (__FA_FIELD3.2)(self.call)),
            ])
        }
    }
};
