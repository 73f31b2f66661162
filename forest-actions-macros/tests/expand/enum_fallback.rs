// Recorded expansion, not compiled: see README.md beside this file.
// enum Broken { A(u8), B }

const _: () = {
    use ::forest_actions::__private as __fa;
    __fa::enum_field!(Broken);
    #[automatically_derived]
    impl __fa::ActionEnum for Broken {
        const OPTIONS: &'static [&'static str] = &[];
        fn from_index(_: usize) -> ::core::option::Option<Self> {
            ::core::option::Option::None
        }
        fn index(&self) -> usize {
            0
        }
    }
};
