// Recorded expansion, not compiled: see README.md beside this file.
// #[allow(non_snake_case)] #[expect(dead_code)] struct Lints { #[deprecated] isOpen: bool }

#[allow(non_snake_case)]
#[allow(dead_code)]
#[allow(deprecated)]
const _: () = {
    use ::forest_actions::__private as __fa;
    const __FA_FIELD0: (
        __fa::FieldSpec,
        fn(
            &mut __fa::FormReader<'_>,
            &'static __fa::FieldSpec,
        ) -> ::core::option::Option<bool>,
        fn(bool) -> __fa::Value,
    ) = (
        __fa::field::<bool, _>("isOpen").build(),
        |__fa_reader, __fa_field| __fa_reader.read::<bool>(__fa_field),
        __fa::field_json::<bool>,
    );
    #[allow(dead_code, non_upper_case_globals)]
    impl Lints {
        ///The name of the field `isOpen`.
        const ISOPEN: __fa::FieldName<Lints, bool> = __fa::FieldName::new("isOpen");
    }
    #[automatically_derived]
    impl __fa::ActionForm for Lints {
        const FIELDS: &'static [__fa::FieldSpec] = &[__FA_FIELD0.0];
        fn from_values(
            __fa_reader: &mut __fa::FormReader<'_>,
        ) -> ::core::option::Option<Self> {
            let __fa_field0 = (__FA_FIELD0
                .1)(__fa_reader, &<Self as __fa::ActionForm>::FIELDS[0]);
            ::core::option::Option::Some(Self { isOpen: __fa_field0? })
        }
        fn into_values(self) -> ::std::vec::Vec<(&'static str, __fa::Value)> {
            ::core::convert::From::from([("isOpen", (__FA_FIELD0.2)(self.isOpen))])
        }
    }
};
