//! Steps that reveal each token independently: the Bernoulli schedule.
//!
//! A token that is still masked is revealed in step `t` with probability
//! `r_t = (a_t - a_{t-1}) / (1 - a_{t-1})`, so that `w_t = r_t^{|B| - |A|} (1 - r_t)^{n - |B|}`. Any pair of
//! states with `A` in `B` that agree on `A` is a move of every step but the first, which starts from
//! nothing, and the last, which goes to everything: `prod (1 + 2 q_i)` products a step.
//!
//! From one state the next one is a product over the masked tokens. Split these into outer and inner
//! ones: what comes from the states `s` of the outer tokens, the inner ones being in one state, is the
//! product of two matrices, `sum_s U(row, s) C(s, target)`, where the rows are what may become of the inner
//! tokens and the targets of the outer ones. A row of `U` is one of fewer tokens times a conditional
//! marginal, for all `s` at once; `C` serves all rows. Several values of one set of inner tokens are
//! carried at once, as lanes. Nearly all the time goes into the product ([`Kernel::mix`]).
//!
//! [`Kernel::mix`]: crate::kernel::Kernel::mix

use std::ops::{Range, RangeInclusive};

use crate::error::Result;
use crate::kernel::{Kernel, LANES, Mix, kernel};
use crate::monitor::Monitor;
use crate::parallel;
use crate::partials::Partials;
use crate::sampler::Impossible;
use crate::subset::tokens;

/// States of the outer tokens, at most, unless the first token alone has more: what makes the matrices
/// large, and lets `C` stay in a cache.
const OUTER: usize = 256;

/// Classes of targets, at most, unless the first token alone has more: tasks of a step.
const CLASSES: usize = 32;

/// Rows that are made at once, about.
const ROWS: usize = 256;

/// The law of steps to these levels.
pub(super) fn law(
    table: &[f64],
    shape: &[usize],
    levels: &[f64],
    impossible: Impossible,
    monitor: &Monitor,
) -> Result<Vec<f64>> {
    let partials = Partials::new(shape);
    let masses = partials.marginals(table, monitor)?;
    let complete = partials.complete();
    let outer = few(shape.iter().rev(), OUTER);
    let inner = shape.len() - outer;
    let classes = few(shape[inner..].iter(), CLASSES);
    let step = Step {
        kernel: kernel(),
        partials,
        masses,
        inner,
        classes,
        monitor,
    };
    monitor.expect(((levels.len() * step.outer_count() / step.class_size()) << inner) as u64);
    let mut states = vec![0.0; step.partials.count];
    states[0] = 1.0;
    let mut level = 0.0;
    for &next in levels {
        if impossible == Impossible::Refuse {
            step.refuse_impossible(&states, &complete)?;
        }
        states = step.run(&states, (next - level) / (1.0 - level))?;
        level = next;
    }
    Ok(complete.into_iter().map(|number| states[number]).collect())
}

/// How many of these tokens, by their numbers of letters, have at most so many states; one or more.
fn few<'a>(letters: impl Iterator<Item = &'a usize>, most: usize) -> usize {
    let mut states = 1;
    let fits = |q: &&usize| {
        states *= 1 + **q;
        states <= most
    };
    letters.take_while(fits).count().max(1)
}

/// What all steps have in common.
struct Step<'a> {
    kernel: &'static Kernel,
    partials: Partials,
    masses: Vec<f64>,
    /// Number of inner tokens, the first ones; the others are outer.
    inner: usize,
    /// Number of outer tokens, the first ones, whose states are classes of targets.
    classes: usize,
    monitor: &'a Monitor,
}

