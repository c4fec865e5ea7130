//! Every long computation stops wherever it is cancelled, and looks often whether it was.

use crate::curve::{Curve, Estimator, Totals, coverage, support_subset_entropies};
use crate::curve::{table_entropy, table_subset_entropies};
use crate::error::{Error, Result};
use crate::family::blocks::{Kind, blocks};
use crate::family::code::{self, Field, rank_totals};
use crate::family::compositions::compositions;
use crate::family::exchangeable::exchangeable;
use crate::family::markov::markov;
use crate::lattice;
use crate::monitor::Monitor;
use crate::partition::{self, SubsetEntropies, planned, random};
use crate::policy::{self, Draws, Policy, RandomRule, Rule, Score};
use crate::reference::table::some_table;
use crate::sampler::{self, Impossible, Steps, mixture};
use crate::schedule::*;
use crate::support::{self, Counted, Support};

/// Most operations between two looks at a monitor, on average. Each takes a nanosecond or a few, so
/// that this is some milliseconds, where those who wait for a computation to stop look every 50.
const OPERATIONS_A_LOOK: f64 = (1 << 20) as f64;

/// Looks after the one at which a computation was cancelled: other halves of what was split in two
/// look once each.
const LAST_LOOKS: u64 = 64;

type Run = dyn Fn(&Monitor) -> Result<()> + Send + Sync;

/// A computation and its predicted operations.
struct Job {
    name: &'static str,
    operations: f64,
    run: Box<Run>,
}

fn job<T>(
    name: &'static str,
    operations: f64,
    run: impl Fn(&Monitor) -> Result<T> + Send + Sync + 'static,
) -> Job {
    let run = Box::new(move |monitor: &Monitor| run(monitor).map(drop));
    Job {
        name,
        operations,
        run,
    }
}

/// Rows of three letters each, without much order.
fn some_rows(rows: usize, n: usize) -> Vec<u16> {
    let noise = some_table(rows * n, 3);
    let letter = |x: &f64| (x.to_bits() >> 20) as u16 % 3;
    noise.iter().map(letter).collect()
}

fn some_support(rows: usize, n: usize) -> Support {
    Support::new(&some_rows(rows, n), n, &vec![1.0; rows], &Monitor::new()).unwrap()
}

fn operations(support: &Support) -> f64 {
    support.predicted_operations(&Monitor::new()).unwrap()
}

/// Losses of a uniform permutation.
fn smooth_losses(n: usize) -> Vec<f64> {
    (0..n).map(|j| ((n - j) as f64).ln()).collect()
}

/// Losses that are lowest at once, and later as low again now and then.
fn rough_losses(n: usize) -> Vec<f64> {
    (0..n).map(|j| (j * 7919 % 1009) as f64).collect()
}

fn enumerations() -> Vec<Job> {
    let shape = [2; 14];
    let table = some_table(1 << 14, 1);
    let [by_size, by_subset, whole, entropies] = [(); 4].map(|()| table.clone());
    let totals = some_table(1 << 22, 1);
    let joint = totals.clone();
    let cells = some_table(1 << 17, 1);
    let terms = lattice::terms(&shape);
    let atoms = some_support(600, 12);
    // Estimates the sizes of its partitions, which are kept.
    let walked = operations(&atoms);
    let [sizes, subsets, plugin, covered, chao, all] = [(); 6].map(|()| atoms.clone());
    let few = some_support(120, 30);
    let plan = Counted::plan(&few, &Monitor::new()).unwrap().unwrap();
    let counted = plan.operations;
    let rows = some_rows(40_000, 100);
    vec![
        job("lattice by size", terms, move |monitor| {
            lattice::sums_by_size(&by_size, &shape, |k| &k.x_ln_x, monitor)
        }),
        job("lattice by subset", terms, move |monitor| {
            lattice::sums_by_subset(&by_subset, &shape, |k| &k.x_ln_x, monitor)
        }),
        job("curve of a table", terms, move |monitor| {
            Curve::of_table(&whole, &shape, monitor)
        }),
        job("entropies of a table", terms, move |monitor| {
            table_subset_entropies(&entropies, &shape, monitor)
        }),
        // Additions and logarithms, eight at a time.
        job("totals of a table", (22 << 18) as f64, move |monitor| {
            Totals::of_table(&totals, &[2; 22], monitor)
        }),
        job("entropy of a table", (1 << 19) as f64, move |monitor| {
            table_entropy(&joint, monitor)
        }),
        job("atoms", rows.len() as f64, move |monitor| {
            Support::new(&rows, 100, &[1.0; 40_000], monitor)
        }),
        job("atoms of a table", (1 << 17) as f64, move |monitor| {
            Support::of_table(&cells, &[2; 17], monitor)
        }),
        job("atoms by size", walked, move |monitor| {
            support::sums_by_size(&sizes, |k| &k.x_ln_x, monitor)
        }),
        job("atoms by subset", walked, move |monitor| {
            support::sums_by_subset(&subsets, |k| &k.x_ln_x, monitor)
        }),
        job("entropies of atoms", walked, move |monitor| {
            support_subset_entropies(&all, monitor)
        }),
        job("curve of atoms", walked, move |monitor| {
            Curve::of_support(&plugin, Estimator::Plugin, monitor)
        }),
        job("coverage", walked, move |monitor| {
            coverage(&covered, monitor)
        }),
        job("counted classes", counted, move |monitor| {
            let plan = Counted::plan(&few, monitor)?.expect("whole weights");
            plan.sums_by_size(|count| count, monitor)
        }),
        job("chao-shen", walked, move |monitor| {
            support::chao_shen_by_size(&chao, monitor)
        }),
    ]
}

