//! Exchangeable laws over binary tokens: all that matters is the number of ones.
//!
//! With `P_j` the law of the number of ones among `j` tokens, taking one token away thins it,
//! `P_j(c) = (P_{j+1}(c) (j+1-c) + P_{j+1}(c+1) (c+1)) / (j+1)`. The pair (token, count of the
//! others) and the pair (token, count of all) determine each other, so that
//!
//! `h_j = sum_c P_j(c) h_b(p_next(c)) = H(C_{j+1}) - H(C_j) + E h_b(C_{j+1} / (j+1))`
//!
//! with one logarithm for each of the `n^2 / 2` cells: `h_b(c/j)` is made of `c ln c` from a table.
//! The entropies of the counts are at most `ln(n+1)`, so that the difference costs `ln n` roundings,
//! whatever the entropy of the law.
//!
//! Levels depend on each other, cells on their right neighbour alone. A task therefore takes a tile
//! of counts through [`DEPTH`] levels on its own, with as many cells of its right neighbour beside
//! it as these levels eat up; tiles meet again every `DEPTH` levels.

use super::levelled;
use crate::curve::Curve;
use crate::error::{Error, Result};
use crate::kernel::kernel;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::Sum;

/// Levels between two meetings.
const DEPTH: usize = 256;

/// Counts of a tile: `DEPTH / 2` cells beside it are computed twice on average, and with three
/// tables as long it fits in a second-level cache.
const TILE: usize = 4096;

/// What a token takes: three tables, the law twice, the sums of its level and the curve.
const BYTES_PER_TOKEN: f64 = 128.0;

/// Probabilities below this are dropped. All of them together matter to no sum, and subnormal
/// numbers, which processors are slow at, are never reached.
const NEGLIGIBLE: f64 = 1e-200;

/// Error of a conditional entropy in units of `1 + ln n`: twice that of a term (see
/// [`kernel`](crate::kernel)).
const ROUNDING: f64 = 1e-15;

/// Sums over one level: mass, `sum P ln P`, `sum P (c ln c + (j-c) ln (j-c))`.
#[derive(Clone, Copy, Default)]
pub(super) struct Level {
    pub mass: Sum,
    pub x_ln_x: Sum,
    pub weighted: Sum,
}

impl Level {
    pub fn add(&mut self, mass: f64, x_ln_x: Sum, weighted: f64) {
        self.mass.push(mass);
        self.x_ln_x = self.x_ln_x + x_ln_x;
        self.weighted.push(weighted);
    }
}

/// `k ln k` for `k = 0..=n`.
pub(super) fn k_ln_k(n: usize) -> Vec<f64> {
    let term = |k: usize| {
        if k == 0 {
            0.0
        } else {
            k as f64 * (k as f64).ln()
        }
    };
    (0..=n).map(term).collect()
}

/// The curve from the sums of the levels `1..=n`.
///
/// The mass of a level is one but for rounding, which it divides out.
pub(super) fn curve(levels: &[Level]) -> Curve {
    let n = levels.len();
    let mut before = Sum::ZERO;
    let mut conditional = Vec::with_capacity(n);
    for (size, level) in (1..).map(|j| j as f64).zip(levels) {
        let mass = level.mass.value();
        let entropy = Sum::from(mass.ln()) - level.x_ln_x / mass;
        let composition = Sum::from(size.ln()) - level.weighted / (mass * size);
        conditional.push((entropy - before + composition).value().max(0.0));
        before = entropy;
    }
    levelled(&mut conditional, ROUNDING * (1.0 + (n as f64).ln()));
    let information = conditional.iter().map(|h| conditional[0] - h).collect();
    Curve::direct(conditional, information)
}

/// The curve of the law whose number of ones has the probabilities `counts`, of length `n + 1` and
/// sum one.
///
/// # Errors
/// If there is no token, if time or memory would not do, or when interrupted.
pub fn exchangeable(counts: &[f64], monitor: &Monitor) -> Result<Curve> {
    let n = match counts.len() {
        0 | 1 => return Err(Error::invalid("count_pmf", "expected n + 1 >= 2 entries")),
        entries => entries - 1,
    };
    let terms = 0.5 * n as f64 * n as f64;
    let what = "count_pmf: the curve of these counts";
    require_work(what, terms, MAX_TERMS)?;
    require_memory(what, BYTES_PER_TOKEN * n as f64, terms)?;
    let tables = Tables::new(n);
    let mut levels = vec![Level::default(); n];
    let mut law = counts.to_vec();
    monitor.expect(n as u64 * n as u64);
    let mut top = n;
    while top > 0 {
        let depth = DEPTH.min(top);
        let tiles = parallel::map((top + 1).div_ceil(TILE), |tile| {
            monitor.check()?;
            Ok(tables.descend(&law, tile * TILE, top, depth))
        })?;
        law.clear();
        for tile in tiles {
            for (k, (mass, x_ln_x, weighted)) in tile.levels.into_iter().enumerate() {
                levels[top - 1 - k].add(mass, x_ln_x, weighted);
            }
            law.extend(tile.law);
        }
        monitor.advance(((2 * top - depth) * depth) as u64)?;
        top -= depth;
        law.truncate(top + 1);
    }
    Ok(curve(&levels))
}

