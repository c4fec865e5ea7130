//! Policies by definition: every choice, every order and every draw, one after the other.

use crate::policy::{Draws, Law};
use crate::reference::table::marginal;

/// The masked tokens, and their marginals; uniform ones where what is shown is impossible.
pub(crate) fn answers(
    table: &[f64],
    shape: &[usize],
    shown: &[Option<usize>],
) -> (Vec<usize>, Vec<Vec<f64>>) {
    let n = shape.len();
    let known = |i: usize| shown[i].is_some();
    let masked: Vec<usize> = (0..n).filter(|&i| !known(i)).collect();
    let row = |&i: &usize| -> Vec<f64> {
        let kept: Vec<usize> = (0..n).filter(|&j| known(j) || j == i).collect();
        let subset = kept.iter().fold(0, |subset, j| subset | 1 << j);
        let joint = marginal(table, shape, subset);
        let cell = |letter| {
            kept.iter()
                .fold(0, |cell, &j| cell * shape[j] + shown[j].unwrap_or(letter))
        };
        let masses: Vec<f64> = (0..shape[i]).map(|letter| joint[cell(letter)]).collect();
        let total: f64 = masses.iter().sum();
        let uniform = 1.0 / shape[i] as f64;
        let share = |mass| if total > 0.0 { mass / total } else { uniform };
        masses.into_iter().map(share).collect()
    };
    let rows = masked.iter().map(row).collect();
    (masked, rows)
}

/// What a call reveals, as places among the masked tokens with their letters, and how likely.
type Outcome = (Vec<(usize, usize)>, f64);

/// The law of the policy whose calls have these outcomes, given marginals, what is drawn from, and
/// how many tokens are revealed.
pub(crate) fn law(
    table: &[f64],
    shape: &[usize],
    draws: &Draws,
    call: impl Fn(&[Vec<f64>], &[Vec<f64>], usize) -> Vec<Outcome>,
) -> Law {
    let n = shape.len();
    let mut law = Law {
        pmf: vec![0.0; table.len()],
        calls: vec![0.0; n + 1],
    };
    let mut pending = vec![(vec![None; n], 0, 1.0)];
    while let Some((shown, calls, weight)) = pending.pop() {
        let (masked, rows) = answers(table, shape, &shown);
        if masked.is_empty() {
            let letters = shown.iter().zip(shape);
            let cell = letters.fold(0, |cell, (letter, q)| cell * q + letter.unwrap_or(0));
            law.pmf[cell] += weight;
            law.calls[calls] += weight;
            continue;
        }
        let laws: Vec<Vec<f64>> = rows
            .iter()
            .map(|row| draws.tempered(row).into_owned())
            .collect();
        for (revealed, p) in call(&rows, &laws, n - masked.len()) {
            if p > 0.0 {
                let mut next = shown.clone();
                for (place, letter) in revealed {
                    next[masked[place]] = Some(letter);
                }
                pending.push((next, calls + 1, weight * p));
            }
        }
    }
    law
}

/// All letters of some places, and how likely.
fn letters(places: &[usize], laws: &[Vec<f64>]) -> Vec<Outcome> {
    places
        .iter()
        .fold(vec![(Vec::new(), 1.0)], |outcomes, &place| {
            let with = |(before, p): &Outcome| -> Vec<Outcome> {
                let letters = laws[place].iter().enumerate();
                letters
                    .map(|(letter, q)| ([&before[..], &[(place, letter)]].concat(), p * q))
                    .collect()
            };
            outcomes.iter().flat_map(with).collect()
        })
}

/// All orders of `0..m`.
fn orders(m: usize) -> Vec<Vec<usize>> {
    (0..m).fold(vec![Vec::new()], |orders, k| {
        let insert = |order: &Vec<usize>| -> Vec<Vec<usize>> {
            let at = |place| [&order[..place], &[k], &order[place..]].concat();
            (0..=order.len()).map(at).collect()
        };
        orders.iter().flat_map(insert).collect()
    })
}

/// The entropy-sum rule: every order is followed until its entropies cross the budget.
pub(crate) fn entropy_sum(budget: f64, rows: &[Vec<f64>], laws: &[Vec<f64>]) -> Vec<Outcome> {
    let entropy = |place: &usize| -> f64 {
        let terms = rows[*place].iter().filter(|&&p| p > 0.0);
        -terms.map(|&p| p * p.ln()).sum::<f64>()
    };
    let orders = orders(rows.len());
    let share = 1.0 / orders.len() as f64;
    let mut outcomes = Vec::new();
    for order in orders {
        let mut total = 0.0;
        let crosses = order.iter().position(|place| {
            total += entropy(place);
            total > budget + 1e-11
        });
        let chosen = &order[..crosses.map_or(order.len(), |last| last + 1)];
        outcomes.extend(
            letters(chosen, laws)
                .into_iter()
                .map(|(x, p)| (x, p * share)),
        );
    }
    outcomes
}

/// Top-k of sampled confidences: everything is drawn and the surest draws are kept.
pub(crate) fn sampled_top(count: usize, rows: &[Vec<f64>], laws: &[Vec<f64>]) -> Vec<Outcome> {
    let places: Vec<usize> = (0..rows.len()).collect();
    let keep = |(mut drawn, p): Outcome| {
        let sure = |&(place, letter): &(usize, usize)| (rows[place][letter] * 1e11).round();
        // Stable: equals stay in the order of their places.
        drawn.sort_by(|a, b| sure(b).total_cmp(&sure(a)));
        drawn.truncate(count);
        (drawn, p)
    };
    letters(&places, laws).into_iter().map(keep).collect()
}
