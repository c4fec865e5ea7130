//! Summing a coordinate out, written once for any [`Lanes`].
//!
//! A run that does not fill its last register is read and written in whole registers all the same,
//! as long as they lie within the slices: what is too much lies in the next run, which is written
//! later.

use super::lanes::Lanes;

/// `dst[o, i] = sum over a of src[o, a, i]` for `a < q` and `i < inner`; see
/// [`Kernel::sum_out`](super::Kernel::sum_out).
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn sum_out<L: Lanes>(src: &[f64], q: usize, inner: usize, dst: &mut [f64]) {
    assert!(q > 0 && inner > 0);
    assert!(src.len() == dst.len() * q && dst.len().is_multiple_of(inner));
    // SAFETY: the caller's promise.
    unsafe {
        match (q, inner) {
            (2, 1 | 2 | 4) if inner < L::WIDTH => pairs::<L>(src, inner, dst),
            (4, 1 | 2 | 4) if inner < L::WIDTH => fours::<L>(src, inner, dst),
            (_, 1) => rows::<L>(src, q, dst),
            // The same code with loops of known length.
            (2, _) => runs::<L>(src, 2, inner, dst),
            (3, _) => runs::<L>(src, 3, inner, dst),
            (4, _) => runs::<L>(src, 4, inner, dst),
            (5, _) => runs::<L>(src, 5, inner, dst),
            (6, _) => runs::<L>(src, 6, inner, dst),
            (7, _) => runs::<L>(src, 7, inner, dst),
            (8, _) => runs::<L>(src, 8, inner, dst),
            (9, _) => runs::<L>(src, 9, inner, dst),
            _ => runs::<L>(src, q, inner, dst),
        }
    }
}

/// Runs of any length.
#[inline(always)]
unsafe fn runs<L: Lanes>(src: &[f64], q: usize, inner: usize, dst: &mut [f64]) {
    // Registers from here on would reach beyond the slices.
    let end = (dst.len() + 1).saturating_sub(L::WIDTH);
    let mut done = 0;
    // SAFETY: the caller's promise; a register at `done + i` lies within `dst` as long as that is
    // below `end`, and then those of all letters lie within `src`; otherwise `rest` cells do.
    unsafe {
        let (mut from, to) = (src.as_ptr(), dst.as_mut_ptr());
        while done < dst.len() {
            let whole = inner.min(end.saturating_sub(done));
            let mut i = 0;
            while i < whole {
                let mut sum = L::load(from.add(i));
                for a in 1..q {
                    sum = sum.add(L::load(from.add(a * inner + i)));
                }
                sum.store(to.add(done + i));
                i += L::WIDTH;
            }
            if i < inner {
                let rest = inner - i;
                let mut sum = L::load_first(from.add(i), rest);
                for a in 1..q {
                    sum = sum.add(L::load_first(from.add(a * inner + i), rest));
                }
                sum.store_first(to.add(done + i), rest);
            }
            from = from.add(q * inner);
            done += inner;
        }
    }
}

/// Two short runs: whole registers, then the rest.
#[inline(always)]
unsafe fn pairs<L: Lanes>(src: &[f64], inner: usize, dst: &mut [f64]) {
    let mut outputs = dst.chunks_exact_mut(L::WIDTH);
    let mut inputs = src.chunks_exact(2 * L::WIDTH);
    for (d, x) in (&mut outputs).zip(&mut inputs) {
        // SAFETY: the caller's promise; a chunk holds as many registers as are read and written.
        unsafe {
            let at = |k: usize| L::load(x.as_ptr().add(k * L::WIDTH));
            at(0).pair_sums(at(1), inner).store(d.as_mut_ptr());
        }
    }
    short(inputs.remainder(), 2, inner, outputs.into_remainder());
}

/// Four short runs, as two times two.
#[inline(always)]
unsafe fn fours<L: Lanes>(src: &[f64], inner: usize, dst: &mut [f64]) {
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
            low.pair_sums(high, inner).store(d.as_mut_ptr());
        }
    }
    short(inputs.remainder(), 4, inner, outputs.into_remainder());
}

/// Sums of contiguous rows: a register of each, and a tree over as many rows as it has lanes.
#[inline(always)]
unsafe fn rows<L: Lanes>(src: &[f64], q: usize, dst: &mut [f64]) {
    let mut outputs = dst.chunks_exact_mut(L::WIDTH);
    let mut inputs = src.chunks_exact(q * L::WIDTH);
    for (d, x) in (&mut outputs).zip(&mut inputs) {
        // SAFETY: the caller's promise; rows are read within their bounds.
        unsafe {
            let mut rows = [L::splat(0.0); 8];
            for (k, sum) in rows[..L::WIDTH].iter_mut().enumerate() {
                *sum = row::<L>(x.as_ptr().add(k * q), q);
            }
            L::row_sums(&rows).store(d.as_mut_ptr());
        }
    }
    short(inputs.remainder(), q, 1, outputs.into_remainder());
}

/// A row as a register with the same sum.
#[inline(always)]
unsafe fn row<L: Lanes>(from: *const f64, q: usize) -> L {
    // SAFETY: the caller's promise; `k + WIDTH <= q`, or `q - k` cells are left at `k`.
    unsafe {
        if q < L::WIDTH {
            return L::load_first(from, q);
        }
        let (mut sum, mut k) = (L::load(from), L::WIDTH);
        while k + L::WIDTH <= q {
            sum = sum.add(L::load(from.add(k)));
            k += L::WIDTH;
        }
        if k < q {
            sum = sum.add(L::load_first(from.add(k), q - k));
        }
        sum
    }
}

/// Few cells, one by one.
#[inline(always)]
fn short(src: &[f64], q: usize, inner: usize, dst: &mut [f64]) {
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