impl Step<'_> {
    /// States of the outer tokens: the last digits of a number.
    fn outer_count(&self) -> usize {
        match self.inner {
            0 => self.partials.count,
            inner => self.partials.strides[inner - 1],
        }
    }

    /// Those of a class.
    fn class_size(&self) -> usize {
        self.partials.strides[self.inner + self.classes - 1]
    }

    /// Where the targets of a class stand whose inner tokens add so much to a number.
    fn place(&self, number: usize) -> usize {
        number / self.outer_count() * self.class_size()
    }

    fn refuse_impossible(&self, states: &[f64], complete: &[usize]) -> Result<()> {
        let reached = |number: &usize| states[*number] > 0.0 && self.masses[*number] == 0.0;
        let asked = |number: &usize| complete.binary_search(number).is_err();
        Impossible::refuse((0..states.len()).any(|number| reached(&number) && asked(&number)))
    }

    /// The states after a step that reveals each masked token with probability `reveal`.
    fn run(&self, states: &[f64], reveal: f64) -> Result<Vec<f64>> {
        let (outer, size) = (self.outer_count(), self.class_size());
        let inner_count = states.len() / outer;
        let parts = parallel::map(outer / size, |class| {
            // By inner and by outer state.
            let mut after = vec![0.0; inner_count * size];
            let mut task = Task::new(self, Plan::new(self, class, reveal), states, &mut after);
            for inner in 0..1usize << self.inner {
                task.from(inner)?;
                self.monitor.advance(1)?;
            }
            Ok(after)
        })?;
        let mut after = Vec::with_capacity(states.len());
        for inner in 0..inner_count {
            for part in &parts {
                after.extend_from_slice(&part[inner * size..][..size]);
            }
        }
        Ok(after)
    }
}

/// Which states of the outer tokens go where, in a step and for a class of targets.
struct Plan {
    reveal: f64,
    stay: f64,
    /// States of the outer tokens that may be left, after their places among these.
    sources: Vec<(usize, usize)>,
    /// Those in which each of the outer tokens is masked.
    masked: Vec<Vec<(usize, usize)>>,
    /// Each term of [`Mix`]: its source, the probability that outer tokens stay masked, and the letters
    /// that are revealed, a range of `revealed`.
    terms: Vec<(usize, f64, Range<usize>)>,
    /// Outer tokens and letters.
    revealed: Vec<(usize, usize)>,
    mix: Mix,
}

impl Plan {
    fn new(step: &Step<'_>, class: usize, reveal: f64) -> Self {
        let partials = &step.partials;
        let size = step.class_size();
        let outer = step.inner..partials.shape.len();
        let digits = |number: usize| -> Vec<usize> {
            outer.clone().map(|i| partials.digit(number, i)).collect()
        };
        let mut plan = Self {
            reveal,
            stay: 1.0 - reveal,
            sources: Vec::new(),
            masked: vec![Vec::new(); outer.len()],
            terms: Vec::new(),
            revealed: Vec::new(),
            mix: Mix::default(),
        };
        let goes = |before: &[usize], after: &[usize]| {
            let mut pairs = before.iter().zip(after);
            pairs.all(|(before, after)| *before == 0 || before == after)
        };
        let first = class * size;
        let class = digits(first);
        let mut shown = Vec::new();
        for source in 0..step.outer_count() {
            let digits = digits(source);
            if goes(&digits[..step.classes], &class) {
                let source = (shown.len(), source);
                plan.sources.push(source);
                let masked = plan.masked.iter_mut().zip(&digits);
                for (masked, _) in masked.filter(|(_, digit)| **digit == 0) {
                    masked.push(source);
                }
                shown.push(digits);
            }
        }
        for target in first..first + size {
            let after = digits(target);
            let stays = after.iter().filter(|&&digit| digit == 0).count();
            if plan.stay == 0.0 && stays > 0 {
                continue;
            }
            for (k, before) in shown
                .iter()
                .enumerate()
                .filter(|(_, before)| goes(before, &after))
            {
                let start = plan.revealed.len();
                let new = (0..outer.len()).filter(|&i| before[i] != after[i]);
                plan.revealed
                    .extend(new.map(|i| (step.inner + i, after[i] - 1)));
                let stay = plan.stay.powi(stays as i32);
                plan.terms.push((k, stay, start..plan.revealed.len()));
                plan.mix.sources.push(k as u32);
            }
            plan.mix
                .targets
                .push((target - first, plan.mix.sources.len()));
        }
        plan
    }

