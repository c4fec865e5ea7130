//! All marginals of a few coordinates beside a block, one register of the block at a time.
//!
//! The last coordinates (the *core*) are summed out in registers. Those before them (*outer*) each
//! get one letter more, which stands for its being summed out, and the core is called for every
//! cell of the table that they span, letters in order. What is read of a cell is added, on its way,
//! to the cells that sum out one coordinate more, which come later: the additions hide behind the
//! logarithms. A cell that sums out several coordinates gets the sum over the first of them.

use std::mem::MaybeUninit;

use super::LANES;
use super::cores::Core;
use super::lanes::Lanes;
use super::runs::{Added, Apart, Total};
use super::term::Term;

/// Most outer coordinates.
pub(super) const MAX_OUTER: usize = 3;

/// Most cells of the table that the outer coordinates span with their totals.
const MAX_CELLS: usize = 128;

/// Most registers of totals, counted at eight doubles: they fill a common first cache.
const MAX_TOTALS: usize = 512;

/// Most terms that are added up lane by lane before their total goes into the result.
const PLAIN: usize = 2048;

/// Whether the totals of the outer coordinates find room.
pub(super) fn fits(outer: &[usize], core: &[usize]) -> bool {
    if outer.len() > MAX_OUTER {
        return false;
    }
    let cells: usize = outer.iter().map(|q| 1 + q).product();
    let totals = cells - outer.iter().product::<usize>();
    cells <= MAX_CELLS && totals * core.iter().product::<usize>() <= MAX_TOTALS
}

/// What happens to a cell of the outer coordinates.
#[derive(Clone, Copy, Default)]
struct Step {
    /// The coordinates that are kept.
    subset: u8,
    /// Number of the cell in the table, or among the totals.
    place: u16,
    /// How many totals it is added to.
    totals: u8,
    /// Which these are.
    to: [u16; MAX_OUTER],
    /// Whether it is the first one that is added.
    first: [bool; MAX_OUTER],
}

/// The steps in order; letter `q` of a coordinate of `q` letters sums it out.
fn steps<'a>(outer: &[usize], steps: &'a mut [Step; MAX_CELLS]) -> &'a [Step] {
    let all = (1u8 << outer.len()) - 1;
    let mut cells = 1;
    // The subsets, one coordinate more at a time, innermost last: from the last cell to the first,
    // so that none is overwritten before it is read.
    for (k, &q) in outer.iter().enumerate() {
        for cell in (0..cells).rev() {
            let before = steps[cell].subset;
            let expanded = &mut steps[cell * (q + 1)..][..=q];
            expanded
                .iter_mut()
                .for_each(|step| step.subset = before | 1 << k);
            expanded[q].subset = before;
        }
        cells *= q + 1;
    }
    let steps = &mut steps[..cells];
    let mut counts = [0; 2];
    for step in steps.iter_mut() {
        let count = &mut counts[usize::from(step.subset != all)];
        (step.place, *count) = (*count, *count + 1);
    }
    // Cells from one letter to the next, innermost coordinate first.
    let mut stride = cells;
    for (k, &q) in outer.iter().enumerate() {
        stride /= q + 1;
        // All coordinates up to this one are kept.
        let wanted = (2u8 << k) - 1;
        for first in (0..cells).step_by(stride * (q + 1)) {
            for cell in first..first + stride * q {
                if steps[cell].subset & wanted == wanted {
                    let letter = (cell - first) / stride;
                    let to = steps[cell + (q - letter) * stride].place;
                    let step = &mut steps[cell];
                    step.to[k] = to;
                    step.first[k] = letter == 0;
                    step.totals = k as u8 + 1;
                }
            }
        }
    }
    steps
}

/// Room for totals, on a boundary of cache lines.
#[repr(align(64))]
struct Room([MaybeUninit<f64>; MAX_TOTALS * LANES]);

static ZEROS: [f64; LANES] = [0.0; LANES];

/// See [`Terms::leaf`](super::Terms::leaf); `C` is the core, `out` has its subsets as high bits.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn leaf<L: Lanes, T: Term, C: Core>(
    src: &[f64],
    outer: &[usize],
    core: C,
    block: usize,
    out: &mut [f64],
) {
    let mut buffer = [Step::default(); MAX_CELLS];
    let steps = steps(outer, &mut buffer);
    let mut room = Room([const { MaybeUninit::uninit() }; MAX_TOTALS * LANES]);
    let room = room.0.as_mut_ptr().cast::<f64>();
    let (subsets, runs) = (1 << outer.len(), core.runs());
    // SAFETY: the caller's promise; runs of length `block` fill `src`, places lie within it or the
    // room, and what is read there was written before.
    unsafe {
        let mut sums = [C::zero::<L>(); 1 << MAX_OUTER];
        let nowhere = Total {
            to: room,
            before: ZEROS.as_ptr(),
            step: 0,
        };
        let mut added = 0;
        for register in 0..block.div_ceil(L::WIDTH) {
            let left = block - register * L::WIDTH;
            let rest = if left < L::WIDTH { left } else { 0 };
            for step in steps {
                let acc = &mut sums[usize::from(step.subset)];
                let place = usize::from(step.place) * runs;
                let from = if usize::from(step.subset) == subsets - 1 {
                    Apart {
                        from: src.as_ptr().add(place * block + register * L::WIDTH),
                        step: block,
                        rest,
                    }
                } else {
                    Apart {
                        from: room.add(place * L::WIDTH),
                        step: L::WIDTH,
                        rest: 0,
                    }
                };
                macro_rules! totals {
                    ($n:literal) => {{
                        let mut added = Added::<$n> {
                            runs: from,
                            totals: [nowhere; $n],
                        };
                        for (k, total) in added.totals.iter_mut().enumerate() {
                            total.to = room.add(usize::from(step.to[k]) * runs * L::WIDTH);
                            if !step.first[k] {
                                (total.before, total.step) = (total.to, L::WIDTH);
                            }
                        }
                        core.add::<L, T, _>(&added, acc);
                    }};
                }
                match step.totals {
                    0 => totals!(0),
                    1 => totals!(1),
                    2 => totals!(2),
                    _ => totals!(3),
                }
                added += runs;
                if added > PLAIN {
                    flush(&mut sums[..subsets], out);
                    added = 0;
                }
            }
        }
        flush(&mut sums[..subsets], out);
    }
}

/// Adds the totals of the accumulators of every subset to `out` and clears them.
#[inline(always)]
unsafe fn flush<L: Lanes, S: AsMut<[L]>>(sums: &mut [S], out: &mut [f64]) {
    let subsets = sums.len();
    for (subset, acc) in sums.iter_mut().enumerate() {
        for (core, a) in acc.as_mut().iter_mut().enumerate() {
            // SAFETY: the caller's promise.
            unsafe {
                out[core * subsets + subset] += a.total();
                *a = L::splat(0.0);
            }
        }
    }
}
