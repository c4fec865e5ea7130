//! The largest expected divergence of a schedule over every distribution within what is known.
//!
//! A step from `a` to `b` revealed tokens pays `b - m` for a unit threshold at `m`, `a < m < b`, so
//! the worst case is the linear program
//!
//! ```text
//! max sum_m w_m e_m   over   w >= 0,  sum_m w_m loads_i(m) <= bounds_i,   e_m = b - m
//! min sum_i y_i bounds_i   over   y >= 0,  sum_i y_i loads_i(m) >= e_m      (its dual)
//! ```
//!
//! The charge `y . loads(m)` is concave in `m` and not negative at `m = b`, while `b - m` is linear
//! and zero there. So within a step the constraint at `m = a + 1` implies all others: one column for
//! each step of two tokens or more, and at most four rows. Primal simplex, a pass over the columns
//! an iteration.
//!
//! Whatever the simplex method ends with, its multipliers are scaled up until no constraint is
//! violated, so that the value is a bound by its own certificate and not by trust in the method.

use super::knowns::{FUNCTIONALS, Knowns, PerFunctional, loads};
use crate::error::Result;
use crate::monitor::Monitor;

/// Gain, relative to the largest one, below which a column is not worth entering.
const NO_GAIN: f64 = 1e-14;

/// Pivots below this share of the largest are rounding.
const NO_PIVOT: f64 = 1e-12;

/// Iterations of the simplex method; some ten are usual.
const MAX_ITERATIONS: usize = 400;

/// The worst case of a schedule, and why it is no worse.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WorstCase {
    /// Largest expected divergence, in nats.
    pub value: f64,
    /// `multipliers . bounds` is the value, and `multipliers . loads(m) >= b - m` for every `m` within
    /// every step to `b`: the optimum of the dual. Zero where nothing is known.
    pub multipliers: PerFunctional,
}

impl WorstCase {
    /// Of a schedule that pays nothing.
    const NOTHING: Self = Self {
        value: 0.0,
        multipliers: [0.0; FUNCTIONALS],
    };
}

/// The worst case of a schedule for `known.n` tokens.
pub fn worst_case(known: &Knowns, sizes: &[usize], monitor: &Monitor) -> Result<WorstCase> {
    let mut program = Program::default();
    program.load(known, sizes);
    program.solve(known, monitor)
}

/// A column of the program.
#[derive(Debug, Clone, Copy)]
struct Column {
    /// What the step pays for a unit threshold after its first token.
    gain: f64,
    /// What the threshold takes of each bound, in the scale of the program.
    load: PerFunctional,
}

/// The program, to be used again for other schedules.
#[derive(Debug, Default)]
pub(super) struct Program {
    columns: Vec<Column>,
}

impl Program {
    /// Takes the columns of a schedule, unscaled.
    pub(super) fn load(&mut self, known: &Knowns, sizes: &[usize]) {
        self.columns.clear();
        let mut a = 0;
        for &size in sizes {
            if size > 1 {
                self.columns.push(Column {
                    gain: (size - 1) as f64,
                    load: loads(known.n as f64, (a + 1) as f64),
                });
            }
            a += size;
        }
    }

