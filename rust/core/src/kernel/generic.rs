//! The kernels, written once for any [`Lanes`]; the shells instantiate them.
//!
//! Everything is `#[inline(always)]`, so that it is compiled with the instructions of the shell
//! that it ends up in.

use super::lanes::Lanes;
use super::term::Term;
use crate::sum::Sum;

/// Registers added up lane by lane before their total goes into a [`Sum`]: long enough to hide the
/// cost of a total, short enough for plain additions to lose nothing that matters.
const CHUNK: usize = 64;

/// Columns that [`leaf_pair`] can add up beside its rows without spilling out of the first cache.
pub(super) const MAX_COLUMNS: usize = 64;

/// Sum of `T` over the cells of `x`.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn sum<L: Lanes, T: Term>(x: &[f64]) -> Sum {
    let mut total = Sum::ZERO;
    // SAFETY: the caller's promise; chunks are read within their bounds.
    unsafe {
        for chunk in x.chunks(CHUNK * L::WIDTH) {
            let (mut even, mut odd) = (L::splat(0.0), L::splat(0.0));
            let mut pairs = chunk.chunks_exact(2 * L::WIDTH);
            for pair in &mut pairs {
                even = T::accumulate(even, L::load(pair.as_ptr()));
                odd = T::accumulate(odd, L::load(pair.as_ptr().add(L::WIDTH)));
            }
            let mut rest = pairs.remainder();
            if rest.len() >= L::WIDTH {
                even = T::accumulate(even, L::load(rest.as_ptr()));
                rest = &rest[L::WIDTH..];
            }
            if !rest.is_empty() {
                odd = T::accumulate(odd, L::load_first(rest.as_ptr(), rest.len()));
            }
            total.push(even.add(odd).total());
        }
    }
    total
}

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

/// All sub-marginals of up to three coordinates beside a kept block; see
/// [`Terms::leaf`](super::Terms::leaf).
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn leaf<L: Lanes, T: Term>(
    src: &[f64],
    shape: &[usize],
    block: usize,
    out: &mut [f64],
) {
    let cells = shape.iter().product::<usize>() * block;
    assert!(src.len() == cells && out.len() == 1 << shape.len());
    // SAFETY: the caller's promise, and the runs named by `shape` and `block` fill `src` exactly.
    unsafe {
        match *shape {
            [] => out[0] += sum::<L, T>(src).value(),
            [q] => leaf_single::<L, T>(src, q, block, out),
            // The same code with loops of known length.
            [3, 3] => leaf_pair::<L, T>(src, 3, 3, block, out),
            [4, 4] => leaf_pair::<L, T>(src, 4, 4, block, out),
            [q, columns] => leaf_pair::<L, T>(src, q, columns, block, out),
            [2, 2, 2] => leaf_bits::<L, T>(src, block, out),
            _ => unreachable!("leaves are empty, one or two coordinates, or three binary ones"),
        }
    }
}

/// One coordinate: every cell (kept) and the sum of each column of `q` (dropped).
#[inline(always)]
unsafe fn leaf_single<L: Lanes, T: Term>(src: &[f64], q: usize, block: usize, out: &mut [f64]) {
    // SAFETY: the caller's promise; runs `0..q` of length `block` lie within `src`.
    unsafe {
        let mut acc = [L::splat(0.0); 2];
        over_block!(L, src, block, acc, out, |at| {
            let mut dropped = L::splat(0.0);
            for run in 0..q {
                let x = at(run);
                acc[1] = T::accumulate(acc[1], x);
                dropped = dropped.add(x);
            }
            acc[0] = T::accumulate(acc[0], dropped);
        });
    }
}

