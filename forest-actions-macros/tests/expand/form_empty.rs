// Recorded expansion, not compiled: see README.md beside this file.
// struct Nothing {}

const _: () = {
    use ::forest_actions::__private as __fa;
    #[allow(dead_code, non_upper_case_globals)]
    impl Nothing {}
    #[automatically_derived]
    impl __fa::ActionForm for Nothing {
        const FIELDS: &'static [__fa::FieldSpec] = &[];
        fn from_values(
            __fa_reader: &mut __fa::FormReader<'_>,
        ) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self {})
        }
        fn into_values(self) -> ::std::vec::Vec<(&'static str, __fa::Value)> {
            ::core::convert::From::from([])
        }
    }
};
