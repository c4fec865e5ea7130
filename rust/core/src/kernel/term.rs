//! The functions whose sums over table cells are wanted.

use super::lanes::Lanes;
use super::logarithm::POLYNOMIAL;

/// A function `f` with `f(0) = 0`, summed over the cells of a marginal.
pub(super) trait Term {
    /// `acc + f(x)`, lane by lane.
    ///
    /// # Safety
    /// As for [`Lanes`].
    unsafe fn accumulate<L: Lanes>(acc: L, x: L) -> L;
}

/// `x ln x`: minus the sum over a normalised table is its entropy.
pub(super) struct XLnX;

impl Term for XLnX {
    #[inline(always)]
    unsafe fn accumulate<L: Lanes>(acc: L, x: L) -> L {
        // SAFETY: the caller's promise is the one needed.
        unsafe {
            let (exponent, r, log_center) = x.split();
            let whole = exponent.mul_add(L::splat(std::f64::consts::LN_2), log_center);
            let mut p = L::splat(POLYNOMIAL[7]);
            for &coefficient in POLYNOMIAL[..7].iter().rev() {
                p = p.mul_add(r, L::splat(coefficient));
            }
            acc.add_product_unless_zero(x, p.mul_add(r, whole))
        }
    }
}

/// `x` itself: the sum is the mass.
pub(super) struct Identity;

impl Term for Identity {
    #[inline(always)]
    unsafe fn accumulate<L: Lanes>(acc: L, x: L) -> L {
        // SAFETY: the caller's promise is the one needed.
        unsafe { acc.add(x) }
    }
}

/// `1` for a positive cell: the sum is the size of the support.
pub(super) struct Positive;

impl Term for Positive {
    #[inline(always)]
    unsafe fn accumulate<L: Lanes>(acc: L, x: L) -> L {
        // SAFETY: the caller's promise is the one needed.
        unsafe {
            let zero = x.indicator_eq(L::splat(0.0));
            acc.add(zero.mul_add(L::splat(-1.0), L::splat(1.0)))
        }
    }
}

/// `1` for a cell that holds exactly one: the sum over counts is the number of singletons.
pub(super) struct Singleton;

impl Term for Singleton {
    #[inline(always)]
    unsafe fn accumulate<L: Lanes>(acc: L, x: L) -> L {
        // SAFETY: the caller's promise is the one needed.
        unsafe { acc.add(x.indicator_eq(L::splat(1.0))) }
    }
}
