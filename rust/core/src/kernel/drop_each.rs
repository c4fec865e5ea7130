//! The marginals that sum out one coordinate alone, written once for any [`Lanes`].

use super::CHUNK;
use super::cores::MAX_COLUMNS;
use super::lanes::Lanes;
use super::term::Term;

/// Calls `$body` for every register of a block of `$block` cells: `$at` is bound to a function
/// `run -> register` that reads the same cells of the run that starts at `$src + run * $block`.
/// After every [`CHUNK`] registers the totals of the accumulators `$acc` are added to `$out`.
macro_rules! over_block {
    ($L:ident, $src:expr, $block:expr, $acc:ident, $out:expr, |$at:ident| $body:block) => {{
        let (base, block) = ($src.as_ptr(), $block);
        let full = block / $L::WIDTH;
        let rest = block % $L::WIDTH;
        let mut first = 0;
        while first < full {
            let last = (first + CHUNK).min(full);
            for register in first..last {
                let from = base.add(register * $L::WIDTH);
                let $at = |run: usize| $L::load(from.add(run * block));
                $body
            }
            flush(&mut $acc, $out);
            first = last;
        }
        if rest > 0 {
            let from = base.add(full * $L::WIDTH);
            let $at = |run: usize| $L::load_first(from.add(run * block), rest);
            $body
            flush(&mut $acc, $out);
        }
    }};
}

/// Adds the totals of the accumulators to `out` and clears them.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
unsafe fn flush<L: Lanes, const N: usize>(acc: &mut [L; N], out: &mut [f64]) {
    for (a, o) in acc.iter_mut().zip(out) {
        // SAFETY: the caller's promise.
        unsafe {
            *o += a.total();
            *a = L::splat(0.0);
        }
    }
}

/// For each of up to three coordinates, the sub-marginal that drops it alone; see
/// [`Terms::drop_each`](super::Terms::drop_each).
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn drop_each<L: Lanes, T: Term>(
    src: &[f64],
    shape: &[usize],
    block: usize,
    out: &mut [f64],
) {
    let cells = shape.iter().product::<usize>() * block;
    assert!(src.len() == cells && out.len() == shape.len());
    // SAFETY: the caller's promise, and the runs named by `shape` and `block` fill `src` exactly.
    unsafe {
        match *shape {
            [] => {}
            [q] => {
                let mut acc = [L::splat(0.0); 1];
                over_block!(L, src, block, acc, out, |at| {
                    let mut dropped = at(0);
                    for run in 1..q {
                        dropped = dropped.add(at(run));
                    }
                    acc[0] = T::accumulate(acc[0], dropped);
                });
            }
            [q, columns] => {
                assert!(columns <= MAX_COLUMNS);
                let mut acc = [L::splat(0.0); 2];
                let mut column = [L::splat(0.0); MAX_COLUMNS];
                over_block!(L, src, block, acc, out, |at| {
                    column[..columns].fill(L::splat(0.0));
                    for a in 0..q {
                        let mut row = L::splat(0.0);
                        for (b, sum) in column[..columns].iter_mut().enumerate() {
                            let x = at(a * columns + b);
                            row = row.add(x);
                            *sum = sum.add(x);
                        }
                        acc[1] = T::accumulate(acc[1], row);
                    }
                    for &sum in &column[..columns] {
                        acc[0] = T::accumulate(acc[0], sum);
                    }
                });
            }
            [2, 2, 2] => {
                let mut acc = [L::splat(0.0); 3];
                over_block!(L, src, block, acc, out, |at| {
                    for k in 0..4 {
                        let pair = at(k).add(at(k + 4));
                        acc[0] = T::accumulate(acc[0], pair);
                    }
                    for k in [0, 1, 4, 5] {
                        let pair = at(k).add(at(k + 2));
                        acc[1] = T::accumulate(acc[1], pair);
                    }
                    for k in [0, 2, 4, 6] {
                        let pair = at(k).add(at(k + 1));
                        acc[2] = T::accumulate(acc[2], pair);
                    }
                });
            }
            _ => unreachable!("as for leaves"),
        }
    }
}