/// What all tiles look up.
struct Tables {
    n: usize,
    /// `0..`
    counts: Vec<f64>,
    /// `c ln c`, then zeros.
    up: Vec<f64>,
    /// `(n-c) ln (n-c)`, then zeros.
    down: Vec<f64>,
}

/// A tile after some levels.
struct Tile {
    law: Vec<f64>,
    /// From the top level down; nothing if the tile is empty.
    levels: Vec<(f64, Sum, f64)>,
}

impl Tables {
    fn new(n: usize) -> Self {
        let mut up = k_ln_k(n);
        let mut down: Vec<f64> = up.iter().rev().copied().collect();
        // Tiles reach past the last count, where probabilities are zero.
        up.resize(n + 1 + TILE, 0.0);
        down.resize(n + 1 + TILE, 0.0);
        let counts = (0..n + 1 + TILE + DEPTH).map(|c| c as f64).collect();
        Self {
            n,
            counts,
            up,
            down,
        }
    }

    /// Takes the counts from `first` on from level `top` to `top - depth`.
    fn descend(&self, law: &[f64], first: usize, top: usize, depth: usize) -> Tile {
        let kernel = kernel();
        let mut p = vec![0.0; TILE + depth];
        for (cell, &x) in p.iter_mut().zip(&law[first..]) {
            *cell = if x < NEGLIGIBLE { 0.0 } else { x };
        }
        let mut levels = Vec::new();
        if p.iter().any(|&x| x > 0.0) {
            for size in (top - depth + 1..=top).rev() {
                let own = &p[..TILE.min(size + 1 - first.min(size + 1))];
                let x_ln_x = (kernel.x_ln_x.sum)(own);
                let down = &self.down[(self.n - size + first).min(self.n + 1)..];
                let (mass, weighted) = (kernel.weigh)(own, &self.up[first..], down);
                levels.push((mass, x_ln_x, weighted));
                // Cells past the reach of the levels to come need not be kept up to date.
                let reach = TILE + size + depth - top;
                let counts = &self.counts[first..];
                (kernel.thin)(&mut p[..reach], counts, size as f64);
            }
        }
        p.truncate(TILE);
        Tile { law: p, levels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// `sum_c P_j(c) h_b(p_next(c))`, level by level.
    fn naive(counts: &[f64]) -> Vec<f64> {
        let n = counts.len() - 1;
        let mut law = counts.to_vec();
        let mut h = vec![0.0; n];
        for j in (0..n).rev() {
            let size = (j + 1) as f64;
            let one = |c: usize| law[c + 1] * (c + 1) as f64 / size;
            let zero = |c: usize| law[c] * (size - c as f64) / size;
            let minus_x_ln_x = |x: f64| if x > 0.0 { -x * x.ln() } else { 0.0 };
            let next: Vec<f64> = (0..=j).map(|c| one(c) + zero(c)).collect();
            h[j] = (0..=j)
                .filter(|&c| next[c] > 0.0)
                .map(|c| {
                    next[c] * (minus_x_ln_x(one(c) / next[c]) + minus_x_ln_x(zero(c) / next[c]))
                })
                .sum();
            law = next;
        }
        h
    }

    fn some_counts(n: usize, seed: u64) -> Vec<f64> {
        crate::reference::table::some_table(n + 1, seed)
    }

    fn check(counts: &[f64]) {
        let n = counts.len() - 1;
        let want = naive(counts);
        let got = exchangeable(counts, &Monitor::new()).unwrap();
        for (j, want) in want.iter().enumerate() {
            let error = (got.conditional[j] - want).abs();
            assert!(
                error < 2e-15 * (1.0 + (n as f64).ln()),
                "h_{j} is off by {error}"
            );
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]
        #[test]
        fn agrees_with_the_definition(n in 1usize..60, seed in any::<u64>()) {
            check(&some_counts(n, seed));
        }
    }

    #[test]
    fn tiles_meet() {
        for n in [255, 256, 257, 4095, 4096, 4097, 5000] {
            check(&some_counts(n, n as u64));
        }
        // Mass at both ends alone, with empty tiles between them.
        let mut repeated = vec![0.0; 9001];
        repeated[0] = 0.5;
        repeated[9000] = 0.5;
        let curve = exchangeable(&repeated, &Monitor::new()).unwrap();
        assert!((curve.conditional[0] - std::f64::consts::LN_2).abs() < 1e-15);
        assert!(curve.conditional[1..].iter().all(|&h| h == 0.0));
    }

    #[test]
    fn refuses_nothing_and_too_much() {
        assert!(exchangeable(&[1.0], &Monitor::new()).is_err());
        let monitor = Monitor::new();
        monitor.cancel();
        assert_eq!(exchangeable(&[0.5; 2], &monitor), Err(Error::Interrupted));
    }
}
