//! The law that a random-order sampler puts out: the mixture over its random ordered partitions.
//!
//! What is revealed is random but does not depend on the values. Let `f_t(A, x_A)` be the
//! probability that after `t` steps exactly `A` is revealed, with values `x_A`. All partitions share
//! these states, and a step reveals `B \ A` with a probability of the two sizes alone:
//!
//! ```text
//! f_t(B, x_B) = sum_{A in B} w_t(|A|, |B|) f_{t-1}(A, x_A) prod_{i in B \ A} mu(x_i | x_A)
//! ```
//!
//! *Steps of sizes* `s_1, .., s_k`: only subsets of `N_{t-1}` and `N_t` tokens count, with
//! `w = 1 / C(N_t, s_t)` if `f_t` is taken given `A`: `sum_t e_{N_t}(q) C(N_t, s_t)` cells, where `e_b` is the
//! number of values of all subsets of `b` tokens.
//!
//! *Reveal levels* `a_1 < .. < a_k = 1`, the Bernoulli schedule: a token that is still masked is
//! revealed in step `t` with probability `r_t = (a_t - a_{t-1}) / (1 - a_{t-1})`, so that
//! `w = r_t^{|B| - |A|} (1 - r_t)^{n - |B|}`. Any pair of subsets is a move of every step; the moves are
//! the same, so that all steps are carried at once, as lanes: `prod (1 + 2 q_i)` cells of `k - 1`
//! lanes. The last move, to everything, needs no lanes: its sources are added up before.

use super::Impossible;
use super::marginals::{Marginals, cells_by_size};
use super::spread::{Moves, Scratch};
use crate::error::{Error, Result};
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;
use crate::subset;
use crate::sum::binomials;

/// Tasks that a layer of subsets is cut into, at least, where there are as many moves.
const TASKS: usize = 32;

/// Most tokens: masks, and binomials in doubles.
const MAX_TOKENS: usize = 30;

/// How many tokens a step reveals.
#[derive(Debug, Clone, Copy)]
pub enum Steps<'a> {
    /// So many, at random positions.
    Sizes(&'a [usize]),
    /// Each one independently, so that after step `t` it is revealed with this probability.
    Levels(&'a [f64]),
}

impl Steps<'_> {
    fn check(&self, n: usize) -> Result<()> {
        match *self {
            Self::Sizes(sizes) => {
                let fits = |&size: &usize| (1..=n).contains(&size);
                if sizes.iter().all(fits) && sizes.iter().sum::<usize>() == n {
                    return Ok(());
                }
                let problem = format!("are {sizes:?}, expected positive numbers that sum to {n}");
                Err(Error::invalid("sizes", problem))
            }
            Self::Levels(levels) => {
                let rising = levels.windows(2).all(|pair| pair[0] < pair[1]);
                if rising && levels.first() > Some(&0.0) && levels.last() == Some(&1.0) {
                    return Ok(());
                }
                let problem = format!("are {levels:?}, expected increasing levels in (0, 1] to 1");
                Err(Error::invalid("levels", problem))
            }
        }
    }
}

/// Refuses what is out of reach, or steps that do not fit the table; returns the predicted number of
/// cells, of all lanes, that [`mixture`] adds to.
pub fn require(shape: &[usize], steps: Steps<'_>) -> Result<f64> {
    let n = shape.len();
    if !(1..=MAX_TOKENS).contains(&n) {
        let problem = format!("has {n} tokens, expected 1..={MAX_TOKENS} for an exact law");
        return Err(Error::invalid("distribution", problem));
    }
    steps.check(n)?;
    let operations = operations(shape, steps);
    require_memory("the law of this sampler", bytes(shape, steps), operations)?;
    require_work("the law of this sampler", operations, MAX_TERMS)?;
    Ok(operations)
}

fn operations(shape: &[usize], steps: Steps<'_>) -> f64 {
    match steps {
        Steps::Sizes(sizes) => {
            let cells = cells_by_size(shape);
            let mut known = 0;
            let moves = sizes.iter().map(|&size| {
                known += size;
                cells[known] * binomials(known)[size].value()
            });
            moves.sum()
        }
        Steps::Levels(levels) => {
            let pairs = |each: f64| {
                shape
                    .iter()
                    .map(|&q| each + 2.0 * q as f64)
                    .product::<f64>()
            };
            pairs(1.0) * levels.len().saturating_sub(1) as f64 + pairs(0.0)
        }
    }
}

