//! Sums over blocks of cells and their marginals, written once for any [`Lanes`].

use super::CHUNK;
use super::cores::{Bits, Core, Pair, Single};
use super::lanes::Lanes;
use super::runs::Apart;
use super::term::Term;
use super::wide;
use crate::sum::Sum;

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

/// The leading coordinates, whose sums lie in memory, and the last ones, whose sums do not.
pub(super) fn split(shape: &[usize]) -> (&[usize], &[usize]) {
    let core = match *shape {
        [.., 2, 2, 2] => 3,
        _ => shape.len().min(2),
    };
    shape.split_at(shape.len() - core)
}

/// All marginals of up to two coordinates or three binary ones beside a kept block; see
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
            [q] => narrow::<L, T, _>(src, Single(q), block, out),
            // The same code with loops of known length.
            [3, 3] => narrow::<L, T, _>(src, Pair(3, 3), block, out),
            [4, 4] => narrow::<L, T, _>(src, Pair(4, 4), block, out),
            [q, columns] => narrow::<L, T, _>(src, Pair(q, columns), block, out),
            _ => narrow::<L, T, _>(src, Bits, block, out),
        }
    }
}

/// As [`leaf`], for the same coordinates with others before them.
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn wide_leaf<L: Lanes, T: Term>(
    src: &[f64],
    shape: &[usize],
    block: usize,
    out: &mut [f64],
) {
    let cells = shape.iter().product::<usize>() * block;
    assert!(src.len() == cells && out.len() == 1 << shape.len());
    let (outer, core) = split(shape);
    assert!(wide::fits(outer, core));
    // SAFETY: the caller's promise, and the runs named by `shape` and `block` fill `src` exactly.
    unsafe {
        match *core {
            // The same code with loops of known length.
            [3, 3] => wide::leaf::<L, T, _>(src, outer, Pair(3, 3), block, out),
            [4, 4] => wide::leaf::<L, T, _>(src, outer, Pair(4, 4), block, out),
            [q, columns] => wide::leaf::<L, T, _>(src, outer, Pair(q, columns), block, out),
            _ => wide::leaf::<L, T, _>(src, outer, Bits, block, out),
        }
    }
}

/// The coordinates of a core and no others.
#[inline(always)]
unsafe fn narrow<L: Lanes, T: Term, C: Core>(src: &[f64], core: C, block: usize, out: &mut [f64]) {
    // SAFETY: the caller's promise; the runs of the core fill `src`.
    unsafe {
        let mut acc = C::zero::<L>();
        let (full, rest) = (block / L::WIDTH, block % L::WIDTH);
        let mut runs = Apart {
            from: src.as_ptr(),
            step: block,
            rest: 0,
        };
        let mut first = 0;
        while first < full {
            let last = (first + CHUNK).min(full);
            for _ in first..last {
                core.add::<L, T, _>(&Apart { rest: 0, ..runs }, &mut acc);
                runs.from = runs.from.add(L::WIDTH);
            }
            flush(acc.as_mut(), out);
            first = last;
        }
        if rest > 0 {
            core.add::<L, T, _>(&Apart { rest, ..runs }, &mut acc);
            flush(acc.as_mut(), out);
        }
    }
}

/// Adds the totals of the accumulators to `out` and clears them.
#[inline(always)]
unsafe fn flush<L: Lanes>(acc: &mut [L], out: &mut [f64]) {
    for (a, o) in acc.iter_mut().zip(out) {
        // SAFETY: the caller's promise.
        unsafe {
            *o += a.total();
            *a = L::splat(0.0);
        }
    }
}
