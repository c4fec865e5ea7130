use super::*;
use proptest::collection;
use proptest::prelude::*;

/// `x ln x` to about 100 bits: `ln m = 2 atanh((m - 1) / (m + 1))` in double-double arithmetic.
fn reference(x: f64) -> Sum {
    if x == 0.0 {
        return Sum::ZERO;
    }
    let (mut m, mut e) = (x, 0.0);
    while m < std::f64::consts::FRAC_1_SQRT_2 {
        m *= 2.0;
        e -= 1.0;
    }
    while m > std::f64::consts::SQRT_2 {
        m *= 0.5;
        e += 1.0;
    }
    let denominator = Sum::from(m) + Sum::from(1.0);
    let quotient = (m - 1.0) / denominator.value();
    let rest = Sum::from(m) - Sum::from(1.0) - denominator * quotient;
    let s = Sum::from(quotient) + Sum::from(rest.value() / denominator.value());
    let times = |a: Sum, b: Sum| {
        let high = b.value();
        a * high + a * (b - Sum::from(high)).value()
    };
    let square = times(s, s);
    let mut power = s;
    let mut ln = Sum::ZERO;
    for k in 0..40 {
        let odd = f64::from(2 * k + 1);
        let high = power.value() / odd;
        ln = ln + Sum::from(high) + Sum::from((power - Sum::from(odd) * high).value() / odd);
        power = times(power, square);
    }
    let ln2 = Sum::from(std::f64::consts::LN_2) + Sum::from(2.3190468138462996e-17);
    (ln * 2.0 + ln2 * e) * x
}

fn assert_term(kernel: &Kernel, x: f64) {
    // A cell among others and alone in its register must come out alike.
    for position in [0, 3, 8, 20] {
        let mut cells = vec![0.0; 21];
        cells[position] = x;
        let got = (kernel.x_ln_x.sum)(&cells).value();
        let want = reference(x);
        let error = (Sum::from(got) - want).value().abs();
        let scale = x.max(want.value().abs());
        assert!(
            error <= 4e-16 * scale + 5e-324,
            "{}: x = {x:e}: {got:e} for {:e}, error {error:e}",
            kernel.name,
            want.value()
        );
    }
}

#[test]
fn hard_terms() {
    for kernel in available() {
        for x in [
            0.0,
            1.0,
            0.5,
            5e-324,
            1e-323,
            1e-310,
            f64::MIN_POSITIVE,
            f64::MIN_POSITIVE * (1.0 - f64::EPSILON),
            1e-300,
            1.0 - f64::EPSILON / 2.0,
            1.0 + f64::EPSILON,
            0.36787944117144233,
            1e17,
        ] {
            assert_term(kernel, x);
        }
        // Both ends and the middle of each of the sixteen intervals, at several exponents.
        for k in 0..32 {
            let m = 1.0 + f64::from(k) / 32.0;
            for scale in [1.0, 0.5, 0.25, 1e-3, 1e-30, 1e-320] {
                for x in [m, m.next_up(), m.next_down()] {
                    assert_term(kernel, x * scale);
                }
            }
        }
        let negative_zero = (kernel.x_ln_x.sum)(&[-0.0, 0.0]);
        assert_eq!(negative_zero.value(), 0.0);
    }
}

#[test]
fn counting_terms() {
    let x = [0.0, 1.0, 2.0, 1.0, 0.5, 5e-324, 0.0, 1.0, 0.0];
    for kernel in available() {
        assert_eq!((kernel.positive.sum)(&x).value(), 6.0);
        assert_eq!((kernel.singleton.sum)(&x).value(), 3.0);
    }
}

