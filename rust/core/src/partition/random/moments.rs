//! Mean, variance and extremes over all ordered partitions into blocks of given sizes.
//!
//! A random one visits a random subset of each size `N_t = s_1 + .. + s_t`, and given `A_t` all
//! `A_{t-1}` within it are equally likely. So mean, variance and extremes of `sum_t w(A_{t-1}, A_t)`
//! are dynamic programs over the pairs of those sizes, without a list of all
//! `n! / (s_1! .. s_k!)` partitions. Costs enter the second moment as they differ from the mean of
//! their step, which is known beforehand from the mean entropies of the sizes: a variance is no
//! difference of large numbers.

use super::super::SubsetEntropies;
use super::check;
use crate::error::Result;
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::{CHECKED, Monitor};
use crate::parallel;
use crate::subset;
use crate::sum::{Sum, binomials};

/// Subsets handled by one task.
const SUBSETS: usize = 64;

/// Over all ordered partitions into blocks of given sizes, each equally likely; in nats.
#[derive(Debug, Clone, PartialEq)]
pub struct Moments {
    /// Mean: the expected divergence of the schedule.
    pub mean: f64,
    /// Variance.
    pub variance: f64,
    /// A partition of least divergence.
    pub best: Vec<usize>,
    /// A partition of greatest divergence.
    pub worst: Vec<usize>,
}

/// Sum over the sizes of `C(n, N_t) C(N_t, s_t)` pairs, each as costly as its tokens.
pub fn operations(n: usize, sizes: &[usize]) -> f64 {
    let choose = |n: usize, k: usize| binomials(n)[k].value();
    let mut known = 0;
    let pairs = sizes.iter().map(|&size| {
        known += size;
        choose(n, known) * choose(known, size) * (1 + size) as f64
    });
    pairs.sum()
}

/// What is known about the chains that end at one subset.
#[derive(Clone, Copy)]
struct State {
    /// Sum of the costs above their means: mean, and mean of the square.
    first: f64,
    second: f64,
    least: f64,
    greatest: f64,
    /// Where the chains of least and greatest cost come from.
    from_least: usize,
    from_greatest: usize,
}

/// Mean, variance and extremes over all ordered partitions into blocks of these sizes.
///
/// # Errors
/// If the sizes do not fit, or work or memory are out of reach.
pub fn moments(
    entropies: SubsetEntropies<'_>,
    sizes: &[usize],
    monitor: &Monitor,
) -> Result<Moments> {
    let n = entropies.n;
    check(n, sizes)?;
    let operations = operations(n, sizes);
    require_work("the moments over ordered partitions", operations, MAX_TERMS)?;
    let states = |size: usize| binomials(n)[size].value();
    let held: f64 = (0..=n).map(states).sum::<f64>() * size_of::<State>() as f64;
    require_memory("the moments over ordered partitions", held, operations)?;

    let means = mean_costs(entropies, sizes, monitor)?;
    let nothing = State {
        first: 0.0,
        second: 0.0,
        least: 0.0,
        greatest: 0.0,
        from_least: 0,
        from_greatest: 0,
    };
    let mut layers = vec![Layer::new(n, 0, monitor)?];
    layers[0].states.push(nothing);
    for (&size, &mean) in sizes.iter().zip(&means) {
        let before = &layers[layers.len() - 1];
        let mut layer = Layer::new(n, before.size + size, monitor)?;
        let tasks = layer.subsets.len().div_ceil(SUBSETS);
        monitor.expect(tasks as u64);
        let parts = parallel::map(tasks, |task| {
            let rest = &layer.subsets[task * SUBSETS..];
            let subsets = &rest[..rest.len().min(SUBSETS)];
            let states = subsets
                .iter()
                .map(|&b| before.extend(entropies, b, mean, monitor))
                .collect::<Result<Vec<State>>>()?;
            monitor.advance(1)?;
            Ok(states)
        })?;
        layer.states = parts.concat();
        layers.push(layer);
    }
    let end = layers[layers.len() - 1].states[0];
    let chain = |from: fn(&State) -> usize| {
        let mut b = entropies.everything();
        let mut blocks: Vec<usize> = layers[1..]
            .iter()
            .rev()
            .map(|layer| {
                let a = from(layer.state(b));
                let block = b & !a;
                b = a;
                block
            })
            .collect();
        blocks.reverse();
        blocks
    };
    let mean: Sum = means.iter().copied().collect();
    Ok(Moments {
        mean: mean.value(),
        variance: (end.second - end.first * end.first).max(0.0),
        best: chain(|state| state.from_least),
        worst: chain(|state| state.from_greatest),
    })
}

/// Mean of `w(A_{t-1}, A_t)` for every step, from the mean entropies of the subsets of each size.
fn mean_costs(
    entropies: SubsetEntropies<'_>,
    sizes: &[usize],
    monitor: &Monitor,
) -> Result<Vec<f64>> {
    let n = entropies.n;
    let mut means = vec![Sum::ZERO; n + 1];
    for (start, part) in entropies.values.chunks(CHECKED).enumerate() {
        monitor.check()?;
        for (subset, &entropy) in (start * CHECKED..).zip(part) {
            means[subset.count_ones() as usize].push(entropy);
        }
    }
    for (mean, &subsets) in means.iter_mut().zip(binomials(n)) {
        *mean = *mean / subsets;
    }
    let mut a = 0;
    let cost = |&size: &usize| {
        let gain = means[a + 1] - means[a];
        let cost = gain * size as f64 - (means[a + size] - means[a]);
        a += size;
        cost.value().max(0.0)
    };
    Ok(sizes.iter().map(cost).collect())
}

/// The subsets of one size, by rank.
struct Layer {
    size: usize,
    /// In increasing order.
    subsets: Vec<usize>,
    states: Vec<State>,
}

impl Layer {
    fn new(n: usize, size: usize, monitor: &Monitor) -> Result<Self> {
        let mut subsets = Vec::with_capacity(binomials(n)[size].value() as usize);
        for subset in subset::of_size((1 << n) - 1, size) {
            if subsets.len().is_multiple_of(CHECKED) {
                monitor.check()?;
            }
            subsets.push(subset);
        }
        Ok(Self {
            size,
            subsets,
            states: Vec::new(),
        })
    }

    fn state(&self, subset: usize) -> &State {
        let rank = self.subsets.binary_search(&subset);
        &self.states[rank.expect("a subset of this size")]
    }

    /// The state of `b`, whose chains come from the subsets of this layer within it.
    fn extend(
        &self,
        entropies: SubsetEntropies<'_>,
        b: usize,
        mean: f64,
        monitor: &Monitor,
    ) -> Result<State> {
        let mut state = State {
            first: 0.0,
            second: 0.0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            from_least: 0,
            from_greatest: 0,
        };
        let mut sources = 0;
        for a in subset::of_size(b, self.size) {
            if sources % CHECKED == 0 {
                monitor.check()?;
            }
            sources += 1;
            let before = self.state(a);
            let cost = entropies.gains(a, b & !a) - (entropies.values[b] - entropies.values[a]);
            let above = cost - mean;
            state.first += before.first + above;
            state.second += before.second + above * (2.0 * before.first + above);
            let (least, greatest) = (before.least + cost, before.greatest + cost);
            if least < state.least {
                (state.least, state.from_least) = (least, a);
            }
            if greatest > state.greatest {
                (state.greatest, state.from_greatest) = (greatest, a);
            }
        }
        state.first /= sources as f64;
        state.second /= sources as f64;
        Ok(state)
    }
}
