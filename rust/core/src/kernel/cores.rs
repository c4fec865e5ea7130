//! All marginals of up to three coordinates, in registers.

use std::mem::MaybeUninit;

use super::lanes::Lanes;
use super::runs::Runs;
use super::term::Term;

/// Columns that a [`Pair`] can add up beside its rows without spilling out of the first cache.
pub(super) const MAX_COLUMNS: usize = 64;

/// Coordinates whose marginals are summed in registers, and their accumulators: one for each subset.
pub(super) trait Core: Copy {
    /// Accumulators; bit `k` of an index says whether coordinate `k` is kept.
    type Sums<L: Lanes>: AsMut<[L]> + Copy;

    /// Number of cells.
    fn runs(self) -> usize;

    /// Accumulators of nothing.
    ///
    /// # Safety
    /// As for [`Lanes`].
    unsafe fn zero<L: Lanes>() -> Self::Sums<L>;

    /// Adds the terms of all marginals.
    ///
    /// # Safety
    /// As for [`Lanes`]; there must be as many runs as cells.
    unsafe fn add<L: Lanes, T: Term, R: Runs<L>>(self, runs: &R, acc: &mut Self::Sums<L>);
}

/// One coordinate of so many letters.
#[derive(Clone, Copy)]
pub(super) struct Single(pub usize);

impl Core for Single {
    type Sums<L: Lanes> = [L; 2];

    #[inline(always)]
    fn runs(self) -> usize {
        self.0
    }

    #[inline(always)]
    unsafe fn zero<L: Lanes>() -> [L; 2] {
        // SAFETY: the caller's promise.
        unsafe { [L::splat(0.0); 2] }
    }

    #[inline(always)]
    unsafe fn add<L: Lanes, T: Term, R: Runs<L>>(self, runs: &R, acc: &mut [L; 2]) {
        // SAFETY: the caller's promise.
        unsafe {
            let [mut none, mut kept] = *acc;
            let mut sum = L::splat(0.0);
            for run in 0..self.0 {
                let x = runs.at(run);
                kept = T::accumulate(kept, x);
                sum = sum.add(x);
            }
            none = T::accumulate(none, sum);
            *acc = [none, kept];
        }
    }
}

/// Two coordinates: of so many rows and of so many columns.
#[derive(Clone, Copy)]
pub(super) struct Pair(pub usize, pub usize);

impl Core for Pair {
    type Sums<L: Lanes> = [L; 4];

    #[inline(always)]
    fn runs(self) -> usize {
        self.0 * self.1
    }

    #[inline(always)]
    unsafe fn zero<L: Lanes>() -> [L; 4] {
        // SAFETY: the caller's promise.
        unsafe { [L::splat(0.0); 4] }
    }

    #[inline(always)]
    unsafe fn add<L: Lanes, T: Term, R: Runs<L>>(self, runs: &R, acc: &mut [L; 4]) {
        let Self(q, columns) = self;
        assert!(columns <= MAX_COLUMNS);
        // SAFETY: the caller's promise; the first row fills every column.
        unsafe {
            let mut column = [const { MaybeUninit::<L>::uninit() }; MAX_COLUMNS];
            let column = &mut column[..columns];
            let [mut none, mut rows, mut cols, mut both] = *acc;
            for a in 0..q {
                let mut row = L::splat(0.0);
                for (b, sum) in column.iter_mut().enumerate() {
                    let x = runs.at(a * columns + b);
                    both = T::accumulate(both, x);
                    row = row.add(x);
                    sum.write(if a == 0 { x } else { sum.assume_init().add(x) });
                }
                rows = T::accumulate(rows, row);
            }
            let mut all = L::splat(0.0);
            for sum in column {
                let sum = sum.assume_init();
                cols = T::accumulate(cols, sum);
                all = all.add(sum);
            }
            none = T::accumulate(none, all);
            *acc = [none, rows, cols, both];
        }
    }
}

/// Three binary coordinates: eight registers give 27 terms.
#[derive(Clone, Copy)]
pub(super) struct Bits;

impl Core for Bits {
    type Sums<L: Lanes> = [L; 8];

    #[inline(always)]
    fn runs(self) -> usize {
        8
    }

    #[inline(always)]
    unsafe fn zero<L: Lanes>() -> [L; 8] {
        // SAFETY: the caller's promise.
        unsafe { [L::splat(0.0); 8] }
    }

    #[inline(always)]
    unsafe fn add<L: Lanes, T: Term, R: Runs<L>>(self, runs: &R, acc: &mut [L; 8]) {
        // SAFETY: the caller's promise.
        unsafe {
            // Run `4a + 2b + c` holds the cells with values a, b, c.
            let mut x = [L::splat(0.0); 8];
            for (run, x) in x.iter_mut().enumerate() {
                *x = runs.at(run);
                acc[0b111] = T::accumulate(acc[0b111], *x);
            }
            let ab = [
                x[0].add(x[1]),
                x[2].add(x[3]),
                x[4].add(x[5]),
                x[6].add(x[7]),
            ];
            for v in ab {
                acc[0b011] = T::accumulate(acc[0b011], v);
            }
            let ac = [
                x[0].add(x[2]),
                x[1].add(x[3]),
                x[4].add(x[6]),
                x[5].add(x[7]),
            ];
            for v in ac {
                acc[0b101] = T::accumulate(acc[0b101], v);
            }
            let bc = [
                x[0].add(x[4]),
                x[1].add(x[5]),
                x[2].add(x[6]),
                x[3].add(x[7]),
            ];
            for v in bc {
                acc[0b110] = T::accumulate(acc[0b110], v);
            }
            let a = [ab[0].add(ab[1]), ab[2].add(ab[3])];
            let b = [ab[0].add(ab[2]), ab[1].add(ab[3])];
            let c = [ac[0].add(ac[2]), ac[1].add(ac[3])];
            for k in 0..2 {
                acc[0b001] = T::accumulate(acc[0b001], a[k]);
                acc[0b010] = T::accumulate(acc[0b010], b[k]);
                acc[0b100] = T::accumulate(acc[0b100], c[k]);
            }
            acc[0b000] = T::accumulate(acc[0b000], a[0].add(a[1]));
        }
    }
}
