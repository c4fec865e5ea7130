//! The entropy-sum rule: tokens in random order until their entropies sum to more than a budget, the
//! one that crosses it included.
//!
//! Of the orders of `m` masked tokens a share `1 / (d C(m, d))` starts with a given set of `d` of them,
//! a given one of these last. It is last in the call if the sum is above the budget with it, and was
//! not without it; or if nothing is left.

use std::borrow::Cow;

use super::random::{Asked, Branches};
use super::rule::{Score, units};
use crate::sum::{Sum, binomials};

/// Fewest tokens that a call reveals, if others remain, where no token has more than `most` letters.
pub(super) fn fewest(budget: f64, most: usize) -> usize {
    // An entropy is at most this, rounding included.
    let each = units((most as f64).ln()) + 1.0;
    // Saturates where the budget is infinite.
    ((units(budget) / each) as usize).saturating_add(1)
}

/// See [`RandomRule::outcomes`](super::RandomRule).
pub(super) fn outcomes(
    budget: f64,
    asked: &Asked<'_>,
    branches: &mut Branches,
    mut pass: impl FnMut(usize, f64),
) {
    let Asked {
        rows,
        laws,
        strides,
    } = *asked;
    let m = rows.len();
    let entropies: Vec<f64> = rows.iter().map(|row| -Score::Entropy.of(row)).collect();
    let mut rest = vec![0.0; m + 1];
    for i in (0..m).rev() {
        rest[i] = rest[i + 1] + entropies[i];
    }
    let mut walk = Walk {
        limit: units(budget),
        ways: binomials(m),
        entropies,
        rest,
        laws,
        strides,
        chosen: Vec::with_capacity(m),
        pass: &mut pass,
    };
    branches.resize(branches.len().max(m + 1), Vec::new());
    branches[0].clear();
    branches[0].push((0, 1.0));
    walk.extend(0, 0.0, 0.0, branches);
}

/// The tree of the sets of masked tokens. Sums of entropies are exact: they are whole units.
struct Walk<'a, F> {
    limit: f64,
    entropies: Vec<f64>,
    /// Sums of all entropies from a token on.
    rest: Vec<f64>,
    /// By number of tokens, how many sets there are.
    ways: &'a [Sum],
    laws: &'a [Cow<'a, [f64]>],
    strides: &'a [usize],
    chosen: Vec<usize>,
    pass: &'a mut F,
}

impl<F: FnMut(usize, f64)> Walk<'_, F> {
    /// Adds one of the tokens from `first` on. `branches[0]` are the letters of the chosen tokens.
    fn extend(
        &mut self,
        first: usize,
        total: f64,
        largest: f64,
        branches: &mut [Vec<(usize, f64)>],
    ) {
        let m = self.entropies.len();
        for i in first..m {
            if self.chosen.len() < i && total + self.rest[i] <= self.limit {
                // Something was left out, and all that could be added does not cross.
                return;
            }
            let entropy = self.entropies[i];
            let (total, largest) = (total + entropy, largest.max(entropy));
            if total - largest > self.limit {
                // Whichever is last, the others crossed before; more tokens do not mend that.
                continue;
            }
            let [before, after, ..] = &mut *branches else {
                return;
            };
            after.clear();
            for (letter, &p) in self.laws[i].iter().enumerate().filter(|(_, p)| **p > 0.0) {
                let step = (1 + letter) * self.strides[i];
                after.extend(before.iter().map(|&(number, q)| (number + step, q * p)));
            }
            self.chosen.push(i);
            let chance = self.chance(total);
            if chance > 0.0 {
                for &(number, p) in &*after {
                    (self.pass)(number, chance * p);
                }
            }
            self.extend(i + 1, total, largest, &mut branches[1..]);
            self.chosen.pop();
        }
    }

    /// Probability that the chosen tokens are those of the call.
    fn chance(&self, total: f64) -> f64 {
        let size = self.chosen.len();
        if total > self.limit {
            let last = |&&i: &&usize| total - self.entropies[i] <= self.limit;
            // The share of orders that start with this set and a given one of it last.
            let share = 1.0 / (size as f64 * self.ways[size].value());
            self.chosen.iter().filter(last).count() as f64 * share
        } else if size == self.entropies.len() {
            1.0
        } else {
            0.0
        }
    }
}
