//! The tree of the states that a deterministic policy reaches, and the law at its leaves.

use std::borrow::Cow;
use std::sync::Arc;

use super::Law;
use super::draws::Draws;
use super::rule::Rule;
use crate::error::Result;
use crate::kernel::kernel;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::Sum;

/// States after which subtrees are walked as tasks of their own. The same for any number of threads.
const TASKS: usize = if cfg!(test) { 8 } else { 256 };

/// Bytes held for each cell: the table, two generations of parts of it, and two of the law.
const BYTES_PER_CELL: f64 = 40.0;

/// Refuses what is out of reach, or a rule that does not fit; returns the predicted number of
/// elementary operations.
pub(super) fn require(shape: &[usize], rule: &Rule) -> Result<f64> {
    rule.check(shape.len())?;
    let cells: f64 = shape.iter().map(|&q| q as f64).product();
    let operations = 4.0 * cells * shape.len() as f64;
    let what = "the law of a policy";
    require_memory(what, BYTES_PER_CELL * cells, operations)?;
    require_work(what, operations, MAX_TERMS)?;
    Ok(operations)
}

/// The masked tokens of states: their numbers of letters, and how far apart their letters are in the
/// law.
struct Masked {
    shape: Vec<usize>,
    strides: Vec<usize>,
}

impl Masked {
    /// All tokens of a table.
    fn all(shape: &[usize]) -> Arc<Self> {
        Arc::new(Self {
            shape: shape.to_vec(),
            strides: c_strides(shape),
        })
    }
}

/// A state `(A, x_A)`.
struct State {
    masked: Arc<Masked>,
    /// The part of the table that agrees with what is revealed, in C order.
    cells: Vec<f64>,
    /// Where in the law that part starts.
    start: usize,
    /// Probability of getting here.
    weight: f64,
    /// Calls so far.
    calls: usize,
}

/// The law over the cells of one state: sequences that are finished, and how many calls they took.
struct Part {
    pmf: Vec<f64>,
    calls: Vec<Sum>,
}

/// See [`super::law`]. `O(n |table|)` time.
pub(super) fn law(
    table: &[f64],
    shape: &[usize],
    rule: &Rule,
    draws: &Draws,
    monitor: &Monitor,
) -> Result<Law> {
    let n = shape.len();
    let tree = Tree { rule, draws, n };
    let mut whole = Part::new(table.len(), n);
    let mut states = vec![State {
        masked: Masked::all(shape),
        cells: table.to_vec(),
        start: 0,
        weight: 1.0,
        calls: 0,
    }];
    while !states.is_empty() && states.len() < TASKS {
        let next = parallel::map(states.len(), |k| {
            monitor.check()?;
            let mut leaves = Vec::new();
            let children = tree.step(&states[k], |leaf| leaves.push(leaf))?;
            Ok((children, leaves))
        })?;
        states.clear();
        for (children, leaves) in next {
            states.extend(children);
            for (cell, weight, calls) in leaves {
                whole.finish(cell, weight, calls);
            }
        }
    }
    monitor.expect(states.len() as u64);
    let parts = parallel::map(states.len(), |k| {
        let part = tree.walk(&states[k], monitor)?;
        monitor.advance(1)?;
        Ok(part)
    })?;
    for (state, part) in states.iter().zip(parts) {
        let cells = offsets(&state.masked.shape, &state.masked.strides);
        for (cell, weight) in cells.into_iter().zip(part.pmf) {
            whole.pmf[state.start + cell] = weight;
        }
        for (total, more) in whole.calls.iter_mut().zip(part.calls) {
            *total = *total + more;
        }
    }
    Ok(Law {
        pmf: whole.pmf,
        calls: whole.calls.into_iter().map(Sum::value).collect(),
    })
}

impl Part {
    fn new(cells: usize, n: usize) -> Self {
        Self {
            pmf: vec![0.0; cells],
            calls: vec![Sum::ZERO; n + 1],
        }
    }

    fn finish(&mut self, cell: usize, weight: f64, calls: usize) {
        self.pmf[cell] = weight;
        self.calls[calls].push(weight);
    }
}

/// Who walks.
struct Tree<'a> {
    rule: &'a Rule,
    draws: &'a Draws,
    n: usize,
}

