//! How the divergence varies over all ordered partitions into blocks of given sizes.
//!
//! A random one visits a random subset of each size `N_t = s_1 + .. + s_t`, and given `A_t` all
//! `A_{t-1}` within it are equally likely. So mean, variance and extremes of `sum_t w(A_{t-1}, A_t)`
//! are dynamic programs over the pairs of those sizes, without a list of all
//! `n! / (s_1! .. s_k!)` partitions. Costs enter the second moment as they differ from the mean of
//! their step, which is known beforehand from the mean entropies of the sizes: a variance is no
//! difference of large numbers.

use super::SubsetEntropies;
use crate::error::{Error, Result};
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
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

/// Number of ordered partitions into blocks of these sizes.
pub fn count(sizes: &[usize]) -> f64 {
    let mut known = 0;
    let choices = sizes.iter().map(|&size| {
        known += size;
        binomials(known)[size].value()
    });
    choices.product()
}

fn check(n: usize, sizes: &[usize]) -> Result<()> {
    let fits = |&size: &usize| (1..=n).contains(&size);
    if sizes.iter().all(fits) && sizes.iter().sum::<usize>() == n {
        return Ok(());
    }
    let problem = format!("are {sizes:?}, expected positive numbers that sum to {n}");
    Err(Error::invalid("sizes", problem))
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

    let means = mean_costs(entropies, sizes);
    let nothing = State {
        first: 0.0,
        second: 0.0,
        least: 0.0,
        greatest: 0.0,
        from_least: 0,
        from_greatest: 0,
    };
    let mut layers = vec![Layer::new(n, 0)];
    layers[0].states.push(nothing);
    for (&size, &mean) in sizes.iter().zip(&means) {
        let before = &layers[layers.len() - 1];
        let mut layer = Layer::new(n, before.size + size);
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
fn mean_costs(entropies: SubsetEntropies<'_>, sizes: &[usize]) -> Vec<f64> {
    let n = entropies.n;
    let mut means = vec![Sum::ZERO; n + 1];
    for (subset, &entropy) in entropies.values.iter().enumerate() {
        means[subset.count_ones() as usize].push(entropy);
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
    sizes.iter().map(cost).collect()
}

/// The subsets of one size, by rank.
struct Layer {
    size: usize,
    /// In increasing order.
    subsets: Vec<usize>,
    states: Vec<State>,
}

impl Layer {
    fn new(n: usize, size: usize) -> Self {
        let mut subsets = subset::of_size((1 << n) - 1, size);
        subsets.sort_unstable();
        Self {
            size,
            subsets,
            states: Vec::new(),
        }
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
        monitor.check()?;
        let mut state = State {
            first: 0.0,
            second: 0.0,
            least: f64::INFINITY,
            greatest: f64::NEG_INFINITY,
            from_least: 0,
            from_greatest: 0,
        };
        let sources = subset::of_size(b, self.size);
        for &a in &sources {
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
        state.first /= sources.len() as f64;
        state.second /= sources.len() as f64;
        Ok(state)
    }
}

/// Divergences of all [`count`] ordered partitions into blocks of these sizes, in nats, ascending.
///
/// # Errors
/// If the sizes do not fit, or the list is out of reach.
pub fn values(
    entropies: SubsetEntropies<'_>,
    sizes: &[usize],
    monitor: &Monitor,
) -> Result<Vec<f64>> {
    check(entropies.n, sizes)?;
    let partitions = count(sizes);
    let operations = partitions * entropies.n as f64;
    require_work("all ordered partitions", operations, MAX_TERMS)?;
    require_memory("all ordered partitions", 8.0 * partitions, operations)?;
    monitor.expect(partitions as u64);
    let mut values = Vec::with_capacity(partitions as usize);
    let mut list = List {
        entropies,
        monitor,
        values: &mut values,
    };
    list.descend(0, sizes, 0.0)?;
    values.sort_unstable_by(f64::total_cmp);
    Ok(values)
}

struct List<'a> {
    entropies: SubsetEntropies<'a>,
    monitor: &'a Monitor,
    values: &'a mut Vec<f64>,
}

impl List<'_> {
    /// All ways to go on from `known`, at a cost of `paid` so far.
    fn descend(&mut self, known: usize, sizes: &[usize], paid: f64) -> Result<()> {
        let Some((&size, rest)) = sizes.split_first() else {
            self.values.push(paid);
            return Ok(());
        };
        let left = self.entropies.everything() & !known;
        if rest.is_empty() {
            self.monitor.advance(1)?;
        }
        for block in subset::of_size(left, size) {
            let cost = self.entropies.cost(known, known | block);
            self.descend(known | block, rest, paid + cost)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::partition as reference;
    use crate::reference::table::{entropy, some_table};
    use proptest::prelude::*;

    fn some_entropies(shape: &[usize], seed: u64) -> Vec<f64> {
        let table = some_table(shape.iter().product(), seed);
        (0..1 << shape.len())
            .map(|subset| entropy(&table, shape, subset))
            .collect()
    }

    fn all_sizes(n: usize) -> Vec<Vec<usize>> {
        crate::reference::schedule::schedules(n).collect()
    }

    fn check_against_the_list(shape: &[usize], sizes: &[usize], seed: u64) {
        let values = some_entropies(shape, seed);
        let entropies = SubsetEntropies::new(&values).unwrap();
        let mut want = reference::values(&values, sizes);
        want.sort_unstable_by(f64::total_cmp);
        let got = super::values(entropies, sizes, &Monitor::new()).unwrap();
        assert_eq!(got.len(), want.len());
        assert_eq!(got.len() as f64, count(sizes));
        for (got, want) in got.iter().zip(&want) {
            assert!((got - want).abs() < 1e-13);
        }
        let moments = moments(entropies, sizes, &Monitor::new()).unwrap();
        let mean = want.iter().sum::<f64>() / want.len() as f64;
        let square = |value: &f64| (value - mean).powi(2);
        let variance = want.iter().map(square).sum::<f64>() / want.len() as f64;
        assert!((moments.mean - mean).abs() < 1e-13);
        assert!((moments.variance - variance).abs() < 1e-13);
        let best = reference::kl(&values, &moments.best);
        let worst = reference::kl(&values, &moments.worst);
        assert!((best - want[0]).abs() < 1e-13);
        assert!((worst - want[want.len() - 1]).abs() < 1e-13);
        for blocks in [moments.best, moments.worst] {
            let counts = blocks.iter().map(|block| block.count_ones() as usize);
            assert!(counts.eq(sizes.iter().copied()));
            let all = blocks.iter().fold(0, |known, block| known | block);
            assert_eq!(all, values.len() - 1);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn moments_are_those_of_the_list(
            shape in proptest::collection::vec(1usize..4, 1..7),
            which in any::<proptest::sample::Index>(),
            seed in any::<u64>(),
        ) {
            let sizes = all_sizes(shape.len());
            check_against_the_list(&shape, &sizes[which.index(sizes.len())], seed);
        }
    }

    #[test]
    fn more_than_one_task() {
        check_against_the_list(&[2; 8], &[2, 3, 3], 4);
    }

    #[test]
    fn refuses_sizes_that_do_not_fit() {
        let values = vec![0.0; 8];
        let entropies = SubsetEntropies::new(&values).unwrap();
        for sizes in [&[1, 1][..], &[3, 0], &[4], &[], &[usize::MAX, 4]] {
            assert!(moments(entropies, sizes, &Monitor::new()).is_err());
            assert!(super::values(entropies, sizes, &Monitor::new()).is_err());
        }
        let monitor = Monitor::new();
        monitor.cancel();
        assert_eq!(
            moments(entropies, &[1, 2], &monitor),
            Err(Error::Interrupted)
        );
        let stopped = super::values(entropies, &[1, 2], &monitor);
        assert_eq!(stopped, Err(Error::Interrupted));
    }
}
