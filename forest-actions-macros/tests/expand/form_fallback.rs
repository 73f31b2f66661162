// Recorded expansion, not compiled: see README.md beside this file.
// #[form(crate = crate::reexport, colour)] struct Broken<'a, T: Clone, const N: usize> where T: Copy { #[field(mn = 1)] a: &'a [T; N] }

const _: () = {
    use crate::reexport::__private as __fa;
    #[automatically_derived]
    impl<'a: 'static, T: Clone + 'static, const N: usize> __fa::ActionForm
    for Broken<'a, T, N>
    where
        T: Copy,
    {
        const FIELDS: &'static [__fa::FieldSpec] = &[];
        fn from_values(_: &mut __fa::FormReader<'_>) -> ::core::option::Option<Self> {
            ::core::option::Option::None
        }
    }
};
