//! Schedules by definition, and curves to try them on.

use proptest::collection::vec;
use proptest::prelude::*;

/// Excess of a schedule, term by term.
pub(crate) fn excess(h: &[f64], sizes: &[usize]) -> f64 {
    let mut a = 0;
    let mut sum = 0.0;
    for size in sizes {
        sum += h[a..a + size].iter().map(|x| h[a] - x).sum::<f64>();
        a += size;
    }
    sum
}

/// Least excess with at most `k` steps, `k = 1..=n`, by the recurrence over all last blocks.
pub(crate) fn frontier(h: &[f64]) -> Vec<f64> {
    let n = h.len();
    let block = |a: usize, b: usize| excess(&h[a..b], &[b - a]);
    let blocks: Vec<Vec<f64>> = (0..n)
        .map(|a| {
            (0..=n)
                .map(|b| if b > a { block(a, b) } else { 0.0 })
                .collect()
        })
        .collect();
    let mut layer = vec![f64::INFINITY; n + 1];
    layer[0] = 0.0;
    let mut values = Vec::new();
    for _ in 0..n {
        let next = |b: usize| {
            (0..b)
                .map(|a| layer[a] + blocks[a][b])
                .fold(layer[b], f64::min)
        };
        layer = (0..=n).map(next).collect();
        values.push(layer[n]);
    }
    values
}

/// All schedules of `n` tokens: one for each set of places between tokens.
pub(crate) fn schedules(n: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..1u32 << (n - 1)).map(move |cuts| {
        let mut sizes = vec![1];
        for place in 0..n - 1 {
            if cuts >> place & 1 == 1 {
                sizes.push(1);
            } else {
                *sizes.last_mut().unwrap() += 1;
            }
        }
        sizes
    })
}

/// Curves of small integers, on which everything above is exact: plateaus, ties and cliffs.
pub(crate) fn tied_curve(n: usize) -> impl Strategy<Value = Vec<f64>> {
    let drop = prop_oneof![4 => Just(0.0), 4 => Just(1.0), 2 => Just(2.0), 1 => Just(40.0)];
    vec(drop, 1..=n).prop_map(descend)
}

/// Curves that never increase, with drops of all sizes.
pub(crate) fn monotone_curve(n: usize) -> impl Strategy<Value = Vec<f64>> {
    let drop = prop_oneof![
        2 => Just(0.0),
        4 => 0.0..1.0f64,
        1 => 0.0..1e-9f64,
        1 => 0.0..100.0f64,
    ];
    prop_oneof![tied_curve(n), vec(drop, 1..=n).prop_map(descend)]
}

/// Curves of small integers without any order.
pub(crate) fn wild_curve(n: usize) -> impl Strategy<Value = Vec<f64>> {
    vec((-4..8i32).prop_map(f64::from), 1..=n)
}

/// Curves of any shape: without order, or descending but for some noise.
pub(crate) fn any_curve(n: usize) -> impl Strategy<Value = Vec<f64>> {
    let noisy = (monotone_curve(n), vec(-0.5..0.5f64, n))
        .prop_map(|(h, noise)| h.iter().zip(&noise).map(|(x, e)| x + e).collect());
    prop_oneof![wild_curve(n), vec(-5.0..5.0f64, 1..=n), noisy]
}

/// A curve and one of its schedules.
pub(crate) fn scheduled_curve(n: usize) -> impl Strategy<Value = (Vec<f64>, Vec<usize>)> {
    (any_curve(n), vec(1..=n, n)).prop_map(|(h, mut sizes)| {
        let mut left = h.len();
        sizes.retain_mut(|size| {
            *size = left.min(*size);
            left -= *size;
            *size > 0
        });
        (h, sizes)
    })
}

/// The curve that ends at 0 with these drops, but for the first one, in reverse.
fn descend(drops: Vec<f64>) -> Vec<f64> {
    let mut level = 0.0;
    let mut h = vec![0.0];
    for drop in &drops[1..] {
        level += drop;
        h.push(level);
    }
    h.reverse();
    h
}

#[test]
fn the_reference_agrees_with_itself() {
    let h = [4.0, 1.0, 2.0, 0.5, 0.5, -1.0];
    let mut least = [f64::INFINITY; 6];
    for sizes in schedules(6) {
        for k in sizes.len()..=6 {
            least[k - 1] = excess(&h, &sizes).min(least[k - 1]);
        }
    }
    assert_eq!(schedules(6).count(), 32);
    assert_eq!(frontier(&h), least);
}
