//! The walk of the subset lattice as a multiple of what its terms alone would take.
//!
//! For each table: the fastest walk, and as a multiple of the kernel's own time for as many terms;
//! the same for `TC + DTC`, and for the kernel over the table where it lies, in memory: no walk can
//! do with less than that. The elapsed time is shown too: on two threads, beside that on one, it
//! tells what the second core gives.
//!
//! Arguments: alphabet sizes such as `2,3,4` or `2^24`, a table each, instead of the usual ones.

mod fastest;

use std::hint::black_box;
use std::time::{Duration, Instant};

use fastest::Fastest;
use unmask_core::kernel::kernel;
use unmask_core::lattice;
use unmask_core::monitor::Monitor;
use unmask_core::table::Entropies;

/// Time to spend on one table and number of threads, about.
const BUDGET: Duration = Duration::from_secs(4);

fn measure(shape: &[usize], threads: usize) {
    let resident: Vec<f64> = (1..=2048).map(|k| f64::from(k) * 1e-7).collect();
    let size: usize = shape.iter().product();
    let table: Vec<f64> = (0..size)
        .map(|k| (1 + k % 13) as f64 / (7 * size) as f64)
        .collect();
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .expect("a pool of threads");
    let monitor = Monitor::new();
    let [mut kernel_alone, mut reading, mut walk, mut totals] = [Fastest::NEVER; 4];
    let start = Instant::now();
    while start.elapsed() < BUDGET {
        kernel_alone.time(|| {
            for _ in 0..500 {
                black_box((kernel().x_ln_x.sum)(black_box(&resident)));
            }
        });
        reading.time(|| (kernel().x_ln_x.sum)(black_box(&table)));
        pool.install(|| {
            walk.time(|| lattice::sums_by_size(&table, shape, |k| &k.x_ln_x, &monitor));
            totals.time(|| Entropies::new(&table, shape, &monitor));
        });
    }
    let per_term = kernel_alone.processor / (500 * resident.len()) as f64;
    let few_terms = size + shape.iter().map(|q| size / q).sum::<usize>();
    println!(
        "{shape:?}, {threads} thread(s): walk {:.5} s = {:.2} x kernel, elapsed {:.5} s; table \
         alone {:.2} x kernel; TC and DTC {:.3} ms = {:.2} x kernel, elapsed {:.3} ms; kernel {:.3} ns a term",
        walk.processor,
        walk.processor / (lattice::terms(shape) * per_term),
        walk.elapsed,
        reading.processor / (size as f64 * per_term),
        totals.processor * 1e3,
        totals.processor / (few_terms as f64 * per_term),
        totals.elapsed * 1e3,
        per_term * 1e9,
    );
}

/// `2^3` and `2,2,2` are the same shape; anything else is none.
fn shape(argument: &str) -> Option<Vec<usize>> {
    if let Some((q, n)) = argument.split_once('^') {
        return Some(vec![q.parse().ok()?; n.parse().ok()?]);
    }
    let sizes = argument.split(',').map(|q| q.parse().ok());
    sizes.collect()
}

fn main() {
    let asked: Vec<Vec<usize>> = std::env::args()
        .filter_map(|argument| shape(&argument))
        .collect();
    let usual = [
        vec![2; 15],
        vec![2; 16],
        vec![2; 20],
        vec![3; 10],
        vec![4; 8],
        vec![4; 11],
        vec![5; 8],
        vec![7; 6],
        vec![20; 3],
        vec![20; 5],
        vec![2, 3, 4, 5, 6, 7, 8, 9],
        vec![9, 8, 7, 6, 5, 4, 3, 2],
        vec![2, 2, 3, 1_000_000],
    ];
    let shapes = if asked.is_empty() { &usual[..] } else { &asked };
    for shape in shapes {
        for threads in [1, 2] {
            measure(shape, threads);
        }
    }
}
