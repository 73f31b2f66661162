// Recorded expansion, not compiled: see README.md beside this file.
// struct Nothing {}

const _: () = {
    use ::forest_actions::__private as __fa;
    #[automatically_derived]
    impl __fa::ActionForm for Nothing {
        const FIELDS: &'static [__fa::FieldSpec] = &[];
        fn from_values(
            __fa_reader: &mut __fa::FormReader<'_>,
        ) -> ::core::option::Option<Self> {
            ::core::option::Option::Some(Self {})
        }
    }
};
