use super::levels::MOST_STEPS;
use super::*;
use crate::reference::schedule as reference;
use proptest::prelude::*;

/// By the definition: binomials from products.
fn naive_mean(h: &[f64], a: f64) -> f64 {
    let n = h.len();
    let mut choose = 1.0;
    let mut sum = 0.0;
    for (m, loss) in h.iter().enumerate() {
        sum += choose * a.powi(m as i32) * (1.0 - a).powi((n - 1 - m) as i32) * loss;
        choose = choose * (n - 1 - m) as f64 / (m + 1) as f64;
    }
    sum
}

fn naive_excess(h: &[f64], levels: &[f64]) -> f64 {
    let n = h.len() as f64;
    let steps = levels
        .windows(2)
        .map(|e| n * (e[1] - e[0]) * naive_mean(h, e[0]));
    steps.sum::<f64>() - h.iter().sum::<f64>()
}

fn some_levels(most: usize) -> impl Strategy<Value = Vec<f64>> {
    proptest::collection::vec(0.001..0.999f64, 0..most).prop_map(|mut inner| {
        inner.sort_by(f64::total_cmp);
        inner.dedup();
        [&[0.0], inner.as_slice(), &[1.0]].concat()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn excess_is_as_defined(h in reference::any_curve(20), levels in some_levels(8)) {
        let scale = h.iter().fold(1e-3, |m: f64, x| m.max(x.abs())) * h.len() as f64;
        let found = bernoulli_excess(&h, &levels, &Monitor::new()).unwrap();
        prop_assert!((found - naive_excess(&h, &levels)).abs() <= 1e-13 * scale);
        let means = bernstein(&h, &levels, &Monitor::new()).unwrap();
        for (found, &a) in means.iter().zip(&levels) {
            prop_assert!((found - naive_mean(&h, a)).abs() <= 1e-13 * scale);
        }
    }

    #[test]
    fn no_levels_are_better(
        h in reference::monotone_curve(12),
        others in proptest::collection::vec(some_levels(4), 30),
    ) {
        for steps in 1..5 {
            let best = bernoulli_levels(&h, steps, &Monitor::new()).unwrap();
            prop_assert!(best.len() <= steps + 1);
            let least = bernoulli_excess(&h, &best, &Monitor::new()).unwrap();
            let slack = 1e-12 * (1.0 + h[0]) * h.len() as f64;
            for levels in others.iter().filter(|levels| levels.len() <= steps + 1) {
                prop_assert!(least <= bernoulli_excess(&h, levels, &Monitor::new()).unwrap() + slack);
            }
        }
    }
}

#[test]
fn levels_are_stationary() {
    let h: Vec<f64> = (0..64).map(|j| f64::from(64 - j).ln()).collect();
    let levels = bernoulli_levels(&h, 7, &Monitor::new()).unwrap();
    assert_eq!(levels.len(), 8);
    let least = bernoulli_excess(&h, &levels, &Monitor::new()).unwrap();
    for t in 1..7 {
        for shift in [-1e-4, 1e-4] {
            let mut near = levels.clone();
            near[t] += shift;
            assert!(bernoulli_excess(&h, &near, &Monitor::new()).unwrap() > least);
        }
    }
}

#[test]
fn what_cannot_be_is_refused() {
    for levels in [
        &[0.0][..],
        &[0.0, 0.5],
        &[0.1, 1.0],
        &[0.0, 0.6, 0.6, 1.0],
        &[0.0, f64::NAN, 1.0],
    ] {
        assert!(bernoulli_excess(&[1.0, 0.5], levels, &Monitor::new()).is_err());
    }
    assert!(bernoulli_excess(&[], &[0.0, 1.0], &Monitor::new()).is_err());
    assert!(bernstein(&[], &[0.5], &Monitor::new()).is_err());
    for level in [-0.1, 1.1, f64::NAN] {
        assert!(bernstein(&[1.0, 0.5], &[level], &Monitor::new()).is_err());
    }
    assert!(bernoulli_levels(&[f64::NAN], 1, &Monitor::new()).is_err());
    for steps in [0, MOST_STEPS + 1] {
        assert!(bernoulli_levels(&[1.0], steps, &Monitor::new()).is_err());
    }
}
