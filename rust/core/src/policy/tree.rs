//! The tree of the states that a deterministic policy reaches, and the law at its leaves.

use super::rule::Rule;
use crate::error::{Error, Result};
use crate::kernel::kernel;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::Sum;

/// States after which subtrees are walked as tasks of their own. The same for any number of threads.
const TASKS: usize = if cfg!(test) { 8 } else { 256 };

/// Bytes held for each cell: the table, two generations of parts of it, and two of the law.
const BYTES_PER_CELL: f64 = 40.0;

/// A policy and how it draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Sampler {
    /// Which tokens are revealed.
    pub rule: Rule,
    /// Tokens are drawn from `p^(1/temperature)`, normalised; at 0 the likeliest is taken, the first
    /// of several.
    pub temperature: f64,
    /// Whether the answer to what has probability zero is uniform; otherwise that is an error.
    pub uniform_on_impossible: bool,
}

/// What a sampler puts out.
#[derive(Debug, Clone, PartialEq)]
pub struct Law {
    /// Probability of every sequence, in C order.
    pub pmf: Vec<f64>,
    /// Probability of so many calls, `0..=n`.
    pub calls: Vec<f64>,
}

/// Elementary operations of [`Law::new`], at most.
pub fn predicted_operations(shape: &[usize]) -> f64 {
    let cells: f64 = shape.iter().map(|&q| q as f64).product();
    4.0 * cells * shape.len() as f64
}

