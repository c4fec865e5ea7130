//! Products of a matrix with one that has few entries, in lanes: sums of chosen columns times
//! coefficients.

use super::LANES;
use super::lanes::Lanes;

/// Which columns are summed up; see [`Kernel::mix`](super::Kernel::mix).
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Mix {
    /// Column of each term, target by target.
    pub sources: Vec<u32>,
    /// Place of each target, and where its terms end.
    pub targets: Vec<(usize, usize)>,
}

/// See [`Kernel::mix`](super::Kernel::mix).
///
/// # Safety
/// As for [`Lanes`].
#[inline(always)]
pub(super) unsafe fn mix<L: Lanes>(
    u: &[f64],
    rows: &[usize],
    coefficients: &[[f64; LANES]],
    mix: &Mix,
    lanes: &[usize],
    out: &mut [f64],
) {
    let width = u.len() / rows.len().max(1);
    let columns = width / LANES;
    let ends = mix.targets.iter().map(|&(_, end)| end);
    assert!(
        mix.sources
            .iter()
            .all(|&source| (source as usize) < columns)
    );
    assert!(ends.max().unwrap_or(0) <= mix.sources.len().min(coefficients.len()));
    for (part, lanes) in lanes.chunks(L::WIDTH).enumerate() {
        let at = part * L::WIDTH;
        let (quads, rest) = rows.as_chunks::<4>();
        // SAFETY: the caller's promise; sources and terms were looked at.
        unsafe {
            for (u, rows) in u.chunks_exact(4 * width).zip(quads) {
                mix_rows::<L, 4>(u, at, rows, coefficients, mix, lanes, out);
            }
            for (u, row) in u
                .chunks_exact(width)
                .zip(rows)
                .skip(rows.len() - rest.len())
            {
                mix_rows::<L, 1>(u, at, &[*row], coefficients, mix, lanes, out);
            }
        }
    }
}

/// Rows that share the loads of a coefficient, and the lanes of one register.
///
/// # Safety
/// As for [`Lanes`]; `u` must hold all sources in each of the rows, and there must be a source and a
/// coefficient for each term.
#[inline(always)]
unsafe fn mix_rows<L: Lanes, const ROWS: usize>(
    u: &[f64],
    at: usize,
    rows: &[usize; ROWS],
    coefficients: &[[f64; LANES]],
    mix: &Mix,
    lanes: &[usize],
    out: &mut [f64],
) {
    let width = u.len() / ROWS;
    let mut start = 0;
    for &(place, end) in &mix.targets {
        let mut sums = [[0.0; LANES]; ROWS];
        // SAFETY: the caller's promise.
        unsafe {
            let mut acc = [L::splat(0.0); ROWS];
            for term in start..end {
                let c = L::load(coefficients.get_unchecked(term).as_ptr().add(at));
                let source = *mix.sources.get_unchecked(term) as usize;
                let from = u.as_ptr().add(source * LANES + at);
                for (row, acc) in acc.iter_mut().enumerate() {
                    *acc = L::load(from.add(row * width)).mul_add(c, *acc);
                }
            }
            for (sums, acc) in sums.iter_mut().zip(acc) {
                acc.store_first(sums.as_mut_ptr(), L::WIDTH);
            }
        }
        start = end;
        for (sums, row) in sums.iter().zip(rows) {
            for (lane, sum) in lanes.iter().zip(sums) {
                out[place + row + lane] += sum;
            }
        }
    }
}
