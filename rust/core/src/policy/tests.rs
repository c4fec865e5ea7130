//! Laws of policies against their definitions.

use super::*;
use crate::error::Error;
use crate::reference::policy::{self as reference, answers};
use crate::reference::table::some_table;

/// Probability and calls of one sequence, along its path, by definition.
fn path(table: &[f64], shape: &[usize], rule: &Rule, draws: &Draws, x: &[usize]) -> (f64, usize) {
    let n = shape.len();
    let mut shown: Vec<Option<usize>> = vec![None; n];
    let (mut weight, mut calls) = (1.0, 0);
    while shown.contains(&None) {
        let (masked, rows) = answers(table, shape, &shown);
        for place in rule.choose(&rows, n - masked.len()) {
            let token = masked[place];
            weight *= draws.tempered(&rows[place])[x[token]];
            shown[token] = Some(x[token]);
        }
        calls += 1;
    }
    (weight, calls)
}

fn rules(n: usize) -> Vec<Rule> {
    let mut rules = vec![
        Rule::Threshold(0.0),
        Rule::Threshold(0.7),
        Rule::Threshold(1.0),
        Rule::Factor(0.0),
        Rule::Factor(0.8),
        Rule::EntropyBound(0.0),
        Rule::EntropyBound(0.9),
        Rule::EntropyBound(f64::INFINITY),
    ];
    for score in [Score::Confidence, Score::Margin, Score::Entropy] {
        for k in 1..=n {
            let counts = vec![k; n];
            rules.push(Rule::Top { score, counts });
        }
    }
    rules
}

