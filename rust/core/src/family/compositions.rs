//! Exchangeable laws over `q` letters: all that matters is how often each letter occurs.
//!
//! As for binary tokens ([`exchangeable`](super::exchangeable)), with the composition
//! `c = (c_1 .. c_{q-1})` in place of the number of ones (letter 0 takes the rest): `P_j(c)` is
//! `P_{j+1}(c) c_0 + sum_a P_{j+1}(c + e_a) (c_a + 1)` over `j + 1`, and
//! `h_j = H(C_{j+1}) - H(C_j) + E H(C_{j+1} / (j+1))`. `C(n+q, q)` cells in all.
//!
//! Compositions are kept as rows: one for each prefix `c_1 .. c_{q-2}`, over `c_{q-1}`.

use super::exchangeable::{Level, curve, k_ln_k};
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::kernel::kernel;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::Sum;

/// Cells that one task goes through: far more work than starting it.
const CELLS_PER_TASK: usize = 1 << 14;

/// One prefix of compositions.
struct Row {
    /// `c_1 .. c_{q-2}`.
    prefix: Vec<usize>,
    /// Sum of the prefix.
    used: usize,
    /// Where its cells begin.
    start: usize,
    /// Where the cells of `prefix + e_a` begin, if there is room for one more.
    next: Vec<usize>,
}

/// The curve of the law whose compositions have the probabilities `counts`, an array of shape
/// `(n+1, .., n+1)` with `letters - 1` axes: `c_1 .. c_{q-1}`.
///
/// # Errors
/// If the shape is not that, if time or memory would not do, or when interrupted.
pub fn compositions(counts: &[f64], n: usize, letters: usize, monitor: &Monitor) -> Result<Curve> {
    let axes = letters.saturating_sub(1);
    if axes == 0 || n == 0 || ((n + 1) as f64).powi(axes as i32) != counts.len() as f64 {
        let problem = format!("has {} entries, expected (n + 1)^(q - 1)", counts.len());
        return Err(Error::invalid("count_pmf", problem));
    }
    let cells: f64 = (1..=letters).map(|k| (n + k) as f64 / k as f64).product();
    let what = "a curve of compositions";
    let operations = cells * letters as f64;
    require_work(what, operations, MAX_TERMS)?;
    require_memory(what, 24.0 * operations / (n + letters) as f64, operations)?;
    let rows = rows(n, axes);
    let mut law = Vec::new();
    for row in &rows {
        let index = row.prefix.iter().fold(0, |index, &c| index * (n + 1) + c) * (n + 1);
        law.extend_from_slice(&counts[index..=index + n - row.used]);
    }
    let rows_per_task = (CELLS_PER_TASK * rows.len()).div_ceil(law.len());
    let table = k_ln_k(n);
    let mut levels = vec![Level::default(); n];
    monitor.expect(n as u64);
    for size in (1..=n).rev() {
        let tasks = parallel::map(rows.len().div_ceil(rows_per_task), |task| {
            monitor.check()?;
            let mut out = Vec::new();
            let mut sums = Vec::new();
            for row in rows.iter().skip(task * rows_per_task).take(rows_per_task) {
                if row.used <= size {
                    sums.push(sums_of(row, &law, size, &table));
                }
                thin(row, &law, size, n, &mut out);
            }
            Ok((out, sums))
        })?;
        law.clear();
        for (cells, sums) in tasks {
            law.extend(cells);
            for (mass, x_ln_x, weighted) in sums {
                levels[size - 1].add(mass, x_ln_x, weighted);
            }
        }
        monitor.advance(1)?;
    }
    Ok(curve(&levels))
}

/// All prefixes of `axes - 1` counts with sum at most `n`, in C order.
fn rows(n: usize, axes: usize) -> Vec<Row> {
    let mut prefixes = vec![(Vec::new(), 0)];
    for _ in 1..axes {
        let longer = |(prefix, used): (Vec<usize>, usize)| {
            (0..=n - used).map(move |c| ([prefix.as_slice(), &[c]].concat(), used + c))
        };
        prefixes = prefixes.into_iter().flat_map(longer).collect();
    }
    let mut start = 0;
    let mut rows: Vec<Row> = Vec::with_capacity(prefixes.len());
    for (prefix, used) in prefixes {
        rows.push(Row {
            prefix,
            used,
            start,
            next: Vec::new(),
        });
        start += n - used + 1;
    }
    for r in 0..rows.len() {
        if rows[r].used < n {
            let starts = (0..axes - 1).map(|a| {
                let mut prefix = rows[r].prefix.clone();
                prefix[a] += 1;
                // C order of the prefixes is the order of their vectors.
                let found = rows.binary_search_by(|row| row.prefix.cmp(&prefix));
                found.map_or(0, |found| rows[found].start)
            });
            rows[r].next = starts.collect();
        }
    }
    rows
}

