//! Accurate sums whose value depends on the order of the terms alone.
//!
//! A [`Sum`] is an unevaluated pair `high + low` (about 106 bits): every addition keeps its exact
//! rounding error (Knuth's two-sum). Differences of two such sums lose nothing that a double could
//! show, which is what the curve needs: its increments are differences of mean entropies.

use std::ops::{Add, Div, Mul, Neg, Sub};
use std::sync::LazyLock;

/// A number held as `high + low` with `|low| <= ulp(high) / 2`.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Sum {
    high: f64,
    low: f64,
}

/// `a + b` as a rounded value and its exact rounding error.
#[inline(always)]
fn two_sum(a: f64, b: f64) -> (f64, f64) {
    let s = a + b;
    let t = s - a;
    (s, (a - (s - t)) + (b - t))
}

/// `a * b` as a rounded value and its exact rounding error (Dekker's splitting: no fused
/// multiply-add is assumed, so the bits do not depend on the machine).
#[inline]
fn two_product(a: f64, b: f64) -> (f64, f64) {
    const SPLIT: f64 = 134_217_729.0; // 2^27 + 1
    let split = |x: f64| {
        let c = SPLIT * x;
        let high = c - (c - x);
        (high, x - high)
    };
    let p = a * b;
    let ((ah, al), (bh, bl)) = (split(a), split(b));
    (p, ((ah * bh - p) + ah * bl + al * bh) + al * bl)
}

impl Sum {
    /// The empty sum.
    pub const ZERO: Self = Self {
        high: 0.0,
        low: 0.0,
    };

    /// Adds one term.
    #[inline(always)]
    pub fn push(&mut self, term: f64) {
        let (s, e) = two_sum(self.high, term);
        let (high, low) = two_sum(s, e + self.low);
        self.high = high;
        self.low = low;
    }

    /// The nearest double.
    pub fn value(self) -> f64 {
        self.high + self.low
    }
}

impl From<f64> for Sum {
    fn from(x: f64) -> Self {
        Self { high: x, low: 0.0 }
    }
}

impl Add for Sum {
    type Output = Self;
    fn add(mut self, other: Self) -> Self {
        self.push(other.low);
        self.push(other.high);
        self
    }
}

impl Neg for Sum {
    type Output = Self;
    fn neg(self) -> Self {
        Self {
            high: -self.high,
            low: -self.low,
        }
    }
}

impl Sub for Sum {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Mul<f64> for Sum {
    type Output = Self;
    fn mul(self, factor: f64) -> Self {
        let (p, e) = two_product(self.high, factor);
        let mut out = Self::from(p);
        out.push(e + self.low * factor);
        out
    }
}

impl Div<f64> for Sum {
    type Output = Self;
    fn div(self, divisor: f64) -> Self {
        let quotient = (self.high + self.low) / divisor;
        let rest = self - Self::from(divisor) * quotient;
        let mut out = Self::from(quotient);
        out.push(rest.value() / divisor);
        out
    }
}

impl Mul for Sum {
    type Output = Self;
    fn mul(self, factor: Self) -> Self {
        let mut out = self * factor.high;
        if factor.low != 0.0 {
            out = out + self * factor.low;
        }
        out
    }
}

impl Div for Sum {
    type Output = Self;
    fn div(self, divisor: Self) -> Self {
        let quotient = self / divisor.high;
        quotient - quotient * (divisor.low / divisor.high)
    }
}

/// Largest `n` of [`binomials`].
const MAX_BINOMIAL: usize = 64;

/// The binomial coefficients `C(n, 0), .., C(n, n)` for `n <= 64`, exactly. From `n = 57` on a
/// double does not hold them all.
pub fn binomials(n: usize) -> &'static [Sum] {
    static TRIANGLE: LazyLock<Vec<Vec<Sum>>> = LazyLock::new(|| {
        let row = |n: usize| {
            let mut here = 1u128;
            let entry = move |k: usize| {
                let high = here as f64;
                let low = (here as i128 - high as i128) as f64;
                here = here * (n - k) as u128 / (k + 1) as u128;
                Sum { high, low }
            };
            (0..=n).map(entry).collect()
        };
        (0..=MAX_BINOMIAL).map(row).collect()
    });
    &TRIANGLE[n]
}

impl FromIterator<f64> for Sum {
    fn from_iter<I: IntoIterator<Item = f64>>(terms: I) -> Self {
        let mut sum = Self::ZERO;
        for term in terms {
            sum.push(term);
        }
        sum
    }
}

impl std::iter::Sum for Sum {
    fn sum<I: Iterator<Item = Self>>(terms: I) -> Self {
        terms.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_what_doubles_lose() {
        let sum: Sum = [1.0, 1e100, 1.0, -1e100].into_iter().collect();
        assert_ne!([1.0, 1e100, 1.0, -1e100].iter().sum::<f64>(), 2.0);
        // 1e100 needs more than 106 bits beside 1.0; a gap of 2^100 does not.
        assert!(sum.value() == 0.0 || sum.value() == 2.0);
        let big = 2f64.powi(100);
        let sum: Sum = [1.0, big, 1.0, -big].into_iter().collect();
        assert_eq!(sum.value(), 2.0);
    }

    #[test]
    fn binomials_are_exact() {
        for n in 0..=MAX_BINOMIAL {
            let row = binomials(n);
            assert_eq!(row.len(), n + 1);
            let total: Sum = row.iter().copied().sum();
            assert_eq!(total, Sum::from(2f64.powi(n as i32)));
            if n > 0 {
                let above = binomials(n - 1).windows(2).map(|pair| pair[0] + pair[1]);
                assert!(above.eq(row[1..n].iter().copied()));
            }
        }
        let middle = binomials(64)[32];
        let ratio = Sum::from(1.0) * middle / middle;
        assert!((ratio - Sum::from(1.0)).value().abs() < 1e-31);
    }

    #[test]
    fn differences_are_exact() {
        let third = Sum::from(1.0) * (1.0 / 3.0);
        let tiny = Sum::from(1e-20);
        assert_eq!(((third + tiny) - third).value(), 1e-20);
        let product = Sum::from(0.1) * 0.1;
        let exact = 0.1f64.mul_add(0.1, -(0.1 * 0.1));
        assert_eq!((product - Sum::from(0.1 * 0.1)).value(), exact);
        let seventh = Sum::from(1.0) / 7.0;
        assert!((seventh * 7.0 - Sum::from(1.0)).value().abs() < 1e-31);
    }
}
