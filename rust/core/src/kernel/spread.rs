//! Products and sums of the laws that samplers put out: plain loops that the compiler widens to the
//! registers of the shell that they end up in. Nothing is reduced and no product is fused with its
//! sum, so that every path gives the same bits.

/// Cells of a tile whose tokens are all binary.
const CELLS: usize = 8;

/// The innermost tokens of a table, some of which were known and some of which are drawn now.
#[derive(Debug, Clone, PartialEq)]
pub struct Tile {
    /// For every cell, the number of the cell of the known tokens that it agrees with.
    known: Vec<usize>,
    /// Cells of the known tokens.
    letters: usize,
    /// Which tokens were known, if there are three of two letters each; the innermost is bit 0.
    binary: Option<usize>,
}

impl Tile {
    /// Of tokens with these alphabet sizes, outermost first, and whether each was known.
    pub fn new(tokens: &[(usize, bool)]) -> Self {
        let (mut known, mut letters) = (vec![0], 1);
        for &(q, was_known) in tokens {
            let digit = |k: usize, c: usize| if was_known { k * q + c } else { k };
            known = known
                .iter()
                .flat_map(|&k| (0..q).map(move |c| digit(k, c)))
                .collect();
            letters *= if was_known { q } else { 1 };
        }
        let binary = tokens.len() == 3 && tokens.iter().all(|&(q, _)| q == 2);
        let bits = tokens
            .iter()
            .fold(0, |bits, &(_, k)| bits << 1 | usize::from(k));
        Self {
            known,
            letters,
            binary: binary.then_some(bits),
        }
    }

    /// See the field.
    pub fn known(&self) -> &[usize] {
        &self.known
    }

    /// See the field.
    pub fn letters(&self) -> usize {
        self.letters
    }
}

/// See [`Kernel::scale`](super::Kernel::scale).
#[inline(always)]
pub(super) fn scale(x: &[f64], factors: &[f64], out: &mut [f64]) {
    let lanes = x.len() / factors.len();
    if lanes == 1 {
        for ((out, x), factor) in out.iter_mut().zip(x).zip(factors) {
            *out = x * factor;
        }
        return;
    }
    let rows = out.chunks_exact_mut(lanes).zip(x.chunks_exact(lanes));
    for ((out, x), factor) in rows.zip(factors) {
        for (out, x) in out.iter_mut().zip(x) {
            *out = x * factor;
        }
    }
}

/// See [`Kernel::spread`](super::Kernel::spread).
#[inline(always)]
pub(super) fn spread(tile: &Tile, x: &[f64], factors: &[f64], lanes: usize, out: &mut [f64]) {
    match tile.binary.filter(|_| lanes == 1) {
        Some(0) => binary::<0, 1>(x, factors, out),
        Some(1) => binary::<1, 2>(x, factors, out),
        Some(2) => binary::<2, 2>(x, factors, out),
        Some(3) => binary::<3, 4>(x, factors, out),
        Some(4) => binary::<4, 2>(x, factors, out),
        Some(5) => binary::<5, 4>(x, factors, out),
        Some(6) => binary::<6, 4>(x, factors, out),
        Some(7) => binary::<7, 8>(x, factors, out),
        _ => any(tile, x, factors, lanes, out),
    }
}

/// The bits of `cell` where those of `mask` are set, moved together.
const fn compress(cell: usize, mask: usize) -> usize {
    let (mut bits, mut k, mut i) = (0, 0, 0);
    while i < 3 {
        if mask >> i & 1 == 1 {
            bits |= (cell >> i & 1) << k;
            k += 1;
        }
        i += 1;
    }
    bits
}

#[inline(always)]
fn binary<const KNOWN: usize, const LETTERS: usize>(x: &[f64], factors: &[f64], out: &mut [f64]) {
    let (x, factors) = (x.as_chunks::<LETTERS>().0, factors.as_chunks::<CELLS>().0);
    let out = out.as_chunks_mut::<CELLS>().0;
    for ((x, factors), out) in x.iter().zip(factors).zip(out) {
        for cell in 0..CELLS {
            out[cell] += x[const {
                [
                    compress(0, KNOWN),
                    compress(1, KNOWN),
                    compress(2, KNOWN),
                    compress(3, KNOWN),
                    compress(4, KNOWN),
                    compress(5, KNOWN),
                    compress(6, KNOWN),
                    compress(7, KNOWN),
                ]
            }[cell]]
                * factors[cell];
        }
    }
}

#[inline(always)]
fn any(tile: &Tile, x: &[f64], factors: &[f64], lanes: usize, out: &mut [f64]) {
    let cells = tile.known.len();
    let tiles = out
        .chunks_exact_mut(cells * lanes)
        .zip(factors.chunks_exact(cells));
    for ((out, factors), x) in tiles.zip(x.chunks_exact(tile.letters * lanes)) {
        let cells = out.chunks_exact_mut(lanes).zip(factors);
        for ((out, factor), &known) in cells.zip(&tile.known) {
            for (out, x) in out.iter_mut().zip(&x[known * lanes..]) {
                *out += x * factor;
            }
        }
    }
}
