//! Proof that an implementation of the state port answers as the books in memory do.
