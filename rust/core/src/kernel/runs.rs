//! One register of each of many runs of cells: what the sums over a few coordinates are made of.

use super::lanes::Lanes;

/// Registers numbered `0, 1, ..`, each of which is asked for once.
pub(super) trait Runs<L: Lanes> {
    /// Register of a run.
    ///
    /// # Safety
    /// As for [`Lanes`]; the run must exist.
    unsafe fn at(&self, run: usize) -> L;
}

/// Runs that lie `step` cells apart.
#[derive(Clone, Copy)]
pub(super) struct Apart {
    pub from: *const f64,
    pub step: usize,
    /// Cells that are left where they do not fill a register, otherwise none.
    pub rest: usize,
}

impl<L: Lanes> Runs<L> for Apart {
    #[inline(always)]
    unsafe fn at(&self, run: usize) -> L {
        // SAFETY: the caller's promise.
        unsafe {
            let from = self.from.add(run * self.step);
            if self.rest == 0 {
                L::load(from)
            } else {
                L::load_first(from, self.rest)
            }
        }
    }
}

/// Where a register is added on its way.
#[derive(Clone, Copy)]
pub(super) struct Total {
    pub to: *mut f64,
    /// What was there before, and the cells from one run to the next: zeros at first.
    pub before: *const f64,
    pub step: usize,
}

/// Runs that are added to the totals of `N` coordinates on their way.
pub(super) struct Added<const N: usize> {
    pub runs: Apart,
    pub totals: [Total; N],
}

impl<L: Lanes, const N: usize> Runs<L> for Added<N> {
    #[inline(always)]
    unsafe fn at(&self, run: usize) -> L {
        // SAFETY: the caller's promise.
        unsafe {
            let x: L = self.runs.at(run);
            for total in &self.totals {
                let before = L::load(total.before.add(run * total.step));
                before.add(x).store(total.to.add(run * L::WIDTH));
            }
            x
        }
    }
}
