//! One move of the sampler for all values at once: from `A` to `B`.
//!
//! Adds `f(x_A) prod_{i in B \ A} mu(x_i | x_A)` to the cells of `B`, which mix the tokens of `A` and
//! those drawn now. The outer tokens of `B` are taken one after the other: a token that was known
//! selects a part of `f` and of the output, a token that is drawn scales what is left of `f` by its
//! conditionals, once for each letter. What remains is a *tile* of inner tokens, small enough that
//! its factors, the product of the conditionals of the inner tokens that are drawn, are made
//! beforehand for every `x_A`; a run of tiles is one call of [`Kernel::spread`]. A cell of the output
//! costs one product and one sum, and less than two more products on the way to its tile.
//!
//! All functions may have several *lanes*, interleaved: laws after different numbers of steps.

use super::Impossible;
use super::marginals::Marginals;
use crate::error::{Error, Result};
use crate::kernel::{Kernel, Tile, kernel};

/// Numbers in a tile, at least, where there are as many.
const TILE: usize = 8;

/// Everything that moves have in common.
pub(super) struct Moves<'a> {
    pub marginals: &'a Marginals,
    pub impossible: Impossible,
    /// Lanes of the functions.
    pub lanes: usize,
}

/// Space that is used again from move to move.
#[derive(Default)]
pub(super) struct Scratch {
    conditionals: Vec<f64>,
    factors: Vec<f64>,
    scaled: Vec<f64>,
}

/// An outer token of `B`.
struct Outer {
    letters: usize,
    /// Where the conditionals of the token start, if it is drawn.
    drawn: Option<usize>,
}

impl Moves<'_> {
    /// Adds to `out`, over the cells of `b`, the law that comes from `source`, over those of `a`.
    pub fn add(
        &self,
        a: usize,
        b: usize,
        source: &[f64],
        scratch: &mut Scratch,
        out: &mut [f64],
    ) -> Result<()> {
        let shape = self.marginals.shape();
        let tokens: Vec<usize> = (0..shape.len()).filter(|i| b >> i & 1 == 1).collect();
        let known = |i: usize| a >> i & 1 == 1;
        let cells = self.marginals.cells(a);
        self.conditionals(a, &tokens, source, &mut scratch.conditionals)?;

        let (mut first, mut inner) = (tokens.len(), self.lanes);
        while first > 0 && inner < TILE {
            first -= 1;
            inner *= shape[tokens[first]];
        }
        let mut start = 0;
        let mut drawn = |i: usize| {
            (!known(i)).then(|| {
                start += shape[i] * cells;
                start - shape[i] * cells
            })
        };
        let outer: Vec<Outer> = tokens[..first]
            .iter()
            .map(|&i| Outer {
                letters: shape[i],
                drawn: drawn(i),
            })
            .collect();
        let inner: Vec<(usize, Option<usize>)> = tokens[first..]
            .iter()
            .map(|&i| (shape[i], drawn(i)))
            .collect();
        let pattern: Vec<(usize, bool)> = inner
            .iter()
            .map(|&(q, start)| (q, start.is_none()))
            .collect();
        let tile = Tile::new(&pattern);
        factors(
            &tile,
            &inner,
            cells,
            &scratch.conditionals,
            &mut scratch.factors,
        );

        let last = outer.iter().rposition(|token| token.drawn.is_some());
        let walk = Descent {
            kernel: kernel(),
            outer: &outer[..last.map_or(0, |last| last + 1)],
            conditionals: &scratch.conditionals,
            cells,
            factors: &scratch.factors,
            tile: &tile,
            lanes: self.lanes,
        };
        let depth = walk.outer.len();
        scratch.scaled.resize(depth * source.len(), 0.0);
        walk.descend(0, source, 0, &mut scratch.scaled, out);
        Ok(())
    }

    /// `mu(x_i = c | x_A)` for the tokens that are drawn, in order: shape `(q_i, cells of A)` each.
    fn conditionals(
        &self,
        a: usize,
        tokens: &[usize],
        source: &[f64],
        out: &mut Vec<f64>,
    ) -> Result<()> {
        let shape = self.marginals.shape();
        let evidence = self.marginals.table(a);
        if self.impossible == Impossible::Refuse {
            let reached = source.chunks_exact(self.lanes).zip(evidence);
            let mut stuck = reached.filter(|(f, mass)| **mass == 0.0 && f.iter().any(|&f| f > 0.0));
            if stuck.next().is_some() {
                let problem = "the sampler reveals tokens that have probability zero together, \
                    and the oracle then has no answer; on_impossible='uniform' answers all the same";
                return Err(Error::invalid("on_impossible", problem));
            }
        }
        out.clear();
        for &i in tokens.iter().filter(|&i| a >> i & 1 == 0) {
            let q = shape[i];
            // Cells of the tokens of A that are further in than i.
            let inner = self.marginals.cells(a >> i << i);
            let joint = self.marginals.table(a | 1 << i);
            for c in 0..q {
                let rows = joint
                    .chunks_exact(q * inner)
                    .zip(evidence.chunks_exact(inner));
                for (joint, evidence) in rows {
                    let cells = joint[c * inner..].iter().zip(evidence);
                    out.extend(cells.map(|(&joint, &mass)| {
                        if mass > 0.0 {
                            joint / mass
                        } else {
                            1.0 / q as f64
                        }
                    }));
                }
            }
        }
        Ok(())
    }
}