/// Bytes that [`mixture`] holds beside the table, about: marginals, and the states of its steps.
fn bytes(shape: &[usize], steps: Steps<'_>) -> f64 {
    let cells = cells_by_size(shape);
    let held: f64 = match steps {
        Steps::Sizes(sizes) => {
            let wanted = wanted(shape.len(), steps);
            let marginals = cells.iter().zip(wanted).filter(|(_, wanted)| *wanted);
            let marginals: f64 = marginals.map(|(cells, _)| cells).sum();
            let (mut known, mut states) = (0, 0f64);
            for &size in sizes {
                states = states.max(cells[known] + cells[known + size]);
                known += size;
            }
            marginals + states
        }
        Steps::Levels(levels) => cells.iter().sum::<f64>() * levels.len() as f64,
    };
    let partial = TASKS as f64 * cells[shape.len()];
    8.0 * (held + partial)
}

/// Sizes of the subsets whose marginals are asked for.
fn wanted(n: usize, steps: Steps<'_>) -> Vec<bool> {
    let mut wanted = vec![matches!(steps, Steps::Levels(_)); n + 1];
    if let Steps::Sizes(sizes) = steps {
        let mut known = 0;
        for &size in sizes {
            wanted[known] = true;
            wanted[known + 1] = true;
            known += size;
        }
    }
    wanted
}

/// The law of the random-order sampler on the normalised `table`, in the order of its cells.
///
/// # Errors
/// If the steps do not fit the table, work or memory are out of reach, or the sampler meets evidence
/// of probability zero and `impossible` refuses it.
pub fn mixture(
    table: &[f64],
    shape: &[usize],
    steps: Steps<'_>,
    impossible: Impossible,
    monitor: &Monitor,
) -> Result<Vec<f64>> {
    require(shape, steps)?;
    let n = shape.len();
    if table.len() != shape.iter().product() {
        let problem = format!("has {} cells, expected those of {shape:?}", table.len());
        return Err(Error::invalid("pmf", problem));
    }
    let marginals = Marginals::new(table, shape, &wanted(n, steps), monitor)?;
    let states = States {
        marginals: &marginals,
        impossible,
        monitor,
        n,
    };
    match steps {
        Steps::Sizes(sizes) => states.sizes(sizes),
        Steps::Levels(levels) => states.levels(levels),
    }
}

/// The states of a sampler, and how they follow from those before.
struct States<'a> {
    marginals: &'a Marginals,
    impossible: Impossible,
    monitor: &'a Monitor,
    n: usize,
}

