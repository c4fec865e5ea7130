//! One level of the thinning of a count: plain loops that the compiler widens to the registers of
//! the shell that they end up in. No reduction depends on that width, so every path gives the same
//! bits.

/// Independent partial sums: enough for two of the widest registers.
const PARTIAL: usize = 16;

/// See [`Kernel::thin`](super::Kernel::thin).
#[inline(always)]
pub(super) fn thin(p: &mut [f64], counts: &[f64], total: f64) {
    let share = 1.0 / total;
    let last = p.len() - 1;
    let (here, next) = (&counts[..last], &counts[1..=last]);
    for k in 0..last {
        p[k] = (p[k] * (total - here[k]) + p[k + 1] * next[k]) * share;
    }
}

/// See [`Kernel::weigh`](super::Kernel::weigh).
#[inline(always)]
pub(super) fn weigh(p: &[f64], up: &[f64], down: &[f64]) -> (f64, f64) {
    let (mut mass, mut weighted) = ([0.0; PARTIAL], [0.0; PARTIAL]);
    let chunks = p.len() / PARTIAL * PARTIAL;
    let parts = p[..chunks].chunks_exact(PARTIAL);
    let weights = up.chunks_exact(PARTIAL).zip(down.chunks_exact(PARTIAL));
    for (p, (up, down)) in parts.zip(weights) {
        for k in 0..PARTIAL {
            mass[k] += p[k];
            weighted[k] += p[k] * (up[k] + down[k]);
        }
    }
    for k in chunks..p.len() {
        mass[k - chunks] += p[k];
        weighted[k - chunks] += p[k] * (up[k] + down[k]);
    }
    (mass.iter().sum(), weighted.iter().sum())
}