/// The factor of every cell of the tile of every value of the outer tokens of `A`.
fn factors(
    tile: &Tile,
    inner: &[(usize, Option<usize>)],
    cells: usize,
    conditionals: &[f64],
    out: &mut Vec<f64>,
) {
    let known = tile.known();
    out.clear();
    out.resize(cells / tile.letters() * known.len(), 1.0);
    let mut below = known.len();
    for &(q, drawn) in inner {
        below /= q;
        let Some(start) = drawn else { continue };
        let parts = conditionals[start..][..q * cells].chunks_exact(cells);
        let parts: Vec<&[f64]> = parts.collect();
        for (row, factors) in out.chunks_exact_mut(known.len()).enumerate() {
            let first = row * tile.letters();
            for (cell, (factor, known)) in factors.iter_mut().zip(known).enumerate() {
                *factor *= parts[cell / below % q][first + known];
            }
        }
    }
}

struct Descent<'a> {
    kernel: &'static Kernel,
    /// Up to the last one that is drawn.
    outer: &'a [Outer],
    conditionals: &'a [f64],
    cells: usize,
    factors: &'a [f64],
    tile: &'a Tile,
    lanes: usize,
}

impl Descent<'_> {
    /// Takes the outer token number `depth`. `f` is what is left of the source, scaled; its first
    /// cell is number `cell` of `A`.
    fn descend(&self, depth: usize, f: &[f64], cell: usize, scaled: &mut [f64], out: &mut [f64]) {
        let Some(token) = self.outer.get(depth) else {
            let tiles = self.tile.known().len();
            let factors = &self.factors[cell / self.tile.letters() * tiles..];
            let factors = &factors[..out.len() / self.lanes];
            return (self.kernel.spread)(self.tile, f, factors, self.lanes, out);
        };
        let each = out.len() / token.letters;
        let parts = out.chunks_exact_mut(each);
        match token.drawn {
            None => {
                let each = f.len() / token.letters;
                for (c, (f, out)) in f.chunks_exact(each).zip(parts).enumerate() {
                    let cell = cell + c * (each / self.lanes);
                    self.descend(depth + 1, f, cell, scaled, out);
                }
            }
            Some(start) => {
                let (here, scaled) = scaled.split_at_mut(f.len());
                for (c, out) in parts.enumerate() {
                    let factors = &self.conditionals[start + c * self.cells + cell..];
                    (self.kernel.scale)(f, &factors[..f.len() / self.lanes], here);
                    self.descend(depth + 1, here, cell, scaled, out);
                }
            }
        }
    }
}