impl Tree<'_> {
    /// Everything below `top`, its cells numbered from 0.
    fn walk(&self, top: &State, monitor: &Monitor) -> Result<Part> {
        let mut part = Part::new(top.cells.len(), self.n);
        let top = State {
            masked: Masked::all(&top.masked.shape),
            cells: top.cells.clone(),
            start: 0,
            ..*top
        };
        let mut pending = vec![top];
        while let Some(state) = pending.pop() {
            monitor.check()?;
            let finish = |(cell, weight, calls)| part.finish(cell, weight, calls);
            pending.extend(self.step(&state, finish)?);
        }
        Ok(part)
    }

    /// One call: the states that may follow, or the leaves `(cell, weight, calls)`.
    fn step(
        &self,
        state: &State,
        mut finish: impl FnMut((usize, f64, usize)),
    ) -> Result<Vec<State>> {
        let Masked { shape, strides } = &*state.masked;
        let mut rows = marginals(&state.cells, shape);
        self.draws.answer(&mut rows)?;
        let chosen = self.rule.choose(&rows, self.n - shape.len());
        let rest: Vec<usize> = (0..rows.len())
            .filter(|i| chosen.binary_search(i).is_err())
            .collect();
        let draws: Vec<Cow<'_, [f64]>> = chosen
            .iter()
            .map(|&i| self.draws.tempered(&rows[i]))
            .collect();
        let pick = |values: &[usize], places: &[usize]| -> Vec<usize> {
            places.iter().map(|&i| values[i]).collect()
        };
        let within = c_strides(shape);
        let (inner, outer) = (pick(&within, &chosen), pick(strides, &chosen));
        let masked = Arc::new(Masked {
            shape: pick(shape, &rest),
            strides: pick(strides, &rest),
        });
        let kept = offsets(&masked.shape, &pick(&within, &rest));
        let mut last = [Vec::new()];

        let calls = state.calls + 1;
        let mut children = Vec::new();
        let mut letters = vec![0; chosen.len()];
        loop {
            let (mut weight, mut cell, mut start) = (state.weight, 0, state.start);
            for (k, &letter) in letters.iter().enumerate() {
                weight *= draws[k][letter];
                cell += letter * inner[k];
                start += letter * outer[k];
            }
            if weight > 0.0 {
                let cells = kept.iter().map(|&at| state.cells[cell + at]);
                match masked.strides[..] {
                    [] => finish((start, weight, calls)),
                    [stride] => {
                        // The last token is revealed whatever the rule.
                        last[0].clear();
                        last[0].extend(cells);
                        self.draws.answer(&mut last)?;
                        for (letter, p) in self.draws.tempered(&last[0]).iter().enumerate() {
                            finish((start + letter * stride, weight * p, calls + 1));
                        }
                    }
                    _ => children.push(State {
                        masked: masked.clone(),
                        cells: cells.collect(),
                        start,
                        weight,
                        calls,
                    }),
                }
            }
            // The next assignment of letters, in C order.
            let full = |k: &usize| letters[*k] + 1 == draws[*k].len();
            let Some(k) = (0..letters.len()).rev().find(|k| !full(k)) else {
                return Ok(children);
            };
            letters[k] += 1;
            letters[k + 1..].fill(0);
        }
    }
}

/// Places of the cells of a table of this shape, in C order, where its axes have these strides.
fn offsets(shape: &[usize], strides: &[usize]) -> Vec<usize> {
    let mut places = vec![0];
    for (&q, &stride) in shape.iter().zip(strides) {
        places = places
            .iter()
            .flat_map(|&place| (0..q).map(move |letter| place + letter * stride))
            .collect();
    }
    places
}

/// Strides of a table in C order.
fn c_strides(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1; shape.len()];
    for i in (1..shape.len()).rev() {
        strides[i - 1] = strides[i] * shape[i];
    }
    strides
}

/// Mass of each letter of each token: the first token is read off and summed out, then the next.
fn marginals(cells: &[f64], shape: &[usize]) -> Vec<Vec<f64>> {
    let kernel = kernel();
    let mut rows = Vec::with_capacity(shape.len());
    let (mut folded, mut sums) = (Vec::new(), Vec::new());
    for (i, &q) in shape.iter().enumerate() {
        let source = if i == 0 { cells } else { &folded };
        let inner = source.len() / q;
        let row = source.chunks_exact(inner);
        rows.push(row.map(|part| (kernel.mass)(part).value()).collect());
        if i + 1 < shape.len() {
            sums.resize(inner, 0.0);
            (kernel.sum_out)(source, q, inner, &mut sums);
            std::mem::swap(&mut folded, &mut sums);
        }
    }
    rows
}