fn families() -> Vec<Job> {
    let matrix: Vec<f64> = (0..64)
        .map(|k| if k % 9 == 0 { 0.3 } else { 0.1 })
        .collect();
    let others: Vec<f64> = (1..600)
        .flat_map(|a| {
            let stay = 0.5 + 0.3 * f64::from(a % 97) / 97.0;
            (0..16).map(move |k| if k % 5 == 0 { stay } else { (1.0 - stay) / 3.0 })
        })
        .collect();
    let kind = Kind {
        count: 2000,
        conditional: (0..50).map(|j| 1.0 / f64::from(j + 1)).collect(),
        information: (0..50).map(|j| 1.0 - 1.0 / f64::from(j + 1)).collect(),
    };
    let generator = |q: u64| -> Vec<u64> {
        let noise = some_table(13 * 26, 4);
        noise.iter().map(|x| (x.to_bits() >> 20) % q).collect()
    };
    let (bits, trits) = (generator(2), generator(3));
    vec![
        job("exchangeable", 8e6, |monitor| {
            exchangeable(&vec![1.0 / 4001.0; 4001], monitor)
        }),
        job(
            "compositions",
            121.0 * 122.0 * 123.0 / 6.0 * 3.0,
            |monitor| compositions(&vec![1.0 / 7381.0; 121 * 121], 120, 3, monitor),
        ),
        job("stationary chain", 512.0 * 5e3, move |monitor| {
            markov(&[0.125; 8], &matrix, 5000, true, monitor)
        }),
        job("chain", 32.0 * 360e3, move |monitor| {
            markov(&[0.25; 4], &others, 600, false, monitor)
        }),
        job("blocks", 50.0 * 1e5, move |monitor| {
            blocks(std::slice::from_ref(&kind), monitor)
        }),
        job(
            "binary code",
            code::predicted_operations(26, 13, 2),
            move |monitor| rank_totals(&bits, 26, &Field::prime(2).unwrap(), monitor),
        ),
        job(
            "ternary code",
            code::predicted_operations(18, 9, 3),
            move |monitor| rank_totals(&trits[..9 * 18], 18, &Field::prime(3).unwrap(), monitor),
        ),
    ]
}

fn schedules() -> Vec<Job> {
    let n = 1 << 20;
    let h = rough_losses(n);
    let smooth = Losses::new(&smooth_losses(n), &Monitor::new()).unwrap();
    let rough = Losses::new(&h, &Monitor::new()).unwrap();
    let [few, tolerance, layers] = [(); 3].map(|()| smooth.clone());
    let wanted = smooth.excess(0, n) / 100.0;
    let gained = rough.excess(0, n);
    let [all, some] = [(); 2].map(|()| rough.clone());
    let known = Knowns::new(1 << 16, [30.0, 20.0, 1.0, 9.0]).unwrap();
    let increments: Vec<f64> = (1..1 << 17).map(|j| 1.0 / f64::from(j)).collect();
    let short = smooth_losses(1000);
    let long = smooth_losses(100_000);
    let levels: Vec<f64> = (0..=4000).map(|t| f64::from(t) / 4000.0).collect();
    vec![
        job("losses", n as f64, move |monitor| Losses::new(&h, monitor)),
        job("optimal", n as f64, move |monitor| {
            optimal_with_steps(&few, 1000, monitor)
        }),
        job("optimal within a tolerance", n as f64, move |monitor| {
            optimal_with_tolerance(&tolerance, wanted, monitor)
        }),
        job("optimal, not monotone", 3.0 * n as f64, move |monitor| {
            optimal_with_steps(&all, n, monitor)
        }),
        job(
            "optimal, rough, tolerance",
            3.0 * n as f64,
            move |monitor| optimal_with_tolerance(&some, gained, monitor),
        ),
        job("frontier", 9.0 * n as f64, move |monitor| {
            frontier(&layers, 10, monitor)
        }),
        job("minimax within a tolerance", 0.0, move |monitor| {
            minimax_with_tolerance(&known, 0.5, monitor)
        }),
        job("minimax", 0.0, move |monitor| {
            minimax_with_steps(&known, 60, monitor)
        }),
        job("worst case", (1 << 17) as f64, move |monitor| {
            let known = Knowns::new(1 << 18, [30.0, 20.0, 1.0, 9.0]).unwrap();
            worst_case(&known, &[2; 1 << 17], monitor)
        }),
        job("growing odds", 2e6, |monitor| {
            odds_with_growth(10_000_000, 1e-6, monitor)
        }),
        job("growing odds in steps", 2e6, |monitor| {
            odds_with_steps(10_000_000, 100_000, monitor)
        }),
        job("integer steps", 8e6, move |monitor| {
            integer_steps(&increments, 1000, monitor)
        }),
        job("best levels", 8000.0 * 16.0 * 32.0, move |monitor| {
            bernoulli_levels(&short, 20, monitor)
        }),
        job("levels", 4000.0 * 8.0 * 316.0, move |monitor| {
            bernoulli_excess(&long, &levels, monitor)
        }),
    ]
}