impl States<'_> {
    fn of_size(&self, size: usize) -> Vec<usize> {
        subset::of_size((1 << self.n) - 1, size)
    }

    fn sizes(&self, sizes: &[usize]) -> Result<Vec<f64>> {
        let mut states = vec![Vec::new(); 1 << self.n];
        states[0] = vec![1.0];
        let mut known = 0;
        for &size in sizes {
            let layer = self.of_size(known + size);
            let share = 1.0 / binomials(known + size)[size].value();
            let before = |a: usize, _: usize, source: &mut Vec<f64>| {
                let from = states[a].iter();
                source.extend(from.map(|f| f * share));
            };
            let sources = |b: usize| subset::of_size(b, known);
            let after = self.layer(&layer, 1, sources, before)?;
            states.fill(Vec::new());
            for (b, law) in layer.into_iter().zip(after) {
                states[b] = law;
            }
            known += size;
        }
        Ok(states.pop().expect("a state for everything"))
    }

    fn levels(&self, levels: &[f64]) -> Result<Vec<f64>> {
        let n = self.n;
        let lanes = levels.len() - 1;
        let mut level = 0.0;
        let chances: Vec<f64> = levels
            .iter()
            .map(|&next| {
                let chance = (next - level) / (1.0 - level);
                level = next;
                chance
            })
            .collect();
        let power = |x: f64, k: usize| x.powi(k as i32);
        // Lane t of a state is its probability after step t + 1; before all steps nothing is known.
        let mut states = vec![Vec::new(); 1 << n];
        let mut nothing = 1.0;
        for &chance in &chances[..lanes] {
            nothing *= power(1.0 - chance, n);
            states[0].push(nothing);
        }
        let earlier = |a: usize, lanes_of_a: &[f64], t: usize| match t {
            0 => f64::from(a == 0),
            _ => lanes_of_a[t - 1],
        };
        for size in 1..n {
            if lanes == 0 {
                break;
            }
            let layer = self.of_size(size);
            let before = |a: usize, b: usize, source: &mut Vec<f64>| {
                let drawn = (b & !a).count_ones() as usize;
                let weights: Vec<f64> = chances[..lanes]
                    .iter()
                    .map(|&r| power(r, drawn) * power(1.0 - r, n - size))
                    .collect();
                for f in states[a].chunks_exact(lanes) {
                    source.extend((0..lanes).map(|t| weights[t] * earlier(a, f, t)));
                }
            };
            let sources = |b: usize| subset::proper(b).collect();
            let mut after = self.layer(&layer, lanes, sources, before)?;
            for law in &mut after {
                for f in law.chunks_exact_mut(lanes) {
                    for t in 1..lanes {
                        f[t] += f[t - 1] * power(1.0 - chances[t], n - size);
                    }
                }
            }
            for (b, law) in layer.into_iter().zip(after) {
                states[b] = law;
            }
        }
        let before = |a: usize, b: usize, source: &mut Vec<f64>| {
            let drawn = (b & !a).count_ones() as usize;
            let arrive = |f: &[f64]| {
                let steps = 0..=lanes;
                steps
                    .map(|t| power(chances[t], drawn) * earlier(a, f, t))
                    .sum::<f64>()
            };
            match lanes {
                0 => source.extend((a == 0).then_some(arrive(&[]))),
                _ => source.extend(states[a].chunks_exact(lanes).map(arrive)),
            }
        };
        let everything = (1usize << n) - 1;
        let sources = |b: usize| match lanes {
            0 => vec![0],
            _ => subset::proper(b).collect(),
        };
        let mut law = self.layer(&[everything], 1, sources, before)?;
        Ok(law.pop().expect("the law of everything"))
    }

    /// The states of the subsets of a layer: the sum, in order, of the moves from their sources, each
    /// of which `before` weighs.
    fn layer(
        &self,
        layer: &[usize],
        lanes: usize,
        sources: impl Fn(usize) -> Vec<usize> + Sync,
        before: impl Fn(usize, usize, &mut Vec<f64>) + Sync,
    ) -> Result<Vec<Vec<f64>>> {
        let moves = Moves {
            marginals: self.marginals,
            impossible: self.impossible,
            lanes,
        };
        // The cut depends on the layer alone, and so do the bits.
        let cuts = TASKS.div_ceil(layer.len());
        self.monitor.expect((layer.len() * cuts) as u64);
        let parts = parallel::map(layer.len() * cuts, |task| {
            let b = layer[task / cuts];
            let sources = sources(b);
            let share = sources.len().div_ceil(cuts);
            let mine = sources.chunks(share).nth(task % cuts);
            let mut scratch = Scratch::default();
            let mut source = Vec::new();
            let mut law = Vec::new();
            for &a in mine.into_iter().flatten() {
                self.monitor.check()?;
                law.resize(self.marginals.cells(b) * lanes, 0.0);
                source.clear();
                before(a, b, &mut source);
                moves.add(a, b, &source, &mut scratch, &mut law)?;
            }
            self.monitor.advance(1)?;
            Ok(law)
        })?;
        let mut laws = Vec::with_capacity(layer.len());
        let mut parts = parts.into_iter();
        for _ in layer {
            let mut law = parts.next().expect("a part for every task");
            for part in parts.by_ref().take(cuts - 1) {
                for (sum, term) in law.iter_mut().zip(part) {
                    *sum += term;
                }
            }
            laws.push(law);
        }
        Ok(laws)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reference::partition::count;
    use crate::reference::{sampler as reference, table::some_table};
    use proptest::prelude::*;

    fn run(table: &[f64], shape: &[usize], steps: Steps<'_>) -> Vec<f64> {
        mixture(table, shape, steps, Impossible::Uniform, &Monitor::new()).unwrap()
    }

    fn assert_same(got: &[f64], want: &[f64]) {
        assert_eq!(got.len(), want.len());
        for (got, want) in got.iter().zip(want) {
            assert!((got - want).abs() < 1e-14, "{got} is not {want}");
        }
        assert!((got.iter().sum::<f64>() - 1.0).abs() < 1e-13);
    }

    fn check_sizes(shape: &[usize], sizes: &[usize], seed: u64) {
        let table = some_table(shape.iter().product(), seed);
        let share = 1.0 / count(sizes);
        let want = reference::mixture(&table, shape, sizes.len(), |counts| {
            if counts == sizes { share } else { 0.0 }
        });
        assert_same(&run(&table, shape, Steps::Sizes(sizes)), &want);
    }

    fn check_levels(shape: &[usize], levels: &[f64], seed: u64) {
        let table = some_table(shape.iter().product(), seed);
        let want = reference::mixture(&table, shape, levels.len(), |counts| {
            let before = [0.0].iter().chain(levels);
            let each = levels.iter().zip(before).zip(counts);
            each.map(|((b, a), &count)| (b - a).powi(count as i32))
                .product()
        });
        assert_same(&run(&table, shape, Steps::Levels(levels)), &want);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]
        #[test]
        fn steps_by_definition(
            shape in proptest::collection::vec(1usize..4, 1..7),
            which in any::<proptest::sample::Index>(),
            seed in any::<u64>(),
        ) {
            let sizes: Vec<Vec<usize>> =
                crate::reference::schedule::schedules(shape.len()).collect();
            let sizes = which.get(&sizes);
            prop_assume!(sizes.len() < 5);
            check_sizes(&shape, sizes, seed);
        }

        #[test]
        fn levels_by_definition(
            shape in proptest::collection::vec(1usize..4, 1..6),
            rises in proptest::collection::vec(0.01..1.0f64, 1..5),
            seed in any::<u64>(),
        ) {
            let total: f64 = rises.iter().sum();
            let mut level = 0.0;
            let mut levels: Vec<f64> = rises
                .iter()
                .map(|rise| {
                    level += rise / total;
                    level
                })
                .collect();
            *levels.last_mut().unwrap() = 1.0;
            check_levels(&shape, &levels, seed);
        }
    }

    /// Tiles of three binary tokens in all their patterns, below others; and lanes above eight.
    #[test]
    fn binary_tokens() {
        check_sizes(&[2; 7], &[2, 3, 2], 1);
        check_sizes(&[3, 2, 2, 2, 2, 2, 2], &[3, 4], 2);
        check_levels(
            &[2; 4],
            &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
            3,
        );
    }

    #[test]
    fn one_step_is_the_product_and_single_steps_are_exact() {
        let shape = [2, 2, 3, 2, 2];
        let table = some_table(48, 9);
        let product = reference::law(&table, &shape, &[0b11111]);
        assert_same(&run(&table, &shape, Steps::Sizes(&[5])), &product);
        assert_same(&run(&table, &shape, Steps::Levels(&[1.0])), &product);
        assert_same(&run(&table, &shape, Steps::Sizes(&[1; 5])), &table);
    }

    #[test]
    fn bits_do_not_depend_on_the_number_of_threads() {
        let table = some_table(1 << 8, 6);
        for steps in [Steps::Sizes(&[3, 3, 2]), Steps::Levels(&[0.25, 0.5, 1.0])] {
            let run = |threads| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
                pool.build()
                    .unwrap()
                    .install(|| run(&table, &[2; 8], steps))
            };
            let one = run(1);
            assert_eq!(one, run(2));
            assert_eq!(one, run(5));
        }
    }

    #[test]
    fn impossible_evidence() {
        // Two equal bits, and a third one.
        let table = [0.25, 0.25, 0.0, 0.0, 0.0, 0.0, 0.25, 0.25];
        let run = |sizes: &[usize]| {
            let steps = Steps::Sizes(sizes);
            mixture(&table, &[2; 3], steps, Impossible::Refuse, &Monitor::new())
        };
        assert!(run(&[1, 1, 1]).is_ok());
        // Both bits may come out of the first step, different ones.
        assert!(matches!(
            run(&[2, 1]),
            Err(Error::Invalid {
                argument: "on_impossible",
                ..
            })
        ));
        // Nothing is asked after the last step.
        assert!(run(&[1, 2]).is_ok());
    }

    #[test]
    fn refuses() {
        let table = some_table(8, 1);
        let run = |shape: &[usize], steps| {
            mixture(&table, shape, steps, Impossible::Uniform, &Monitor::new())
        };
        let shape = [2; 3];
        for sizes in [&[1, 1][..], &[3, 0], &[4], &[]] {
            assert!(run(&shape, Steps::Sizes(sizes)).is_err());
        }
        for levels in [
            &[0.5][..],
            &[],
            &[0.0, 1.0],
            &[0.5, 0.5, 1.0],
            &[0.5, 2.0, 1.0],
        ] {
            assert!(run(&shape, Steps::Levels(levels)).is_err());
        }
        assert!(run(&[2, 2], Steps::Sizes(&[2])).is_err());
        assert!(run(&[], Steps::Sizes(&[])).is_err());
        let monitor = Monitor::new();
        monitor.cancel();
        let stopped = mixture(
            &table,
            &shape,
            Steps::Sizes(&[3]),
            Impossible::Uniform,
            &monitor,
        );
        assert_eq!(stopped, Err(Error::Interrupted));
        let many = [2; 30];
        for steps in [Steps::Levels(&[0.5, 1.0]), Steps::Sizes(&[15, 15])] {
            assert!(matches!(require(&many, steps), Err(Error::Memory { .. })));
        }
    }
}
