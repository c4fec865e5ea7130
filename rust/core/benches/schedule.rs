//! Schedules of long sequences.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use unmask_core::monitor::Monitor;
use unmask_core::schedule::{Losses, frontier, optimal_with_steps, optimal_with_tolerance};

/// Losses of a uniform permutation of `n` letters.
fn permutation(n: usize) -> Vec<f64> {
    (1..=n).rev().map(|left| (left as f64).ln()).collect()
}

/// The same with a sawtooth on top, so that nothing is monotone.
fn rough(n: usize) -> Losses {
    let noise = |j: usize| 1e-3 * (j * 7919 % 1009) as f64 / 1009.0;
    let h = permutation(n).into_iter().enumerate();
    Losses::new(
        &h.map(|(j, x)| x + noise(j)).collect::<Vec<_>>(),
        &Monitor::new(),
    )
    .unwrap()
}

fn schedules(c: &mut Criterion) {
    let monitor = Monitor::new();
    let mut group = c.benchmark_group("schedule");
    group.sample_size(10);

    let h = permutation(1_000_000);
    let long = Losses::new(&h, &monitor).unwrap();
    group.bench_function("losses, n = 1e6", |b| b.iter(|| Losses::new(&h, &monitor)));
    group.bench_function("1000 steps, n = 1e6", |b| {
        b.iter(|| optimal_with_steps(black_box(&long), 1000, &monitor));
    });
    group.bench_function("tolerance 1, n = 1e6", |b| {
        b.iter(|| optimal_with_tolerance(black_box(&long), 1.0, &monitor));
    });

    let middle = Losses::new(&permutation(100_000), &monitor).unwrap();
    group.bench_function("frontier to 64, n = 1e5", |b| {
        b.iter(|| frontier(black_box(&middle), 64, &monitor));
    });

    let noise: Vec<f64> = (0..1_000_000).map(|j| (j * 7919 % 1009) as f64).collect();
    let noise = Losses::new(&noise, &monitor).unwrap();
    group.bench_function("1e6 steps, not monotone, n = 1e6", |b| {
        b.iter(|| optimal_with_steps(black_box(&noise), 1_000_000, &monitor));
    });

    let rough = rough(4096);
    group.bench_function("64 steps, not monotone, n = 4096", |b| {
        b.iter(|| optimal_with_steps(black_box(&rough), 64, &monitor));
    });
    group.bench_function("frontier to 64, not monotone, n = 4096", |b| {
        b.iter(|| frontier(black_box(&rough), 64, &monitor));
    });
    group.finish();
}

criterion_group!(benches, schedules);
criterion_main!(benches);