    /// What may become of a masked token of `q` letters.
    fn digits(&self, q: usize) -> RangeInclusive<usize> {
        usize::from(self.stay == 0.0)..=q
    }
}

/// The moves of a step into one class.
struct Task<'a> {
    step: &'a Step<'a>,
    plan: Plan,
    states: &'a [f64],
    after: &'a mut [f64],
    /// By source, in lanes: the state's probability.
    weights: Vec<f64>,
    /// The same: what makes chances of the masses that go on.
    scales: Vec<f64>,
    chances: Chances,
    coefficients: Vec<[f64; LANES]>,
    rows: Rows,
}

/// Probabilities of what may become of a token, if it is masked.
struct Chances {
    stay: f64,
    /// By token, letter and source, in lanes: to be revealed so.
    values: Vec<f64>,
    /// Where those of each token start.
    starts: Vec<usize>,
    /// Sources times lanes.
    lines: usize,
}

impl Chances {
    /// Of a digit of a token: the same everywhere, or by source, in lanes.
    fn of(&self, token: usize, digit: usize) -> &[f64] {
        match digit {
            0 => std::slice::from_ref(&self.stay),
            _ => &self.values[self.starts[token] + (digit - 1) * self.lines..][..self.lines],
        }
    }

    /// Of a letter, to be filled in.
    fn of_mut(&mut self, token: usize, digit: usize) -> &mut [f64] {
        &mut self.values[self.starts[token] + (digit - 1) * self.lines..][..self.lines]
    }
}

/// Rows of `U`, by source and in lanes each, and what they add to the place of a target.
#[derive(Default)]
struct Rows {
    values: Vec<f64>,
    places: Vec<usize>,
    /// Space for the next ones.
    spare: Vec<f64>,
}

impl<'a> Task<'a> {
    fn new(step: &'a Step<'a>, plan: Plan, states: &'a [f64], after: &'a mut [f64]) -> Self {
        let lines = plan.sources.len() * LANES;
        let mut starts = vec![0];
        for &q in &step.partials.shape {
            starts.push(starts.last().unwrap_or(&0) + q * lines);
        }
        let chances = Chances {
            stay: plan.stay,
            values: vec![0.0; starts.last().copied().unwrap_or(0)],
            starts,
            lines,
        };
        Self {
            step,
            states,
            after,
            weights: vec![0.0; lines],
            scales: vec![0.0; lines],
            chances,
            coefficients: vec![[0.0; LANES]; plan.terms.len()],
            plan,
            rows: Rows::default(),
        }
    }

    /// Moves on from all states whose inner tokens are these.
    fn from(&mut self, shown: usize) -> Result<()> {
        let step = self.step;
        let (shape, strides) = (&step.partials.shape, &step.partials.strides);
        let masked: Vec<usize> = (0..step.inner).filter(|i| shown >> i & 1 == 0).collect();
        let mut numbers = vec![0];
        for i in tokens(shown) {
            let before = numbers;
            let letters =
                |&number: &usize| (1..=shape[i]).map(move |digit| number + digit * strides[i]);
            numbers = before.iter().flat_map(letters).collect();
        }
        let mut levels = vec![Vec::new(); masked.len() + 1];
        for numbers in numbers.chunks(LANES) {
            step.monitor.check()?;
            if self.prepare(numbers, &masked) {
                levels[0].clone_from(&self.weights);
                let lanes: Vec<usize> = numbers.iter().map(|&number| step.place(number)).collect();
                self.expand(&lanes, &masked, 0, &mut levels)?;
            }
        }
        Ok(())
    }