    /// The optimum for the columns loaded.
    pub(super) fn solve(&mut self, known: &Knowns, monitor: &Monitor) -> Result<WorstCase> {
        if self.columns.is_empty() || known.nothing_to_lose() {
            return Ok(WorstCase::NOTHING);
        }
        // One bound alone allows `bound * rate`; the least of these is the unit of everything, in
        // which the optimum is at most 1 and no number is out of range.
        let mut rates = [0.0f64; FUNCTIONALS];
        for column in &self.columns {
            for (rate, load) in rates.iter_mut().zip(column.load) {
                *rate = rate.max(column.gain / load);
            }
        }
        let alone = |i: usize| rates[i] * known.bounds[i];
        let first = (0..FUNCTIONALS)
            .min_by(|&i, &j| alone(i).total_cmp(&alone(j)))
            .expect("there are four");
        let unit = alone(first);
        let single = || {
            let mut multipliers = [0.0; FUNCTIONALS];
            multipliers[first] = rates[first];
            WorstCase {
                value: unit,
                multipliers,
            }
        };
        let finite: Vec<usize> = (0..FUNCTIONALS)
            .filter(|&i| known.bounds[i].is_finite() && unit / known.bounds[i] > 0.0)
            .collect();
        if finite.len() < 2 {
            return Ok(single());
        }
        let mut scale = [0.0; FUNCTIONALS];
        for &i in &finite {
            scale[i] = unit / known.bounds[i];
        }
        let duals = self.simplex(&finite, &scale, monitor)?;
        // Feasible by scaling.
        let price = |column: &Column| -> f64 {
            finite
                .iter()
                .map(|&i| duals[i] * scale[i] * column.load[i])
                .sum()
        };
        let short = self
            .columns
            .iter()
            .map(|column| column.gain / price(column))
            .fold(0.0, f64::max);
        let total: f64 = finite.iter().map(|&i| duals[i]).sum();
        // Nor is the result worse than one bound alone; a number that is none is.
        let worse = short * total;
        if worse.is_nan() || worse >= 1.0 {
            return Ok(single());
        }
        let mut multipliers = [0.0; FUNCTIONALS];
        for &i in &finite {
            multipliers[i] = duals[i] * short * scale[i];
        }
        Ok(WorstCase {
            value: short * total * unit,
            multipliers,
        })
    }

    /// Dual variables, none negative, of the program with right-hand sides 1.
    fn simplex(
        &self,
        rows: &[usize],
        scale: &PerFunctional,
        monitor: &Monitor,
    ) -> Result<PerFunctional> {
        let d = rows.len();
        let slack = self.columns.len();
        let load = |j: usize| -> PerFunctional {
            let mut entries = [0.0; FUNCTIONALS];
            for (r, &i) in rows.iter().enumerate() {
                entries[r] = if j < slack {
                    self.columns[j].load[i] * scale[i]
                } else {
                    f64::from(j - slack == r)
                };
            }
            entries
        };
        let gain = |j: usize| if j < slack { self.columns[j].gain } else { 0.0 };
        let largest = (0..slack).map(gain).fold(0.0, f64::max);
        let mut basis: Vec<usize> = (slack..slack + d).collect();
        let mut duals = [0.0; FUNCTIONALS];
        for iteration in 0..MAX_ITERATIONS {
            monitor.check()?;
            let columns: Vec<PerFunctional> = basis.iter().map(|&j| load(j)).collect();
            let prices: Vec<f64> = basis.iter().map(|&j| gain(j)).collect();
            // duals . columns[r] = prices[r]
            let transposed = |r: usize, i: usize| columns[r][i];
            let Some(solved) = solve(d, transposed, &prices) else {
                break;
            };
            duals = solved;
            let mut scaled = [0.0; FUNCTIONALS];
            for (r, &i) in rows.iter().enumerate() {
                scaled[i] = duals[r] * scale[i];
            }
            // The first columns of the best gain; near the end of patience the first of any.
            let patient = iteration < MAX_ITERATIONS / 2;
            let mut entering = None;
            let mut best = NO_GAIN * largest;
            for (j, column) in self.columns.iter().enumerate() {
                let [a, b, c, e] = column.load;
                let price = (scaled[0] * a + scaled[1] * b) + (scaled[2] * c + scaled[3] * e);
                let more = column.gain - price;
                if more > best && more > NO_GAIN * column.gain {
                    entering = Some(j);
                    best = more;
                    if !patient {
                        break;
                    }
                }
            }
            if entering.is_none() {
                let negative = |r: &usize| duals[*r] < -NO_GAIN * largest;
                entering = (0..d).find(negative).map(|r| slack + r);
            }
            let Some(entering) = entering else { break };
            let column = load(entering);
            let straight = |i: usize, r: usize| columns[r][i];
            let (Some(levels), Some(change)) = (
                solve(d, straight, &[1.0; FUNCTIONALS][..d]),
                solve(d, straight, &column[..d]),
            ) else {
                break;
            };
            let steepest = change[..d].iter().fold(0.0f64, |m, c| m.max(c.abs()));
            let leaving = (0..d)
                .filter(|&r| change[r] > NO_PIVOT * steepest)
                .min_by(|&r, &s| {
                    let ratio = |r: usize| levels[r].max(0.0) / change[r];
                    ratio(r).total_cmp(&ratio(s)).then(basis[r].cmp(&basis[s]))
                });
            let Some(leaving) = leaving else { break };
            basis[leaving] = entering;
        }
        let mut out = [0.0; FUNCTIONALS];
        for (r, &i) in rows.iter().enumerate() {
            out[i] = duals[r].max(0.0);
        }
        Ok(out)
    }
}

