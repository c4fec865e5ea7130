//! The moves of a sampler out of one set of revealed tokens, for all values at once.
//!
//! From `A` a step goes to sets `B` around it, with the products `prod_{i in D} mu(x_i | x_A)` over the
//! tokens `D = B \ A` that it draws. The conditionals of `A` are made once for all `B`. The sets `D`
//! form a tree, tokens in increasing order: one more token multiplies the products before it by its
//! conditionals, once for each letter. The values of `A` stay innermost, and so contiguous.
//!
//! The cells of `B` are in another order, in which the tokens of `A` and `D` are mixed. Where the
//! product of a cell stands is a sum of one number for each digit, and comes from two short tables
//! ([`Index`]). So a cell costs one product, and one sum where it is collected.

use super::Impossible;
use super::marginals::Marginals;
use crate::error::Result;
use crate::kernel::{Index, Kernel};
use crate::subset::tokens;

/// Cells of the inner tokens of an index, at least, where there are as many.
const INNER: usize = 64;

/// Everything that moves have in common.
pub(super) struct Moves<'a> {
    pub kernel: &'static Kernel,
    pub marginals: &'a Marginals,
    pub impossible: Impossible,
}

/// Which sets a step may go to.
pub(super) struct Choice {
    /// Tokens that are drawn for sure.
    pub fixed: usize,
    /// Tokens that may be drawn.
    pub free: usize,
    /// Least and greatest number of tokens that are drawn.
    pub least: usize,
    pub most: usize,
}

/// A set of revealed tokens after a step, with its products.
pub(super) struct Reached<'a> {
    pub b: usize,
    /// By values of the drawn tokens, the last one drawn outermost, and of `A`.
    pub products: &'a [f64],
    /// Distance between successive letters of each token among the products.
    strides: &'a [usize],
}

/// Space that is used again from move to move.
#[derive(Default)]
pub(super) struct Scratch {
    conditionals: Vec<f64>,
    /// Where the conditionals of each token start.
    starts: Vec<usize>,
    strides: Vec<usize>,
    /// Products of so many drawn tokens.
    products: Vec<Vec<f64>>,
}