#[test]
fn agrees_with_the_path_of_each_sequence() {
    for (seed, shape) in [
        vec![2; 5],
        vec![3, 1, 4, 2],
        vec![1],
        vec![2, 3, 3],
        vec![2; 6],
    ]
    .iter()
    .enumerate()
    {
        let n = shape.len();
        let cells = shape.iter().product();
        let table = some_table(cells, seed as u64);
        for rule in rules(n.min(5)) {
            let rule = match rule {
                Rule::Top { score, counts } => Rule::Top {
                    score,
                    counts: vec![counts[0]; n],
                },
                other => other,
            };
            for temperature in [1.0, 0.5, 0.0] {
                let draws = at(temperature);
                let policy = Policy::Deterministic(rule.clone());
                let law = law(&table, shape, &policy, &draws, &Monitor::new()).unwrap();
                let mut calls = vec![0.0; n + 1];
                for (cell, &p) in law.pmf.iter().enumerate() {
                    let (mut rest, mut x) = (cell, vec![0; n]);
                    for i in (0..n).rev() {
                        x[i] = rest % shape[i];
                        rest /= shape[i];
                    }
                    let (want, count) = path(&table, shape, &rule, &draws, &x);
                    assert!((p - want).abs() <= 1e-12 * want, "{rule:?}: {p} {want}");
                    calls[count] += want;
                }
                assert!((law.pmf.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                for (a, b) in law.calls.iter().zip(&calls) {
                    assert!((a - b).abs() < 1e-12);
                }
            }
        }
    }
}

fn at(temperature: f64) -> Draws {
    Draws {
        temperature,
        uniform_on_impossible: true,
    }
}

#[test]
fn random_rules_by_definition() {
    for (seed, shape) in [
        vec![2; 4],
        vec![3, 1, 2],
        vec![1],
        vec![2, 3, 3],
        vec![4, 2],
    ]
    .iter()
    .enumerate()
    {
        let n = shape.len();
        let table = some_table(shape.iter().product(), 7 + seed as u64);
        for temperature in [1.0, 0.5, 2.0, 0.0] {
            let draws = at(temperature);
            let run = |rule: RandomRule| {
                let policy = Policy::Random(rule);
                law(&table, shape, &policy, &draws, &Monitor::new()).unwrap()
            };
            let compare = |law: Law, want: Law| {
                for (got, want) in law.pmf.iter().zip(&want.pmf) {
                    assert!((got - want).abs() < 1e-14, "{shape:?}: {got} {want}");
                }
                for (got, want) in law.calls.iter().zip(&want.calls) {
                    assert!((got - want).abs() < 1e-13, "{shape:?}: {got} {want}");
                }
            };
            for budget in [0.0, 0.3, 0.7, 2f64.ln(), 1.5, 4.0, f64::INFINITY] {
                let want = reference::law(&table, shape, &draws, |rows, laws, _| {
                    reference::entropy_sum(budget, rows, laws)
                });
                compare(run(RandomRule::EntropySum(budget)), want);
            }
            for counts in [vec![1; n], vec![2; n], vec![n; n], (1..=n).collect()] {
                let want = reference::law(&table, shape, &draws, |rows, laws, revealed| {
                    reference::sampled_top(counts[revealed], rows, laws)
                });
                compare(run(RandomRule::SampledTop(counts)), want);
            }
        }
    }
}

#[test]
fn bits_do_not_depend_on_the_number_of_threads() {
    let table = some_table(1 << 9, 6);
    for rule in [
        RandomRule::EntropySum(0.9),
        RandomRule::SampledTop(vec![2; 9]),
    ] {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            let policy = Policy::Random(rule.clone());
            pool.build()
                .unwrap()
                .install(|| law(&table, &[2; 9], &policy, &at(0.7), &Monitor::new()).unwrap())
        };
        let one = run(1);
        assert!((one.pmf.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        assert_eq!(one, run(2));
        assert_eq!(one, run(5));
    }
}

#[test]
fn refuses_impossible_evidence_if_told_to() {
    // Two equal bits, revealed together, then a third.
    let mut table = vec![0.0; 8];
    (table[0], table[7]) = (0.5, 0.5);
    let run = |policy: &Policy, uniform_on_impossible, temperature| {
        let draws = Draws {
            temperature,
            uniform_on_impossible,
        };
        law(&table, &[2; 3], policy, &draws, &Monitor::new())
    };
    let counts = vec![2; 3];
    let score = Score::Confidence;
    let two = Policy::Deterministic(Rule::Top { score, counts });
    let got = run(&two, true, 1.0).unwrap();
    assert_eq!(got.pmf, [0.25, 0.0, 0.125, 0.125, 0.125, 0.125, 0.0, 0.25]);
    assert_eq!(got.calls, [0.0, 0.0, 1.0, 0.0]);
    assert!(run(&two, false, 1.0).is_err());
    let one = Policy::Deterministic(Rule::EntropyBound(0.0));
    assert!(run(&one, false, 1.0).is_ok());
    assert!(run(&one, false, f64::NAN).is_err());
    for rule in [
        RandomRule::SampledTop(vec![2; 3]),
        RandomRule::EntropySum(1.0),
    ] {
        let policy = Policy::Random(rule);
        assert!(run(&policy, true, 1.0).is_ok());
        assert!(run(&policy, false, 1.0).is_err());
    }
    let policy = Policy::Random(RandomRule::EntropySum(0.0));
    assert!(run(&policy, false, 1.0).is_ok());
}

#[test]
fn predicts_and_refuses() {
    let sums = |budget| Policy::Random(RandomRule::EntropySum(budget));
    // One call at most: as many outcomes as sequences.
    let once = require(&[2; 10], &sums(f64::INFINITY)).unwrap();
    let often = require(&[2; 10], &sums(0.0)).unwrap();
    assert!(once < 100.0 * 1024.0 && often > 5f64.powi(10) - 1.0);
    assert!(matches!(
        require(&[2; 40], &sums(1.0)),
        Err(Error::Memory { .. })
    ));
    let top = |counts: &[usize]| Policy::Random(RandomRule::SampledTop(counts.to_vec()));
    for bad in [sums(-1.0), sums(f64::NAN), top(&[1, 1]), top(&[1, 0, 1])] {
        assert!(matches!(require(&[2; 3], &bad), Err(Error::Invalid { .. })));
    }
}

#[test]
fn stops_when_told_to() {
    let monitor = Monitor::new();
    monitor.cancel();
    for policy in [
        Policy::Deterministic(Rule::Threshold(1.0)),
        Policy::Random(RandomRule::EntropySum(0.5)),
    ] {
        let law = law(
            &some_table(1 << 10, 1),
            &[2; 10],
            &policy,
            &at(1.0),
            &monitor,
        );
        assert_eq!(law, Err(Error::Interrupted));
    }
}
