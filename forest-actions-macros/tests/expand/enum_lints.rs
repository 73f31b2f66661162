// Recorded expansion, not compiled: see README.md beside this file.
// #[allow(non_camel_case_types)] #[form(crate = "my::forest")] enum Lints { #[deprecated] a, b }

#[allow(non_camel_case_types)]
#[allow(deprecated)]
const _: () = {
    use my::forest::__private as __fa;
    __fa::enum_field!(Lints);
    #[automatically_derived]
    impl __fa::ActionEnum for Lints {
        const OPTIONS: &'static [&'static str] = &["a", "b"];
        fn from_index(__fa_index: usize) -> ::core::option::Option<Self> {
            match __fa_index {
                0 => ::core::option::Option::Some(Self::a),
                1 => ::core::option::Option::Some(Self::b),
                _ => ::core::option::Option::None,
            }
        }
        fn index(&self) -> usize {
            match self {
                Self::a => 0,
                Self::b => 1,
            }
        }
    }
};