/// Mass, `sum P ln P` and `sum P sum_a c_a ln c_a` of one row of the level `size`.
fn sums_of(row: &Row, law: &[f64], size: usize, table: &[f64]) -> (f64, Sum, f64) {
    let cells = size - row.used + 1;
    let p = &law[row.start..row.start + cells];
    let fixed: f64 = row.prefix.iter().map(|&c| table[c]).sum();
    let (mut mass, mut weighted) = (0.0, 0.0);
    for (c, &p) in p.iter().enumerate() {
        mass += p;
        weighted += p * (fixed + table[c] + table[cells - 1 - c]);
    }
    (mass, (kernel().x_ln_x.sum)(p), weighted)
}

/// Appends the cells of one row of the level `size - 1` to `out`, and zeros up to its full length.
fn thin(row: &Row, law: &[f64], size: usize, n: usize, out: &mut Vec<f64>) {
    let first = out.len();
    if row.used < size {
        let cells = size - row.used;
        let p = &law[row.start..=row.start + cells];
        let share = 1.0 / size as f64;
        out.extend((0..cells).map(|c| {
            let mut mass = p[c] * (cells - c) as f64 + p[c + 1] * (c + 1) as f64;
            for (&next, &count) in row.next.iter().zip(&row.prefix) {
                mass += law[next + c] * (count + 1) as f64;
            }
            mass * share
        }));
    }
    out.resize(first + n - row.used + 1, 0.0);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::exchangeable::exchangeable;
    use crate::reference::table::some_table;
    use proptest::prelude::*;

    /// Probabilities of compositions, and the joint table that they stand for.
    fn some_law(n: usize, q: usize, seed: u64) -> (Vec<f64>, Vec<f64>) {
        let side = n + 1;
        let mut counts = some_table(side.pow(q as u32 - 1), seed);
        let cells = q.pow(n as u32);
        let index = |cell: usize| {
            let mut tally = vec![0usize; q];
            let mut rest = cell;
            for _ in 0..n {
                tally[rest % q] += 1;
                rest /= q;
            }
            tally[1..].iter().fold(0, |index, &c| index * side + c)
        };
        let mut ways = vec![0.0; counts.len()];
        (0..cells).for_each(|cell| ways[index(cell)] += 1.0);
        counts
            .iter_mut()
            .zip(&ways)
            .for_each(|(p, &w)| *p *= f64::from(w > 0.0));
        let total: f64 = counts.iter().sum();
        counts.iter_mut().for_each(|p| *p /= total);
        let table = (0..cells).map(|cell| counts[index(cell)] / ways[index(cell)]);
        (counts.clone(), table.collect())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn agrees_with_enumeration(n in 1usize..6, q in 2usize..5, seed in any::<u64>()) {
            let (counts, table) = some_law(n, q, seed);
            prop_assume!(counts.iter().all(|p| p.is_finite()));
            let want = Curve::of_table(&table, &vec![q; n], &Monitor::new()).unwrap();
            let got = compositions(&counts, n, q, &Monitor::new()).unwrap();
            for (got, want) in got.conditional.iter().zip(&want.conditional) {
                prop_assert!((got - want).abs() < 2e-14, "{got} for {want}");
            }
        }

        #[test]
        fn two_letters_are_the_binary_case(n in 1usize..200, seed in any::<u64>()) {
            let counts = some_table(n + 1, seed);
            let got = compositions(&counts, n, 2, &Monitor::new()).unwrap();
            let want = exchangeable(&counts, &Monitor::new()).unwrap();
            for (got, want) in got.conditional.iter().zip(&want.conditional) {
                prop_assert!((got - want).abs() < 1e-14, "{got} for {want}");
            }
        }
    }

    #[test]
    fn refuses_other_shapes() {
        assert!(compositions(&[1.0; 8], 2, 3, &Monitor::new()).is_err());
        assert!(compositions(&[1.0], 0, 2, &Monitor::new()).is_err());
        assert!(compositions(&[1.0], 3, 1, &Monitor::new()).is_err());
    }
}