/// The solution `x` of `sum_j entry(i, j) x_j = right_i`, `d <= 4`, by elimination; none if the
/// matrix is singular.
fn solve(d: usize, entry: impl Fn(usize, usize) -> f64, right: &[f64]) -> Option<PerFunctional> {
    let mut rows = [[0.0; FUNCTIONALS + 1]; FUNCTIONALS];
    for (i, row) in rows[..d].iter_mut().enumerate() {
        for (j, cell) in row[..d].iter_mut().enumerate() {
            *cell = entry(i, j);
        }
        row[FUNCTIONALS] = right[i];
    }
    for j in 0..d {
        let pivot = (j..d).max_by(|&a, &b| rows[a][j].abs().total_cmp(&rows[b][j].abs()))?;
        rows.swap(j, pivot);
        if rows[j][j] == 0.0 || !rows[j][j].is_finite() {
            return None;
        }
        let above = rows[j];
        for (i, row) in rows[..d].iter_mut().enumerate() {
            if i != j {
                let factor = row[j] / above[j];
                for (cell, over) in row.iter_mut().zip(above) {
                    *cell -= factor * over;
                }
            }
        }
    }
    let mut solution = [0.0; FUNCTIONALS];
    for j in 0..d {
        solution[j] = rows[j][FUNCTIONALS] / rows[j][j];
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::minimax as reference;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_all_vertices((known, sizes) in reference::problem(9)) {
            let found = worst_case(&known, &sizes, &Monitor::new()).unwrap();
            let want = reference::worst_case(&known, &sizes);
            prop_assert!((found.value - want).abs() <= 1e-9 * want, "{} {want}", found.value);
            let finite = |i: &usize| known.bounds[*i].is_finite();
            let total: f64 = (0..FUNCTIONALS).filter(finite)
                .map(|i| found.multipliers[i] * known.bounds[i]).sum();
            prop_assert!((total - found.value).abs() <= 1e-12 * found.value);
            // The certificate, at every threshold of every step.
            let mut a = 0;
            for &size in &sizes {
                let b = a + size;
                for m in a + 1..b {
                    let charge: f64 = loads(known.n as f64, m as f64).iter()
                        .zip(found.multipliers).map(|(l, y)| l * y).sum();
                    prop_assert!(known.nothing_to_lose() || charge * (1.0 + 1e-12) >= (b - m) as f64);
                }
                a = b;
            }
        }
    }

    #[test]
    fn numbers_out_of_range_do_no_harm() {
        let sizes = [3, 5, 1, 7];
        for bounds in [
            [1e300, 1e-300, 5e-324, 1e308],
            [f64::INFINITY, 5e-324, f64::INFINITY, 5e-324],
            [1e308, f64::MAX, 1e308, f64::MAX],
        ] {
            let known = Knowns::new(16, bounds).unwrap();
            let found = worst_case(&known, &sizes, &Monitor::new()).unwrap();
            assert!(found.value >= 0.0, "{found:?}");
            assert!(found.multipliers.iter().all(|y| y.is_finite() && *y >= 0.0));
        }
    }

    #[test]
    fn nothing_is_paid_for_single_tokens() {
        let known = Knowns::new(5, [1.0, 2.0, f64::INFINITY, 1.0]).unwrap();
        let found = worst_case(&known, &[1; 5], &Monitor::new()).unwrap();
        assert_eq!(found, WorstCase::NOTHING);
        assert!(Knowns::new(5, [f64::INFINITY; 4]).is_err());
        assert!(Knowns::new(5, [-1.0; 4]).is_err());
        assert!(Knowns::new(0, [1.0; 4]).is_err());
    }
}
