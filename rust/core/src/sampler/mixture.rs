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

use std::ops::RangeInclusive;

use rayon::prelude::*;

use super::Impossible;
use super::marginals::{Marginals, cells_by_size};
use super::spread::{Choice, Moves, Scratch};
use crate::error::{Error, Result};
use crate::kernel::{Index, kernel};
use crate::limits::{MAX_TERMS, require_memory, require_work};
use crate::monitor::Monitor;
use crate::parallel;
use crate::sum::binomials;

/// Tasks that a step is cut into, at least, where there are as many states.
const TASKS: usize = 32;

/// First tokens by which sets are classed, at most: 32 classes.
const FIRST: usize = 5;

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
            pairs(1.0) * lanes(levels) as f64 + pairs(0.0)
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
        Steps::Levels(levels) => cells.iter().sum::<f64>() * (2 + lanes(levels)) as f64,
    };
    let partial = TASKS as f64 * cells[shape.len()];
    8.0 * (held + partial)
}

/// Lanes of the states of these levels: all steps but the last one, filled up to whole registers.
fn lanes(levels: &[f64]) -> usize {
    match levels.len() - 1 {
        few @ 0..=2 => few,
        many => many.next_multiple_of(4),
    }
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
    if table.len() != shape.iter().product::<usize>() {
        let problem = format!("has {} cells, expected those of {shape:?}", table.len());
        return Err(Error::invalid("pmf", problem));
    }
    let marginals = Marginals::new(table, shape, &wanted(n, steps), monitor)?;
    let states = States {
        moves: Moves {
            kernel: kernel(),
            marginals: &marginals,
            impossible,
        },
        monitor,
        n,
    };
    match steps {
        Steps::Sizes(sizes) => states.sizes(sizes),
        Steps::Levels(levels) => states.levels(levels),
    }
}

/// A set of revealed tokens, with a number for each of its values.
type State = (usize, Vec<f64>);

/// The states of a sampler, and how they follow from those before.
struct States<'a> {
    moves: Moves<'a>,
    monitor: &'a Monitor,
    n: usize,
}

