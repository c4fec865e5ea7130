//! What the walk needs to know of a code.

/// What is left of a code once its first column is decided.
pub(super) enum Split<B> {
    /// The column is zero: dropping and keeping it come to the same, and the rank is the same.
    Zero(B),
    /// No other column depends on it: dropping and keeping it leave the same code.
    Free(B),
    /// Dropped, kept.
    Both(B, B),
}

/// A code, by its basis in reduced row echelon form.
pub(super) trait Basis: Sized + Send {
    fn rank(&self) -> usize;
    fn columns(&self) -> usize;
    fn split(&self) -> Split<Self>;
    /// A number that tells codes on the same few columns apart, if there is one.
    fn key(&self) -> Option<u64>;
}
