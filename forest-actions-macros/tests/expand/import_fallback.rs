// Recorded expansion, not compiled: see README.md beside this file.
// #[import(crate = my::forest, colour)] struct Broken<'a, T> { #[column(mn = 1)] a: &'a T }

const _: () = {
    use my::forest::__private as __fa;
    #[automatically_derived]
    impl<'a: 'static, T: 'static> __fa::ImportRow for Broken<'a, T> {
        const COLUMNS: &'static [__fa::ColumnSpec] = &[];
        fn from_row(_: &mut __fa::RowReader<'_>) -> ::core::option::Option<Self> {
            ::core::option::Option::None
        }
    }
};