/// Two coordinates: cells, row sums, column sums, totals.
#[inline(always)]
unsafe fn leaf_pair<L: Lanes, T: Term>(
    src: &[f64],
    q: usize,
    columns: usize,
    block: usize,
    out: &mut [f64],
) {
    assert!(columns <= MAX_COLUMNS);
    // SAFETY: the caller's promise; runs `0..q * columns` of length `block` lie within `src`.
    unsafe {
        let mut acc = [L::splat(0.0); 4];
        let mut column = [L::splat(0.0); MAX_COLUMNS];
        over_block!(L, src, block, acc, out, |at| {
            column[..columns].fill(L::splat(0.0));
            for a in 0..q {
                let mut row = L::splat(0.0);
                for (b, sum) in column[..columns].iter_mut().enumerate() {
                    let x = at(a * columns + b);
                    acc[3] = T::accumulate(acc[3], x);
                    row = row.add(x);
                    *sum = sum.add(x);
                }
                acc[1] = T::accumulate(acc[1], row);
            }
            let mut all = L::splat(0.0);
            for &sum in &column[..columns] {
                acc[2] = T::accumulate(acc[2], sum);
                all = all.add(sum);
            }
            acc[0] = T::accumulate(acc[0], all);
        });
    }
}

/// Three binary coordinates in registers: eight loads give 27 terms.
#[inline(always)]
unsafe fn leaf_bits<L: Lanes, T: Term>(src: &[f64], block: usize, out: &mut [f64]) {
    // SAFETY: the caller's promise; runs `0..8` of length `block` lie within `src`.
    unsafe {
        let mut acc = [L::splat(0.0); 8];
        over_block!(L, src, block, acc, out, |at| {
            // Run `4a + 2b + c` holds the cells with values a, b, c; bits 0, 1, 2 of an index into
            // `acc` say whether a, b, c are kept. A prime marks a coordinate that is summed out.
            let x: [L; 8] = [at(0), at(1), at(2), at(3), at(4), at(5), at(6), at(7)];
            for v in x {
                acc[0b111] = T::accumulate(acc[0b111], v);
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
        });
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

/// `dst[o, i] = sum over a of src[o, a, i]` for `a < q` and `i < inner`; see
/// [`Kernel::sum_out`](super::Kernel::sum_out).
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn sum_out<L: Lanes>(src: &[f64], q: usize, inner: usize, dst: &mut [f64]) {
    assert!(q > 0 && inner > 0);
    assert!(src.len() == dst.len() * q && dst.len().is_multiple_of(inner));
    if inner < L::WIDTH {
        // SAFETY: the caller's promise.
        unsafe {
            match (q, inner) {
                (2, 1 | 2 | 4) => sum_out_pairs::<L>(src, inner, dst),
                (4, 1 | 2 | 4) => sum_out_fours::<L>(src, inner, dst),
                // The same code with loops of known length.
                (3, 1) => sum_out_short(src, 3, 1, dst),
                (3, 3) => sum_out_short(src, 3, 3, dst),
                (_, 1) if q >= L::WIDTH => sum_out_rows::<L>(src, q, dst),
                _ => sum_out_short(src, q, inner, dst),
            }
        }
        return;
    }
    // SAFETY: the caller's promise.
    unsafe {
        match q {
            // The same code with loops of known length.
            2 => sum_out_long::<L>(src, 2, inner, dst),
            3 => sum_out_long::<L>(src, 3, inner, dst),
            4 => sum_out_long::<L>(src, 4, inner, dst),
            _ => sum_out_long::<L>(src, q, inner, dst),
        }
    }
}

/// [`sum_out`] for runs of at least a register.
#[inline(always)]
unsafe fn sum_out_long<L: Lanes>(src: &[f64], q: usize, inner: usize, dst: &mut [f64]) {
    for (d, runs) in dst.chunks_exact_mut(inner).zip(src.chunks_exact(q * inner)) {
        // SAFETY: the caller's promise; `i + WIDTH <= inner`, or `rest` cells are left at `i`.
        unsafe {
            let (from, to) = (runs.as_ptr(), d.as_mut_ptr());
            let mut i = 0;
            while i + L::WIDTH <= inner {
                let mut sum = L::load(from.add(i));
                for a in 1..q {
                    sum = sum.add(L::load(from.add(a * inner + i)));
                }
                sum.store_first(to.add(i), L::WIDTH);
                i += L::WIDTH;
            }
            let rest = inner - i;
            if rest > 0 {
                let mut sum = L::load_first(from.add(i), rest);
                for a in 1..q {
                    sum = sum.add(L::load_first(from.add(a * inner + i), rest));
                }
                sum.store_first(to.add(i), rest);
            }
        }
    }
}

/// [`sum_out`] for two short runs: whole registers, then the rest.
#[inline(always)]
unsafe fn sum_out_pairs<L: Lanes>(src: &[f64], inner: usize, dst: &mut [f64]) {
    let mut outputs = dst.chunks_exact_mut(L::WIDTH);
    let mut inputs = src.chunks_exact(2 * L::WIDTH);
    for (d, x) in (&mut outputs).zip(&mut inputs) {
        // SAFETY: the caller's promise; a chunk holds as many registers as are read and written.
        unsafe {
            let at = |k: usize| L::load(x.as_ptr().add(k * L::WIDTH));
            at(0)
                .pair_sums(at(1), inner)
                .store_first(d.as_mut_ptr(), L::WIDTH);
        }
    }
    sum_out_short(inputs.remainder(), 2, inner, outputs.into_remainder());
}

/// [`sum_out`] for four short runs, as two times two.
#[inline(always)]
unsafe fn sum_out_fours<L: Lanes>(src: &[f64], inner: usize, dst: &mut [f64]) {
    let mut outputs = dst.chunks_exact_mut(L::WIDTH);
    let mut inputs = src.chunks_exact(4 * L::WIDTH);
    for (d, x) in (&mut outputs).zip(&mut inputs) {
        // SAFETY: the caller's promise; a chunk holds as many registers as are read and written.
        unsafe {
            let at = |k: usize| L::load(x.as_ptr().add(k * L::WIDTH));
            let (low, high) = if 2 * inner < L::WIDTH {
                (
                    at(0).pair_sums(at(1), 2 * inner),
                    at(2).pair_sums(at(3), 2 * inner),
                )
            } else {
                (at(0).add(at(1)), at(2).add(at(3)))
            };
            let sums = low.pair_sums(high, inner);
            sums.store_first(d.as_mut_ptr(), L::WIDTH);
        }
    }
    sum_out_short(inputs.remainder(), 4, inner, outputs.into_remainder());
}

/// [`sum_out`] of the last coordinate: sums of contiguous rows of at least a register.
#[inline(always)]
unsafe fn sum_out_rows<L: Lanes>(src: &[f64], q: usize, dst: &mut [f64]) {
    for (d, row) in dst.iter_mut().zip(src.chunks_exact(q)) {
        // SAFETY: the caller's promise; registers are read within the row.
        unsafe {
            let mut registers = row.chunks_exact(L::WIDTH);
            let mut sum = L::splat(0.0);
            for register in &mut registers {
                sum = sum.add(L::load(register.as_ptr()));
            }
            let rest = registers.remainder();
            if !rest.is_empty() {
                sum = sum.add(L::load_first(rest.as_ptr(), rest.len()));
            }
            *d = sum.total();
        }
    }
}

/// [`sum_out`] for runs shorter than a register.
#[inline(always)]
fn sum_out_short(src: &[f64], q: usize, inner: usize, dst: &mut [f64]) {
    let outer = dst.chunks_exact_mut(inner);
    for (d, x) in outer.zip(src.chunks_exact(q * inner)) {
        for (i, d) in d.iter_mut().enumerate() {
            let mut sum = x[i];
            for a in 1..q {
                sum += x[a * inner + i];
            }
            *d = sum;
        }
    }
}
