//! Plain Rust, for every machine: four doubles that the compiler may keep in any registers.

use super::lanes::Lanes;
use super::logarithm::{LN_CENTER, RECIPROCAL};

/// Four doubles.
#[derive(Clone, Copy)]
pub(super) struct Portable([f64; 4]);

const MANTISSA: u64 = (1 << 52) - 1;
const ONE: u64 = 1023 << 52;
/// Brings every subnormal number into the normal range.
const LIFT: f64 = (1u64 << 54) as f64;

impl Portable {
    #[inline(always)]
    fn map(self, f: impl Fn(f64) -> f64) -> Self {
        Self(self.0.map(f))
    }

    #[inline(always)]
    fn zip(self, other: Self, f: impl Fn(f64, f64) -> f64) -> Self {
        Self(std::array::from_fn(|k| f(self.0[k], other.0[k])))
    }
}

/// Fused where that is one instruction; elsewhere the fused form is a slow library call.
#[inline(always)]
fn mul_add(x: f64, y: f64, z: f64) -> f64 {
    if cfg!(target_arch = "aarch64") {
        x.mul_add(y, z)
    } else {
        x * y + z
    }
}

impl Lanes for Portable {
    const WIDTH: usize = 4;

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller vouches for four doubles at `from`.
        Self(unsafe { from.cast::<[f64; 4]>().read() })
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f64, count: usize) -> Self {
        let mut x = [0.0; 4];
        // SAFETY: the caller vouches for `count` doubles at `from`.
        x[..count].copy_from_slice(unsafe { std::slice::from_raw_parts(from, count) });
        Self(x)
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller vouches for four doubles at `to`.
        unsafe { to.cast::<[f64; 4]>().write(self.0) };
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f64, count: usize) {
        // SAFETY: the caller vouches for `count` doubles at `to`.
        unsafe { std::slice::from_raw_parts_mut(to, count) }.copy_from_slice(&self.0[..count]);
    }

    #[inline(always)]
    unsafe fn splat(x: f64) -> Self {
        Self([x; 4])
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        self.zip(other, |x, y| x + y)
    }

    #[inline(always)]
    unsafe fn pair_sums(self, other: Self, inner: usize) -> Self {
        let ([a, b, c, d], [e, f, g, h]) = (self.0, other.0);
        Self(match inner {
            1 => [a + b, c + d, e + f, g + h],
            _ => [a + c, b + d, e + g, f + h],
        })
    }

    #[inline(always)]
    unsafe fn row_sums(rows: &[Self; 8]) -> Self {
        // SAFETY: plain arithmetic.
        Self(std::array::from_fn(|k| unsafe { rows[k].total() }))
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self {
        Self(std::array::from_fn(|k| {
            mul_add(self.0[k], factor.0[k], term.0[k])
        }))
    }

    #[inline(always)]
    unsafe fn indicator_eq(self, other: Self) -> Self {
        self.zip(other, |x, y| f64::from(u8::from(x == y)))
    }

    #[inline(always)]
    unsafe fn split(self) -> (Self, Self, Self) {
        let lifted = self.map(|x| if x < f64::MIN_POSITIVE { x * LIFT } else { x });
        let index = |x: f64| (x.to_bits() >> 48 & 15) as usize;
        let exponent = self.zip(lifted, |x, y| {
            let bias = if x < f64::MIN_POSITIVE { 1077 } else { 1023 };
            ((y.to_bits() >> 52) as i32 - bias) as f64
        });
        // `m - c` is exact, so that without a fused product nothing is lost to cancellation.
        let r = lifted.map(|x| {
            let m = f64::from_bits(x.to_bits() & MANTISSA | ONE);
            let center = f64::from_bits(m.to_bits() & !(MANTISSA >> 4) | 1 << 47);
            (m - center) * RECIPROCAL[index(x)]
        });
        (exponent, r, lifted.map(|x| LN_CENTER[index(x)]))
    }

    #[inline(always)]
    unsafe fn add_product_unless_zero(self, x: Self, factor: Self) -> Self {
        let factor = x.zip(factor, |x, f| if x == 0.0 { 0.0 } else { f });
        // SAFETY: plain arithmetic.
        unsafe { x.mul_add(factor, self) }
    }

    #[inline(always)]
    unsafe fn total(self) -> f64 {
        let [a, b, c, d] = self.0;
        (a + c) + (b + d)
    }
}