proptest! {
    #[test]
    fn every_term(mantissa in 0u64..1 << 52, exponent in 0u64..1070) {
        let x = f64::from_bits(exponent << 52 | mantissa);
        for kernel in available() {
            assert_term(kernel, x);
        }
    }

    #[test]
    fn sums_are_sums_of_terms(x in collection::vec(0.0..1.0f64, 0..1500)) {
        for kernel in available() {
            let want: Sum = x.iter().map(|&x| reference(x)).sum();
            let got = (kernel.x_ln_x.sum)(&x).value();
            prop_assert!((got - want.value()).abs() <= 1e-15 * (x.len() as f64));
        }
    }

    #[test]
    fn summing_out(
        (q, inner, outer) in prop_oneof![
            // Rows, runs that do not fill a register, and runs that fill several.
            (1usize..25, Just(1), 1usize..30),
            (1usize..12, 1usize..20, 1usize..12),
            (1usize..12, 20usize..100, 1usize..4),
        ],
        seed in any::<u32>(),
    ) {
        let src: Vec<f64> = (0..outer * q * inner)
            .map(|k| f64::from((seed.wrapping_mul(k as u32 | 1)) >> 12))
            .collect();
        let mut want = vec![0.0; outer * inner];
        for o in 0..outer {
            for a in 0..q {
                for i in 0..inner {
                    want[o * inner + i] += src[(o * q + a) * inner + i];
                }
            }
        }
        for kernel in available() {
            let mut got = vec![f64::NAN; outer * inner];
            (kernel.sum_out)(&src, q, inner, &mut got);
            prop_assert_eq!(&got, &want);
        }
    }

    /// A leaf against marginals made with `sum_out`, for every kind of shape that it takes.
    #[test]
    fn leaves(
        shape in prop_oneof![
            Just(vec![]),
            (1usize..9).prop_map(|q| vec![q]),
            (1usize..6, 1usize..6).prop_map(|(q, r)| vec![q, r]),
            Just(vec![2, 2, 2]),
            collection::vec(2usize..6, 3..6).prop_filter("too large", |shape| fusible(shape, LANES)),
            (0..3usize, 1usize..4).prop_map(|(k, more)| [[2; 3], [3; 3], [4; 3]][k][..more].to_vec())
                .prop_flat_map(|outer| prop_oneof![
                    Just([&outer[..], &[2, 2, 2]].concat()),
                    Just([&outer[..], &[3, 3]].concat()),
                    Just([&outer[..], &[1, 4]].concat()),
                ])
                .prop_filter("too large", |shape| fusible(shape, LANES)),
        ],
        block in prop_oneof![3 => 1usize..40, 1 => 500usize..600],
        salt in 1u64..1000,
    ) {
        let cells = shape.iter().product::<usize>() * block;
        let src: Vec<f64> = (0..cells as u64).map(|k| (k * salt % 7) as f64).collect();
        for kernel in available() {
            for terms in [&kernel.x_ln_x, &kernel.positive, &kernel.singleton] {
                let mut out = vec![0.0; 1 << shape.len()];
                (terms.leaf)(&src, &shape, block, &mut out);
                for (subset, got) in out.iter().enumerate() {
                    let mut marginal = src.clone();
                    let mut inner = block;
                    for (k, &q) in shape.iter().enumerate().rev() {
                        if subset >> k & 1 == 1 {
                            inner *= q;
                        } else {
                            let mut next = vec![0.0; marginal.len() / q];
                            (kernel.sum_out)(&marginal, q, inner, &mut next);
                            marginal = next;
                        }
                    }
                    let want = (terms.sum)(&marginal).value();
                    prop_assert!((got - want).abs() <= 1e-13 * want.abs().max(1.0));
                }
                if !droppable(&shape, LANES) {
                    continue;
                }
                let mut dropped = vec![0.0; shape.len()];
                (terms.drop_each)(&src, &shape, block, &mut dropped);
                for (k, got) in dropped.iter().enumerate() {
                    let want = out[((1 << shape.len()) - 1) ^ 1 << k];
                    prop_assert!((got - want).abs() <= 1e-13 * want.abs().max(1.0));
                }
            }
        }
    }
}

/// Numbers in `0..1`, a function of the index alone.
fn some(count: usize) -> Vec<f64> {
    (0..count).map(|k| (k * 37 % 101) as f64 / 101.0).collect()
}

#[test]
fn rows_are_lowered() {
    for kernel in available() {
        for registers in 1..=4 {
            let width = ROW * registers;
            let row = some(width);
            let raises = some(4);
            let mut rows = vec![0.7; 16 * width];
            let (chunks, _) = row.as_chunks::<ROW>();
            (kernel.relax)(chunks, &raises, 0b0110, 0b0110, width, &mut rows);
            for (b, got) in rows.chunks(width).enumerate() {
                let which = [0b0110, 0b0111, 0b1110, 0b1111]
                    .iter()
                    .position(|&x| x == b);
                let want = |x: f64| which.map_or(0.7, |k| (x + raises[k]).min(0.7));
                assert!(
                    got.iter().copied().eq(row.iter().map(|&x| want(x))),
                    "{}",
                    kernel.name
                );
            }
        }
    }
}

#[test]
fn products_are_collected() {
    let from = Index {
        outer: vec![0, 2, 1],
        inner: vec![0, 3, 9, 6],
    };
    let cells: Vec<usize> = (0..12)
        .map(|k| (from.outer[k / 4] + from.inner[k % 4]) as usize)
        .collect();
    for kernel in available() {
        let x = some(12);
        for stretch in [1, 3, 12] {
            let factors = some(stretch);
            let mut out = vec![0.0; 12];
            (kernel.multiply)(&x, &factors, &mut out);
            let want = x.iter().enumerate().map(|(k, x)| x * factors[k % stretch]);
            assert!(out.iter().copied().eq(want), "{}", kernel.name);
        }
        let mut out = vec![0.5; 12];
        (kernel.collect)(&x, &from, &mut out);
        let want = cells.iter().map(|&i| 0.5 + x[i]);
        assert!(out.iter().copied().eq(want), "{}", kernel.name);
    }
}

#[test]
fn matrices_are_mixed() {
    let mix = Mix {
        sources: vec![0, 2, 1, 1, 0, 2],
        targets: vec![(3, 2), (0, 3), (7, 6)],
    };
    let coefficients: Vec<[f64; LANES]> = some(6 * LANES).as_chunks().0.to_vec();
    for kernel in available() {
        for rows in [1, 3, 4, 9] {
            for lanes in [vec![20], vec![0, 30, 11, 40, 50], (0..LANES).collect()] {
                let steps: Vec<usize> = (0..rows).map(|row| 100 * row).collect();
                let u = some(rows * 3 * LANES);
                let mut out = vec![0.5; 1000];
                let mut want = out.clone();
                (kernel.mix)(&u, &steps, &coefficients, &mix, &lanes, &mut out);
                for (row, step) in steps.iter().enumerate() {
                    let mut first = 0;
                    for &(place, end) in &mix.targets {
                        for (l, lane) in lanes.iter().enumerate() {
                            let at = |k: usize| u[(row * 3 + mix.sources[k] as usize) * LANES + l];
                            let sum = (first..end).map(|k| at(k) * coefficients[k][l]);
                            want[place + step + lane] += sum.sum::<f64>();
                        }
                        first = end;
                    }
                }
                for (got, want) in out.iter().zip(&want) {
                    assert!((got - want).abs() < 1e-14, "{}", kernel.name);
                }
            }
        }
    }
}
