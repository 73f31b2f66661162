//! A program that never mentions its package's own library.

fn main() {}

#[cfg(test)]
mod tests {
    include!("served.rs");

    #[test]
    fn the_own_library_is_absent_when_main_does_not_name_it() {
        assert_eq!(served().unwrap(), [""; 0]);
    }
}