impl States<'_> {
    fn sizes(&self, sizes: &[usize]) -> Result<Vec<f64>> {
        let mut states = vec![(0, vec![1.0])];
        let mut known = 0;
        for &size in sizes {
            known += size;
            let share = 1.0 / binomials(known)[size].value();
            for (_, values) in &mut states {
                values.iter_mut().for_each(|f| *f *= share);
            }
            states = self.step(&states, known)?;
        }
        Ok(states.pop().expect("a state for everything").1)
    }

    /// Adds up what comes from the states into each set of `size` tokens.
    fn step(&self, states: &[State], size: usize) -> Result<Vec<State>> {
        let classes = Classes::new(self.n, size..=size);
        // The cut depends on the sizes alone, and so do the bits.
        let cuts = TASKS.div_ceil(classes.classes.len());
        let share = states.len().div_ceil(cuts);
        self.monitor.expect((classes.classes.len() * cuts) as u64);
        let parts = parallel::map(classes.classes.len() * cuts, |task| {
            let class = classes.classes[task / cuts];
            let mine = states.chunks(share).nth(task % cuts).unwrap_or_default();
            let mut tables = vec![Vec::new(); classes.sets];
            let (mut scratch, mut from) = (Scratch::default(), Index::default());
            for (a, values) in mine {
                self.monitor.check()?;
                self.moves.check(*a, values)?;
                let draws = size - a.count_ones() as usize;
                let Some(choice) = classes.choice(*a, class, draws..=draws) else {
                    continue;
                };
                self.moves
                    .visit(*a, &choice, values, &mut scratch, &mut |reached| {
                        let table = &mut tables[classes.place(reached.b)];
                        table.resize(reached.products.len(), 0.0);
                        reached.from(self.moves.marginals.shape(), &mut from);
                        (self.moves.kernel.collect)(reached.products, &from, table);
                    });
            }
            self.monitor.advance(1)?;
            Ok(tables)
        })?;
        let mut after = Vec::new();
        let mut parts = parts.into_iter();
        for &class in &classes.classes {
            let mut tables = parts.next().expect("a part for every task");
            for part in parts.by_ref().take(cuts - 1) {
                for (sum, part) in tables.iter_mut().zip(part) {
                    sum.resize(sum.len().max(part.len()), 0.0);
                    for (sum, term) in sum.iter_mut().zip(part) {
                        *sum += term;
                    }
                }
            }
            let tables = tables.into_iter().enumerate();
            let filled = tables.filter(|(_, table)| !table.is_empty());
            after.extend(filled.map(|(place, table)| (classes.set(class, place), table)));
        }
        Ok(after)
    }

    fn levels(&self, levels: &[f64]) -> Result<Vec<f64>> {
        let n = self.n;
        let steps = levels.len() - 1;
        let lanes = lanes(levels);
        let mut level = 0.0;
        let chances: Vec<f64> = levels
            .iter()
            .map(|&next| {
                let chance = (next - level) / (1.0 - level);
                level = next;
                chance
            })
            .collect();
        let arrive = |t: usize, draws: usize| chances[t].powi(draws as i32);
        let stay = |t: usize, masked: usize| (1.0 - chances[t]).powi(masked as i32);
        // Lane t of a state is its probability after step t + 1; before all steps nothing is known.
        let earlier = |a: usize, f: &[f64], t: usize| match t {
            0 => f64::from(a == 0),
            _ => f[t - 1],
        };

        let classes = Classes::new(n, 0..=n);
        let mut tables = vec![vec![Vec::new(); classes.sets]; classes.classes.len()];
        tables[classes.classes.len() - 1][0] = vec![0.0; lanes];
        self.monitor.expect((n * classes.classes.len()) as u64);
        let mut arriving = Vec::new();
        for size in 0..n {
            // States of this size are complete but for those that stay as they were.
            let mut states: Vec<State> = Vec::new();
            for (tables, &class) in tables.iter_mut().zip(&classes.classes) {
                for (place, table) in tables.iter_mut().enumerate() {
                    let a = classes.set(class, place);
                    if a.count_ones() as usize == size {
                        states.push((a, std::mem::take(table)));
                    }
                }
            }
            for (a, values) in &mut states {
                for f in values.chunks_exact_mut(lanes.max(1)) {
                    for t in 0..steps {
                        f[t] += earlier(*a, f, t) * stay(t, n - size);
                    }
                }
                if lanes > 0 {
                    self.moves.check(*a, values)?;
                }
                let sum = |f: &[f64]| {
                    let from = (0..=steps).map(|t| arrive(t, n - size) * earlier(*a, f, t));
                    from.sum::<f64>()
                };
                let all = match lanes {
                    0 => vec![sum(&[])],
                    _ => values.chunks_exact(lanes).map(sum).collect(),
                };
                arriving.push((*a, all));
            }
            if lanes == 0 {
                break;
            }
            let states = &states;
            let classes = &classes;
            let filled = tables
                .par_iter_mut()
                .zip(&classes.classes)
                .map(|(tables, &class)| {
                    let (mut scratch, mut from) = (Scratch::default(), Index::default());
                    let (mut known_from, mut weighted) = (Index::default(), Vec::new());
                    for (a, values) in states {
                        self.monitor.check()?;
                        let Some(choice) = classes.choice(*a, class, 1..=n - 1 - size) else {
                            continue;
                        };
                        weighted.clear();
                        for draws in 0..n - size {
                            let weight = |t: usize| arrive(t, draws) * stay(t, n - size - draws);
                            let weights: Vec<f64> = (0..steps).map(weight).collect();
                            for f in values.chunks_exact(lanes) {
                                let first = earlier(*a, f, 0) * weights[0];
                                let later =
                                    f.iter().zip(&weights[1..]).map(|(f, weight)| f * weight);
                                weighted.push(first);
                                weighted.extend(later);
                                weighted.resize(weighted.len() + lanes - steps, 0.0);
                            }
                        }
                        let ones = vec![1.0; values.len() / lanes];
                        self.moves
                            .visit(*a, &choice, &ones, &mut scratch, &mut |reached| {
                                let table = &mut tables[classes.place(reached.b)];
                                table.resize(reached.products.len() * lanes, 0.0);
                                let shape = self.moves.marginals.shape();
                                reached.index(*a, shape, &mut from, &mut known_from);
                                let draws = (reached.b ^ a).count_ones() as usize;
                                (self.moves.kernel.collect_lanes)(
                                    reached.products,
                                    &from,
                                    &weighted[draws * values.len()..][..values.len()],
                                    &known_from,
                                    lanes,
                                    table,
                                );
                            });
                    }
                    self.monitor.advance(1)
                });
            filled.collect::<Result<Vec<()>>>()?;
        }
        let mut law = self.step(&arriving, n)?;
        Ok(law.pop().expect("the law of everything").1)
    }
}

/// Sets of tokens by which of the first tokens they have: the tasks of a step, each of which has sets
/// of its own.
struct Classes {
    n: usize,
    /// Number of first tokens.
    first: usize,
    /// The largest first: they take longest.
    classes: Vec<usize>,
    /// Number of sets of a class, of all sizes.
    sets: usize,
}

impl Classes {
    /// The classes that have sets of these sizes.
    fn new(n: usize, sizes: RangeInclusive<usize>) -> Self {
        let first = (n / 2).min(FIRST);
        let reaches = |class: &usize| {
            let tokens = class.count_ones() as usize;
            tokens <= *sizes.end() && tokens + n - first >= *sizes.start()
        };
        let mut classes: Vec<usize> = (0..1 << first).filter(reaches).collect();
        classes.sort_by_key(|class| std::cmp::Reverse(class.count_ones()));
        Self {
            n,
            first,
            classes,
            sets: 1 << (n - first),
        }
    }

    /// Number of a set among those of its class.
    fn place(&self, set: usize) -> usize {
        set >> self.first
    }

    fn set(&self, class: usize, place: usize) -> usize {
        place << self.first | class
    }

    /// How to get from `a` into a class, by drawing so many tokens.
    fn choice(&self, a: usize, class: usize, draws: RangeInclusive<usize>) -> Option<Choice> {
        let firsts = (1 << self.first) - 1;
        let fixed = class & !a;
        (a & firsts & !class == 0 && fixed.count_ones() as usize <= *draws.end()).then(|| Choice {
            fixed,
            free: !(a | firsts) & ((1 << self.n) - 1),
            least: *draws.start(),
            most: *draws.end(),
        })
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