/// The entropies of the subsets of tokens that share one bit.
fn some_entropies(n: usize) -> Vec<f64> {
    let entropy = |subset: usize| (1.0 + f64::from(subset.count_ones())).ln();
    (0..1 << n).map(entropy).collect()
}

fn partitions_and_laws() -> Vec<Job> {
    let [plans, moments] = [14, 17].map(some_entropies);
    let listed = some_entropies(12);
    let law = some_table(3usize.pow(10), 2);
    let [by_sizes, by_levels] = [(); 2].map(|()| law.clone());
    let shape = [3; 10];
    let sizes = Steps::Sizes(&[2, 3, 5]);
    let levels = Steps::Levels(&[0.2, 0.5, 1.0]);
    let [decided, drawn] = [16, 10].map(|n| some_table(1 << n, 5));
    let surest = Policy::Deterministic(Rule::Top {
        score: Score::Confidence,
        counts: vec![1; 16],
    });
    let summed = Policy::Random(RandomRule::EntropySum(0.5));
    let draws = Draws {
        temperature: 1.0,
        uniform_on_impossible: true,
    };
    vec![
        job("planned", partition::operations(14, 14), move |monitor| {
            planned(SubsetEntropies::new(&plans)?, 14, monitor)
        }),
        job(
            "moments",
            random::operations(17, &[5, 6, 6]),
            move |monitor| random::moments(SubsetEntropies::new(&moments)?, &[5, 6, 6], monitor),
        ),
        job(
            "list of partitions",
            12.0 * random::count(&[3, 3, 3, 3]),
            move |monitor| random::values(SubsetEntropies::new(&listed)?, &[3, 3, 3, 3], monitor),
        ),
        job(
            "mixture by sizes",
            sampler::require(&shape, sizes).unwrap(),
            move |monitor| mixture(&by_sizes, &shape, sizes, Impossible::Uniform, monitor),
        ),
        job(
            "mixture by levels",
            sampler::require(&shape, levels).unwrap(),
            move |monitor| mixture(&by_levels, &shape, levels, Impossible::Uniform, monitor),
        ),
        job(
            "deterministic policy",
            policy::require(&[2; 16], &surest).unwrap(),
            move |monitor| policy::law(&decided, &[2; 16], &surest, &draws, monitor),
        ),
        job(
            "random policy",
            policy::require(&[2; 10], &summed).unwrap(),
            move |monitor| policy::law(&drawn, &[2; 10], &summed, &draws, monitor),
        ),
    ]
}

fn check(jobs: Vec<Job>) {
    // With one thread the looks come in one order, again and again.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build();
    let pool = pool.unwrap();
    for Job {
        name,
        operations,
        run,
    } in jobs
    {
        let run = |monitor: &Monitor| pool.install(|| run(monitor));
        let monitor = Monitor::new();
        assert_eq!(run(&monitor), Ok(()), "{name}");
        let looks = monitor.looks();
        assert!(looks > 0, "{name} does not look");
        assert!(
            looks as f64 * OPERATIONS_A_LOOK >= operations,
            "{name} looks {looks} times in {operations} operations"
        );
        for k in [0, looks / 3, looks / 2, looks - 1] {
            let monitor = Monitor::cancelled_at(k);
            assert_eq!(run(&monitor), Err(Error::Interrupted), "{name} at {k}");
            assert!(
                monitor.looks() <= k + 1 + LAST_LOOKS,
                "{name} at {k} goes on"
            );
        }
    }
}

#[test]
fn enumerations_stop() {
    check(enumerations());
}

#[test]
fn families_stop() {
    check(families());
}

#[test]
fn schedules_stop() {
    check(schedules());
}

#[test]
fn partitions_and_laws_stop() {
    check(partitions_and_laws());
}