impl Moves<'_> {
    /// Visits all sets that a step from `a` may go to; the products start from `first`, of the values
    /// of `a`.
    pub fn visit(
        &self,
        a: usize,
        choice: &Choice,
        first: &[f64],
        scratch: &mut Scratch,
        visit: &mut impl FnMut(Reached<'_>),
    ) {
        let shape = self.marginals.shape();
        self.conditionals(a, choice.fixed | choice.free, scratch);
        scratch.strides.clear();
        scratch.strides.resize(shape.len(), 0);
        let mut cells = 1;
        for i in (0..shape.len()).rev().filter(|i| a >> i & 1 == 1) {
            scratch.strides[i] = cells;
            cells *= shape[i];
        }
        scratch.products.resize(shape.len() + 1, Vec::new());
        scratch.products[0].clear();
        scratch.products[0].extend_from_slice(first);
        let mut tree = Tree {
            moves: self,
            cells,
            choice,
            conditionals: &scratch.conditionals,
            starts: &scratch.starts,
            strides: &mut scratch.strides,
            visit,
        };
        tree.fixed(a, choice.fixed, 0, &mut scratch.products);
    }

    /// Refuses values that are reached although they have probability zero, if the oracle does.
    pub fn check(&self, a: usize, reached: &[f64]) -> Result<()> {
        let evidence = self.marginals.table(a);
        let lanes = reached.len() / evidence.len();
        let mut values = reached.chunks_exact(lanes).zip(evidence);
        match self.impossible {
            Impossible::Refuse => Impossible::refuse(
                values.any(|(f, mass)| *mass == 0.0 && f.iter().any(|&f| f > 0.0)),
            ),
            Impossible::Uniform => Ok(()),
        }
    }

    /// `mu(x_i = c | x_A)` for some tokens: shape `(q_i, cells of A)` each.
    fn conditionals(&self, a: usize, drawn: usize, scratch: &mut Scratch) {
        let shape = self.marginals.shape();
        let evidence = self.marginals.table(a);
        let out = &mut scratch.conditionals;
        out.clear();
        scratch.starts.clear();
        scratch.starts.resize(shape.len(), 0);
        for i in tokens(drawn) {
            scratch.starts[i] = out.len();
            let q = shape[i];
            // Cells of the tokens of A that are further in than i.
            let inner = self.marginals.cells(a >> i << i);
            let joint = self.marginals.table(a | 1 << i);
            for c in 0..q {
                let rows = joint.chunks_exact(q * inner);
                for (joint, evidence) in rows.zip(evidence.chunks_exact(inner)) {
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
    }
}

impl Reached<'_> {
    /// Where the products of the cells of `B` stand, in C order.
    pub fn from(&self, shape: &[usize], index: &mut Index) {
        index.outer.clear();
        index.outer.push(0);
        index.inner.clear();
        index.inner.push(0);
        // From the innermost token outwards.
        let mut left = self.b;
        while left != 0 {
            let i = left.ilog2() as usize;
            left ^= 1 << i;
            let stride = self.strides[i] as u32;
            let table = if index.inner.len() < INNER {
                &mut index.inner
            } else {
                &mut index.outer
            };
            let below = table.len();
            for c in 1..shape[i] as u32 {
                table.extend_from_within(..below);
                let start = table.len() - below;
                for entry in &mut table[start..] {
                    *entry += c * stride;
                }
            }
        }
    }
}

/// The tree of the tokens that are drawn.
struct Tree<'a, F> {
    moves: &'a Moves<'a>,
    /// Values of `A`.
    cells: usize,
    choice: &'a Choice,
    conditionals: &'a [f64],
    starts: &'a [usize],
    strides: &'a mut [usize],
    visit: &'a mut F,
}

impl<F: FnMut(Reached<'_>)> Tree<'_, F> {
    /// Draws the fixed tokens one after the other, and then chooses among the free ones.
    fn fixed(&mut self, b: usize, fixed: usize, drawn: usize, products: &mut [Vec<f64>]) {
        match tokens(fixed).next() {
            None => self.free(b, self.choice.free, drawn, products),
            Some(i) if drawn < self.choice.most => {
                self.draw(i, products);
                self.fixed(
                    b | 1 << i,
                    fixed & (fixed - 1),
                    drawn + 1,
                    &mut products[1..],
                );
            }
            Some(_) => {}
        }
    }

    fn free(&mut self, b: usize, free: usize, drawn: usize, products: &mut [Vec<f64>]) {
        if drawn >= self.choice.least {
            (self.visit)(Reached {
                b,
                products: &products[0],
                strides: self.strides,
            });
        }
        if drawn == self.choice.most {
            return;
        }
        let mut left = free;
        while left != 0 && drawn + left.count_ones() as usize >= self.choice.least {
            let i = left.trailing_zeros() as usize;
            left &= left - 1;
            self.draw(i, products);
            self.free(b | 1 << i, left, drawn + 1, &mut products[1..]);
        }
    }

    /// Multiplies by the conditionals of a token, letter by letter.
    fn draw(&mut self, i: usize, products: &mut [Vec<f64>]) {
        let [before, after, ..] = products else {
            return;
        };
        let q = self.moves.marginals.shape()[i];
        let conditionals = &self.conditionals[self.starts[i]..][..q * self.cells];
        after.resize(before.len() * q, 0.0);
        let letters = after.chunks_exact_mut(before.len());
        for (after, factors) in letters.zip(conditionals.chunks_exact(self.cells)) {
            (self.moves.kernel.multiply)(before, factors, after);
        }
        self.strides[i] = before.len();
    }
}
