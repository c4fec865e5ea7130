//! What a kernel needs of an instruction set: a handful of doubles and how to compute with them.

/// A register of [`WIDTH`](Self::WIDTH) doubles.
///
/// # Safety
/// An implementation may use instructions that not every machine has. Its values must be made and
/// used only inside a function compiled for, and reached only on, machines that have them; the
/// shells in this module's siblings guarantee it.
pub(super) trait Lanes: Copy {
    /// Doubles in a register.
    const WIDTH: usize;

    /// Reads `WIDTH` doubles.
    ///
    /// # Safety
    /// `from` must be valid for `WIDTH` reads; see also the trait.
    unsafe fn load(from: *const f64) -> Self;

    /// Reads `count < WIDTH` doubles and fills up with zeros.
    ///
    /// # Safety
    /// `from` must be valid for `count` reads; see also the trait.
    unsafe fn load_first(from: *const f64, count: usize) -> Self;

    /// Writes `WIDTH` doubles.
    ///
    /// # Safety
    /// `to` must be valid for `WIDTH` writes; see also the trait.
    unsafe fn store(self, to: *mut f64);

    /// Writes the first `count < WIDTH` doubles.
    ///
    /// # Safety
    /// `to` must be valid for `count` writes; see also the trait.
    unsafe fn store_first(self, to: *mut f64, count: usize);

    /// The same value everywhere.
    ///
    /// # Safety
    /// See the trait; so for all that follow.
    unsafe fn splat(x: f64) -> Self;

    /// `self + other`.
    unsafe fn add(self, other: Self) -> Self;

    /// Reads `self, other` as cells of shape `(.., 2, inner)` with `inner < WIDTH` a power of two,
    /// and sums out the middle.
    unsafe fn pair_sums(self, other: Self, inner: usize) -> Self;

    /// The sum of each of the first `WIDTH` registers.
    unsafe fn row_sums(rows: &[Self; 8]) -> Self;

    /// `self * factor + term`, fused where the hardware does it.
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self;

    /// `1.0` where equal, `0.0` elsewhere.
    unsafe fn indicator_eq(self, other: Self) -> Self;

    /// Splits a positive `x = 2^e m` with `1 <= m < 2` into `(e, r, l)` such that
    /// `ln m = l + ln(1 + r)` and `|r|` is at most about `1/33`. Anything may come out where `x` is
    /// zero.
    unsafe fn split(self) -> (Self, Self, Self);

    /// `self + x * factor` where `x != 0`, `self` elsewhere, whatever `factor` comes out of
    /// [`split`](Self::split) there.
    unsafe fn add_product_unless_zero(self, x: Self, factor: Self) -> Self;

    /// Sum of the lanes, always in the same order.
    unsafe fn total(self) -> f64;
}