/// A state `(A, x_A)`.
struct State {
    /// The masked tokens: their numbers of letters, and how far apart their letters are in the law.
    shape: Vec<usize>,
    strides: Vec<usize>,
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

impl Law {
    /// Of a `sampler` that asks the normalised `table` with alphabet sizes `shape`.
    ///
    /// `O(n |table|)` time.
    pub fn new(
        table: &[f64],
        shape: &[usize],
        sampler: &Sampler,
        monitor: &Monitor,
    ) -> Result<Self> {
        let n = shape.len();
        sampler.rule.check(n)?;
        if !(sampler.temperature >= 0.0 && sampler.temperature.is_finite()) {
            let problem = format!("is {}, expected a finite number >= 0", sampler.temperature);
            return Err(Error::invalid("temperature", problem));
        }
        let what = "the law of a policy";
        let operations = predicted_operations(shape);
        require_memory(what, BYTES_PER_CELL * table.len() as f64, operations)?;
        require_work(what, operations, MAX_TERMS)?;

        let mut whole = Part::new(table.len(), n);
        let mut states = vec![State {
            shape: shape.to_vec(),
            strides: c_strides(shape),
            cells: table.to_vec(),
            start: 0,
            weight: 1.0,
            calls: 0,
        }];
        while !states.is_empty() && states.len() < TASKS {
            let next = parallel::map(states.len(), |k| {
                monitor.check()?;
                let mut leaves = Vec::new();
                let children = sampler.step(&states[k], n, |leaf| leaves.push(leaf))?;
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
            let part = sampler.walk(&states[k], n, monitor)?;
            monitor.advance(1)?;
            Ok(part)
        })?;
        for (state, part) in states.iter().zip(parts) {
            let cells = offsets(&state.shape, &state.strides);
            for (cell, weight) in cells.into_iter().zip(part.pmf) {
                whole.pmf[state.start + cell] = weight;
            }
            for (total, more) in whole.calls.iter_mut().zip(part.calls) {
                *total = *total + more;
            }
        }
        Ok(Self {
            pmf: whole.pmf,
            calls: whole.calls.into_iter().map(Sum::value).collect(),
        })
    }
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

impl Sampler {
    /// Everything below `top`, its cells numbered from 0.
    fn walk(&self, top: &State, n: usize, monitor: &Monitor) -> Result<Part> {
        let mut part = Part::new(top.cells.len(), n);
        let top = State {
            shape: top.shape.clone(),
            strides: c_strides(&top.shape),
            cells: top.cells.clone(),
            start: 0,
            ..*top
        };
        let mut pending = vec![top];
        while let Some(state) = pending.pop() {
            monitor.check()?;
            let finish = |(cell, weight, calls)| part.finish(cell, weight, calls);
            pending.extend(self.step(&state, n, finish)?);
        }
        Ok(part)
    }

    /// One call: the states that may follow, or the leaves `(cell, weight, calls)`.
    fn step(
        &self,
        state: &State,
        n: usize,
        mut finish: impl FnMut((usize, f64, usize)),
    ) -> Result<Vec<State>> {
        let mut rows = marginals(&state.cells, &state.shape);
        if !normalise(&mut rows) {
            if !self.uniform_on_impossible {
                return Err(Error::invalid(
                    "on_impossible",
                    "is 'raise', and the sampler reveals tokens that cannot stand together; \
                     'uniform' answers all the same",
                ));
            }
            for row in &mut rows {
                let q = row.len() as f64;
                row.fill(1.0 / q);
            }
        }
        let chosen = self.rule.choose(&rows, n - state.shape.len());
        let rest: Vec<usize> = (0..rows.len())
            .filter(|i| chosen.binary_search(i).is_err())
            .collect();
        let draws: Vec<Vec<f64>> = chosen.iter().map(|&i| self.tempered(&rows[i])).collect();
        let pick = |values: &[usize], places: &[usize]| -> Vec<usize> {
            places.iter().map(|&i| values[i]).collect()
        };
        let within = c_strides(&state.shape);
        let shape = pick(&state.shape, &rest);
        let strides = pick(&state.strides, &rest);
        let kept = offsets(&shape, &pick(&within, &rest));
        let (inner, outer) = (pick(&within, &chosen), pick(&state.strides, &chosen));

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
                if rest.is_empty() {
                    finish((start, weight, calls));
                } else {
                    children.push(State {
                        shape: shape.clone(),
                        strides: strides.clone(),
                        cells: kept.iter().map(|&at| state.cells[cell + at]).collect(),
                        start,
                        weight,
                        calls,
                    });
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

    /// The law that a token with these marginals is drawn from.
    fn tempered(&self, row: &[f64]) -> Vec<f64> {
        if self.temperature == 1.0 {
            return row.to_vec();
        }
        let top = row.iter().copied().fold(0.0, f64::max);
        let mut tempered: Vec<f64> = if self.temperature == 0.0 {
            // As for scores, the last digits make no difference.
            let least = top - super::rule::UNIT;
            let first = row.iter().position(|&p| p >= least);
            (0..row.len())
                .map(|letter| f64::from(u8::from(Some(letter) == first)))
                .collect()
        } else {
            row.iter()
                .map(|&p| (p / top).powf(self.temperature.recip()))
                .collect()
        };
        let total: f64 = tempered.iter().sum();
        tempered.iter_mut().for_each(|p| *p /= total);
        tempered
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
    let mut folded: Option<Vec<f64>> = None;
    for (i, &q) in shape.iter().enumerate() {
        let source = folded.as_deref().unwrap_or(cells);
        let inner = source.len() / q;
        let row = source.chunks_exact(inner);
        rows.push(row.map(|part| (kernel.mass)(part).value()).collect());
        if i + 1 < shape.len() {
            let mut sums = vec![0.0; inner];
            (kernel.sum_out)(source, q, inner, &mut sums);
            folded = Some(sums);
        }
    }
    rows
}

/// Divides each row by its sum; whether that can be done.
fn normalise(rows: &mut [Vec<f64>]) -> bool {
    for row in rows {
        let total: f64 = row.iter().sum();
        if total <= 0.0 {
            return false;
        }
        row.iter_mut().for_each(|p| *p /= total);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::super::rule::Score;
    use super::*;
    use crate::reference::table::{marginal, some_table};

    /// Probability and calls of one sequence, along its path, by definition.
    fn path(table: &[f64], shape: &[usize], sampler: &Sampler, x: &[usize]) -> (f64, usize) {
        let n = shape.len();
        let (mut known, mut weight, mut calls) = (0u64, 1.0, 0);
        while known != (1 << n) - 1 {
            let masked: Vec<usize> = (0..n).filter(|&i| known >> i & 1 == 0).collect();
            let mut rows: Vec<Vec<f64>> = masked
                .iter()
                .map(|&i| {
                    let joint = marginal(table, shape, known | 1 << i);
                    (0..shape[i])
                        .map(|letter| {
                            let mut cell = 0;
                            for j in (0..n).filter(|&j| (known | 1 << i) >> j & 1 == 1) {
                                cell = cell * shape[j] + if j == i { letter } else { x[j] };
                            }
                            joint[cell]
                        })
                        .collect()
                })
                .collect();
            if !normalise(&mut rows) {
                for row in &mut rows {
                    *row = vec![1.0 / row.len() as f64; row.len()];
                }
            }
            for place in sampler.rule.choose(&rows, n - masked.len()) {
                weight *= sampler.tempered(&rows[place])[x[masked[place]]];
                known |= 1 << masked[place];
            }
            calls += 1;
        }
        (weight, calls)
    }

    fn rules(n: usize) -> Vec<Rule> {
        let mut rules = vec![
            Rule::Threshold(0.0),
            Rule::Threshold(0.7),
            Rule::Threshold(1.0),
            Rule::Factor(0.0),
            Rule::Factor(0.8),
            Rule::EntropyBound(0.0),
            Rule::EntropyBound(0.9),
            Rule::EntropyBound(f64::INFINITY),
        ];
        for score in [Score::Confidence, Score::Margin, Score::Entropy] {
            for k in 1..=n {
                let counts = vec![k; n];
                rules.push(Rule::Top { score, counts });
            }
        }
        rules
    }

    #[test]
    fn agrees_with_the_path_of_each_sequence() {
        for (seed, shape) in [
            vec![2; 5],
            vec![3, 1, 4, 2],
            vec![1],
            vec![2, 3, 3],
            vec![2; 6],
        ]
        .iter()
        .enumerate()
        {
            let n = shape.len();
            let cells = shape.iter().product();
            let table = some_table(cells, seed as u64);
            for rule in rules(n.min(5)) {
                let rule = match rule {
                    Rule::Top { score, counts } => Rule::Top {
                        score,
                        counts: vec![counts[0]; n],
                    },
                    other => other,
                };
                for temperature in [1.0, 0.5, 0.0] {
                    let sampler = Sampler {
                        rule: rule.clone(),
                        temperature,
                        uniform_on_impossible: true,
                    };
                    let law = Law::new(&table, shape, &sampler, &Monitor::new()).unwrap();
                    let mut calls = vec![0.0; n + 1];
                    for (cell, &p) in law.pmf.iter().enumerate() {
                        let (mut rest, mut x) = (cell, vec![0; n]);
                        for i in (0..n).rev() {
                            x[i] = rest % shape[i];
                            rest /= shape[i];
                        }
                        let (want, count) = path(&table, shape, &sampler, &x);
                        assert!((p - want).abs() <= 1e-12 * want, "{sampler:?}: {p} {want}");
                        calls[count] += want;
                    }
                    assert!((law.pmf.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                    for (a, b) in law.calls.iter().zip(&calls) {
                        assert!((a - b).abs() < 1e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn refuses_impossible_evidence_if_told_to() {
        // Two equal bits, revealed together, then a third.
        let mut table = vec![0.0; 8];
        (table[0], table[7]) = (0.5, 0.5);
        let mut sampler = Sampler {
            rule: Rule::Top {
                score: Score::Confidence,
                counts: vec![2; 3],
            },
            temperature: 1.0,
            uniform_on_impossible: true,
        };
        let law = Law::new(&table, &[2; 3], &sampler, &Monitor::new()).unwrap();
        assert_eq!(law.pmf, [0.25, 0.0, 0.125, 0.125, 0.125, 0.125, 0.0, 0.25]);
        assert_eq!(law.calls, [0.0, 0.0, 1.0, 0.0]);
        sampler.uniform_on_impossible = false;
        assert!(Law::new(&table, &[2; 3], &sampler, &Monitor::new()).is_err());
        sampler.rule = Rule::EntropyBound(0.0);
        assert!(Law::new(&table, &[2; 3], &sampler, &Monitor::new()).is_ok());
        sampler.temperature = f64::NAN;
        assert!(Law::new(&table, &[2; 3], &sampler, &Monitor::new()).is_err());
    }

    #[test]
    fn stops_when_told_to() {
        let sampler = Sampler {
            rule: Rule::Threshold(1.0),
            temperature: 1.0,
            uniform_on_impossible: true,
        };
        let monitor = Monitor::new();
        monitor.cancel();
        let law = Law::new(&some_table(1 << 10, 1), &[2; 10], &sampler, &monitor);
        assert_eq!(law, Err(Error::Interrupted));
    }
}
