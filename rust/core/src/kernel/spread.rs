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
