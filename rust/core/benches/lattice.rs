//! The walk of the subset lattice as a multiple of what its terms alone would take.
//!
//! Prints, for each table, the time of the whole walk, the number of terms, the kernel's own time
//! for as many terms, and the ratio of the two times the number of threads.

use std::hint::black_box;
use std::time::Instant;

use unmask_core::kernel::kernel;
use unmask_core::lattice;
use unmask_core::monitor::Monitor;
use unmask_core::table::Entropies;

fn fastest(mut job: impl FnMut()) -> f64 {
    let time = |_| {
        let start = Instant::now();
        job();
        start.elapsed().as_secs_f64()
    };
    (0..5).map(time).fold(f64::INFINITY, f64::min)
}

fn main() {
    let cells: Vec<f64> = (1..=2048).map(|k| f64::from(k) * 1e-7).collect();
    let rate = || {
        let seconds = fastest(|| {
            for _ in 0..1000 {
                black_box((kernel().x_ln_x.sum)(black_box(&cells)));
            }
        });
        seconds / (1000.0 * cells.len() as f64)
    };
    for shape in [
        vec![2; 16],
        vec![2; 20],
        vec![4; 10],
        vec![20; 5],
        vec![2, 3, 4, 5, 6, 7, 8, 9],
    ] {
        let size: usize = shape.iter().product();
        let table: Vec<f64> = (0..size)
            .map(|k| (1 + k % 13) as f64 / (7 * size) as f64)
            .collect();
        for threads in [1, 2] {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            let per_term = rate();
            let monitor = Monitor::new();
            let walk = fastest(|| {
                pool.install(|| {
                    black_box(
                        lattice::sums_by_size(&table, &shape, |k| &k.x_ln_x, &monitor).unwrap(),
                    );
                });
            });
            let bound = lattice::terms(&shape) * per_term / threads as f64;
            let few = fastest(|| {
                pool.install(|| {
                    black_box(Entropies::new(&table, &shape, &monitor).unwrap());
                });
            });
            let few_terms: usize = size + shape.iter().map(|q| size / q).sum::<usize>();
            println!(
                "{shape:?}, {threads} threads: walk {walk:.4} s = {:.2} x kernel ({:.3} ns/term); \
                 TC and DTC {:.2} ms = {:.2} x kernel",
                walk / bound,
                per_term * 1e9,
                few * 1e3,
                few * threads as f64 / (few_terms as f64 * per_term),
            );
        }
    }
}
