// Recorded expansion, not compiled: see README.md beside this file.
// /// Not sent.
// pub enum Plan {
// /// Not sent either.
// Free,
// #[option("Premium plan")]
// Premium = 7,
// r#Self_,
// #[option("An \"other\" one",)]
// #[cfg(unix)]
// Other,
// }

const _: () = {
    use ::forest_actions::__private as __fa;
    __fa::enum_field!(Plan);
    #[automatically_derived]
    impl __fa::ActionEnum for Plan {
        const OPTIONS: &'static [&'static str] = &[
            "Free",
            "Premium plan",
            "Self_",
            "An \"other\" one",
        ];
        fn from_index(__fa_index: usize) -> ::core::option::Option<Self> {
            match __fa_index {
                0 => ::core::option::Option::Some(Self::Free),
                1 => ::core::option::Option::Some(Self::Premium),
                2 => ::core::option::Option::Some(Self::r#Self_),
                3 => ::core::option::Option::Some(Self::Other),
                _ => ::core::option::Option::None,
            }
        }
        fn index(&self) -> usize {
            match self {
                Self::Free => 0,
                Self::Premium => 1,
                Self::r#Self_ => 2,
                Self::Other => 3,
            }
        }
    }
};
