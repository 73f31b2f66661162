//! Compiles the code of the book.
