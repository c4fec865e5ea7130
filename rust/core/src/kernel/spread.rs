//! Products and sums of the laws that samplers put out: plain loops that the compiler widens to the
//! registers of the shell that they end up in. Nothing is reduced and no product is fused with its
//! sum, so that every path gives the same bits.

/// Numbers of cells: one for every value of the outer tokens, and one for every value of the inner
/// ones, to be added.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Index {
    /// Of the outer tokens.
    pub outer: Vec<u32>,
    /// Of the inner tokens.
    pub inner: Vec<u32>,
}

/// See [`Kernel::multiply`](super::Kernel::multiply).
#[inline(always)]
pub(super) fn multiply(x: &[f64], factors: &[f64], out: &mut [f64]) {
    if let [factor] = *factors {
        for (out, x) in out.iter_mut().zip(x) {
            *out = x * factor;
        }
        return;
    }
    let rows = out
        .chunks_exact_mut(factors.len())
        .zip(x.chunks_exact(factors.len()));
    for (out, x) in rows {
        for ((out, x), factor) in out.iter_mut().zip(x).zip(factors) {
            *out = x * factor;
        }
    }
}

/// See [`Kernel::collect`](super::Kernel::collect).
#[inline(always)]
pub(super) fn collect(x: &[f64], from: &Index, out: &mut [f64]) {
    let rows = out.chunks_exact_mut(from.inner.len()).zip(&from.outer);
    for (out, &first) in rows {
        let x = &x[first as usize..];
        for (out, &further) in out.iter_mut().zip(&from.inner) {
            *out += x[further as usize];
        }
    }
}

/// See [`Kernel::collect_lanes`](super::Kernel::collect_lanes).
#[inline(always)]
pub(super) fn collect_lanes(
    x: &[f64],
    from: &Index,
    f: &[f64],
    lanes_from: &Index,
    lanes: usize,
    out: &mut [f64],
) {
    match lanes {
        1 => run::<1>(x, from, f, lanes_from, out),
        2 => run::<2>(x, from, f, lanes_from, out),
        4 => run::<4>(x, from, f, lanes_from, out),
        8 => run::<8>(x, from, f, lanes_from, out),
        _ => run_any(x, from, f, lanes_from, lanes, out),
    }
}

#[inline(always)]
fn run<const LANES: usize>(
    x: &[f64],
    from: &Index,
    f: &[f64],
    lanes_from: &Index,
    out: &mut [f64],
) {
    let (f, out) = (f.as_chunks::<LANES>().0, out.as_chunks_mut::<LANES>().0);
    let rows = out.chunks_exact_mut(from.inner.len()).zip(&from.outer);
    for ((out, &first), &lane) in rows.zip(&lanes_from.outer) {
        let (x, f) = (&x[first as usize..], &f[lane as usize..]);
        let further = from.inner.iter().zip(&lanes_from.inner);
        for (out, (&i, &j)) in out.iter_mut().zip(further) {
            let (x, f) = (x[i as usize], &f[j as usize]);
            for lane in 0..LANES {
                out[lane] += x * f[lane];
            }
        }
    }
}

#[inline(always)]
fn run_any(x: &[f64], from: &Index, f: &[f64], lanes_from: &Index, lanes: usize, out: &mut [f64]) {
    let rows = out.chunks_exact_mut(from.inner.len() * lanes);
    for ((out, &first), &lane) in rows.zip(&from.outer).zip(&lanes_from.outer) {
        let (x, f) = (&x[first as usize..], &f[lane as usize * lanes..]);
        let further = from.inner.iter().zip(&lanes_from.inner);
        for (out, (&i, &j)) in out.chunks_exact_mut(lanes).zip(further) {
            let (x, f) = (x[i as usize], &f[j as usize * lanes..][..lanes]);
            for (out, f) in out.iter_mut().zip(f) {
                *out += x * f;
            }
        }
    }
}
