//! What is known of a curve when the curve is not: bounds on linear functionals of it.
//!
//! An information curve `Z_1 = 0 <= Z_2 <= .. <= Z_n` is a sum of *thresholds*, `Z_j = sum_m w_m
//! 1[j > m]` with `w_m = Z_{m+1} - Z_m >= 0`, `m = 1..n-1`, and every such sum is approached by
//! distributions (Chen, He, Jiang, Wang, ISIT 2009). So the total correlation, the dual total
//! correlation, the largest information `Z_n` and the harmonic mass (Wainwright, arXiv 2608.13520)
//! are linear in `w`, with the loads of [`loads`] at each threshold.

use crate::error::{Error, Result};

/// How many functionals there are.
pub const FUNCTIONALS: usize = 4;

/// Their names, as callers know them.
const NAMES: [&str; FUNCTIONALS] = [
    "total_correlation",
    "dual_total_correlation",
    "max_information",
    "harmonic_mass",
];

/// Their places.
const TC: usize = 0;
const DTC: usize = 1;
const MOST: usize = 2;
const MASS: usize = 3;

/// One number for each functional, in the order total correlation, dual total correlation, largest
/// information, harmonic mass.
pub type PerFunctional = [f64; FUNCTIONALS];

/// Upper bounds on functionals of the curve of `n` tokens; infinite where nothing is known.
#[derive(Debug, Clone, Copy)]
pub struct Knowns {
    pub(crate) n: usize,
    pub(crate) bounds: PerFunctional,
}

impl Knowns {
    /// At least one bound must be finite, and none negative.
    pub fn new(n: usize, bounds: PerFunctional) -> Result<Self> {
        if n == 0 {
            return Err(Error::invalid("n", "is 0, expected at least 1 token"));
        }
        for (name, bound) in NAMES.into_iter().zip(bounds) {
            if bound.is_nan() || bound < 0.0 {
                let problem = format!("is {bound}, expected a number of nats >= 0");
                return Err(Error::invalid(name, problem));
            }
        }
        if bounds.iter().all(|bound| bound.is_infinite()) {
            let problem = "nothing is, expected a bound on at least one functional of the curve";
            return Err(Error::invalid("known", problem));
        }
        Ok(Self { n, bounds })
    }

    /// Whether the curve is known to be zero, and all tokens independent.
    pub(super) fn nothing_to_lose(&self) -> bool {
        self.n == 1 || self.bounds.contains(&0.0)
    }
}

/// Sets of functionals on which a budget is spent best: whatever multipliers it buys, those of one
/// of the sets charge at least as much for every threshold.
///
/// A bound that another implies is in none of them. The loads of `TC` and `DTC` sum to `n` times that
/// of the largest information `Z_n`. So bounds on the two imply one on `Z_n`; and if `Z_n` is known
/// to be less, what is spent on both `TC` and `DTC` is better spent on `Z_n`, until nothing is spent on
/// one of them. The loads in a set are linearly independent functions of the threshold: without
/// that, whole lines of multipliers would be alike, and a search among them endless.
pub(super) fn alternatives(known: &Knowns) -> Vec<Vec<usize>> {
    let n = known.n as f64;
    let [tc, dtc, most, mass] = known.bounds;
    let mut useful: Vec<usize> = (0..FUNCTIONALS)
        .filter(|&i| known.bounds[i].is_finite())
        .collect();
    // Whether bound j implies bound i.
    let implied = |i: usize, j: usize| match (i, j) {
        (TC, DTC) => tc >= dtc * (n - 1.0),
        (DTC, TC) => dtc >= tc * (n - 1.0),
        (TC, MOST) => tc >= most * (n - 1.0),
        (DTC, MOST) => dtc >= most * (n - 1.0),
        (MOST, TC) => most >= tc,
        (MOST, DTC) => most >= dtc,
        (TC, MASS) => tc >= mass * n,
        (DTC, MASS) => dtc >= mass * n,
        (MASS, TC) => mass >= tc,
        (MASS, DTC) => mass >= dtc,
        (MASS, MOST) => mass >= most * n / 4.0,
        (MOST, MASS) => most >= mass * n / (n - 1.0),
        _ => false,
    };
    for i in [MASS, MOST, TC, DTC] {
        if useful.iter().any(|&j| implied(i, j)) {
            useful.retain(|&k| k != i);
        }
    }
    if ![TC, DTC, MOST].iter().all(|i| useful.contains(i)) {
        return vec![useful];
    }
    let without = |i: usize| useful.iter().copied().filter(|&k| k != i).collect();
    if most >= (tc + dtc) / n {
        vec![without(MOST)]
    } else {
        vec![without(TC), without(DTC)]
    }
}

/// The functionals of the threshold at `m`: what `Z_j = 1[j > m]` has of each.
#[inline(always)]
pub(super) fn loads(n: f64, m: f64) -> PerFunctional {
    [n - m, m, 1.0, m * (n - m) / n]
}

/// `multipliers . loads`: what the multipliers charge for the threshold at `m`.
#[inline(always)]
pub(super) fn charge(multipliers: &PerFunctional, n: f64, m: f64) -> f64 {
    let [a, b, c, d] = loads(n, m);
    (multipliers[0] * a + multipliers[1] * b) + (multipliers[2] * c + multipliers[3] * d)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::minimax as reference;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_budget_is_spent_best_on_one_of_the_sets(
            n in 2..40usize,
            bounds in reference::bounds(),
            spent in proptest::collection::vec(0.0..1.0f64, 4),
        ) {
            let known = Knowns::new(n, bounds).unwrap();
            let total: f64 = (0..4).filter(|&i| bounds[i].is_finite()).map(|i| spent[i]).sum();
            prop_assume!(total > 0.1);
            let price = |i: usize| if bounds[i].is_finite() { spent[i] / total / bounds[i] } else { 0.0 };
            let any: PerFunctional = std::array::from_fn(price);
            let n = n as f64;
            let thresholds = || (1..known.n).map(|m| m as f64);
            // The best of a set is a linear program; its corners and a fine grid come close enough.
            let sets = alternatives(&known);
            let slack = |shares: &[f64], set: &[usize]| {
                let mut multipliers = [0.0; FUNCTIONALS];
                for (&i, share) in set.iter().zip(shares) {
                    multipliers[i] = share / bounds[i];
                }
                thresholds()
                    .map(|m| charge(&multipliers, n, m) / charge(&any, n, m))
                    .fold(f64::INFINITY, f64::min)
            };
            let mut best = 0.0f64;
            for set in &sets {
                prop_assert!(!set.is_empty() && set.len() <= 3);
                for x in 0..=60 {
                    for y in 0..=60 - x {
                        let shares = [x as f64 / 60.0, y as f64 / 60.0, (60 - x - y) as f64 / 60.0];
                        let outside = shares[set.len()..].iter().sum::<f64>();
                        if outside == 0.0 {
                            best = best.max(slack(&shares, set));
                        }
                    }
                }
            }
            prop_assert!(best > 0.93, "{best} {bounds:?} {sets:?}");
        }
    }
}