    /// Fills in weights, chances and coefficients; whether there is anything to move.
    fn prepare(&mut self, numbers: &[usize], masked: &[usize]) -> bool {
        let (step, plan) = (self.step, &self.plan);
        let (shape, strides) = (&step.partials.shape, &step.partials.strides);
        self.weights.fill(0.0);
        let mut odd = Vec::new();
        for (lane, &number) in numbers.iter().enumerate() {
            let (states, masses) = (&self.states[number..], &step.masses[number..]);
            for &(k, source) in &plan.sources {
                self.weights[k * LANES + lane] = states[source];
                // One division for all tokens, where it leaves a number.
                let scale = plan.reveal / masses[source];
                self.scales[k * LANES + lane] = scale;
                if !scale.is_finite() {
                    odd.push((k, source, lane));
                }
            }
        }
        if self.weights.iter().all(|&weight| weight == 0.0) {
            return false;
        }
        let outer = plan.masked.iter().enumerate();
        let outer = outer.map(|(i, sources)| (step.inner + i, sources));
        let inner = masked.iter().map(|&i| (i, &plan.sources));
        for (i, sources) in outer.chain(inner) {
            for letter in 0..shape[i] {
                let further = (1 + letter) * strides[i];
                let chances = self.chances.of_mut(i, 1 + letter);
                for (lane, &number) in numbers.iter().enumerate() {
                    let masses = &step.masses[number + further..];
                    for &(k, source) in sources {
                        let scale = self.scales[k * LANES + lane];
                        chances[k * LANES + lane] = masses[source] * scale;
                    }
                }
                let odd = odd
                    .iter()
                    .filter(|(k, source, _)| sources.contains(&(*k, *source)));
                for (k, source, lane) in odd {
                    let number = source + numbers[*lane];
                    let (joint, mass) = (step.masses[number + further], step.masses[number]);
                    let share = if mass > 0.0 {
                        joint / mass
                    } else {
                        1.0 / shape[i] as f64
                    };
                    chances[k * LANES + lane] = plan.reveal * share;
                }
            }
        }
        for (coefficient, (source, stays, revealed)) in
            self.coefficients.iter_mut().zip(&plan.terms)
        {
            *coefficient = [*stays; LANES];
            for &(i, letter) in &plan.revealed[revealed.clone()] {
                let chances = &self.chances.of(i, 1 + letter).as_chunks::<LANES>().0[*source];
                for lane in 0..LANES {
                    coefficient[lane] *= chances[lane];
                }
            }
        }
        true
    }

    /// What may become of the masked inner tokens, one after the other. `levels[0]` is the row so far,
    /// and `place` what it adds.
    fn expand(
        &mut self,
        lanes: &[usize],
        masked: &[usize],
        place: usize,
        levels: &mut [Vec<f64>],
    ) -> Result<()> {
        let partials = &self.step.partials;
        let rows: f64 = masked
            .iter()
            .map(|&i| 1.0 + partials.shape[i] as f64)
            .product();
        if rows <= ROWS as f64 {
            self.mix(lanes, masked, place, &levels[0]);
            return Ok(());
        }
        self.step.monitor.check()?;
        let (token, rest) = (masked[0], &masked[1..]);
        for digit in self.plan.digits(partials.shape[token]) {
            let (before, after) = levels.split_at_mut(1);
            after[0].resize(before[0].len(), 0.0);
            let factors = self.chances.of(token, digit);
            (self.step.kernel.multiply)(&before[0], factors, &mut after[0]);
            let place = place + digit * self.step.place(partials.strides[token]);
            self.expand(lanes, rest, place, after)?;
        }
        Ok(())
    }

    /// Makes all rows that follow from `first`, and adds the product.
    fn mix(&mut self, lanes: &[usize], masked: &[usize], place: usize, first: &[f64]) {
        let step = self.step;
        let Rows {
            values,
            places,
            spare,
        } = &mut self.rows;
        values.clear();
        values.extend_from_slice(first);
        places.clear();
        places.push(place);
        for &i in masked {
            let digits = self.plan.digits(step.partials.shape[i]);
            let (count, further) = (places.len(), step.place(step.partials.strides[i]));
            spare.resize(values.len() * digits.clone().count(), 0.0);
            for (digit, spare) in digits.zip(spare.chunks_exact_mut(values.len())) {
                (step.kernel.multiply)(values, self.chances.of(i, digit), spare);
                for k in 0..count {
                    places.push(places[k] + digit * further);
                }
            }
            places.drain(..count);
            std::mem::swap(values, spare);
        }
        (step.kernel.mix)(
            values,
            places,
            &self.coefficients,
            &self.plan.mix,
            lanes,
            self.after,
        );
    }
}
