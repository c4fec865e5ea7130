//! Subsets as bit masks.

/// The tokens of a mask, smallest first.
#[inline(always)]
pub(crate) fn tokens(mut mask: usize) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let i = mask.trailing_zeros() as usize;
        (mask != 0).then(|| {
            mask &= mask - 1;
            i
        })
    })
}

/// The subsets of a mask without the mask itself, from nothing upwards.
#[inline(always)]
pub(crate) fn proper(mask: usize) -> impl Iterator<Item = usize> {
    let all = (1 << mask.count_ones()) - 1;
    std::iter::successors(Some(0), move |&a| Some(((a | !mask) + 1) & mask)).take(all)
}

/// The subsets of a mask that have `size` tokens.
pub(crate) fn of_size(mask: usize, size: usize) -> Vec<usize> {
    let mut subsets = Vec::new();
    choose(mask, size, 0, &mut subsets);
    subsets
}

fn choose(mask: usize, size: usize, chosen: usize, subsets: &mut Vec<usize>) {
    if size == mask.count_ones() as usize {
        return subsets.push(chosen | mask);
    }
    if size == 0 {
        return subsets.push(chosen);
    }
    let rest = mask & (mask - 1);
    choose(rest, size, chosen, subsets);
    choose(rest, size - 1, chosen | (mask & !rest), subsets);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subsets_by_definition() {
        for mask in [0usize, 1, 0b1011, 0b110110] {
            assert!(tokens(mask).eq((0..8).filter(|i| mask >> i & 1 == 1)));
            let within: Vec<usize> = (0..mask).filter(|a| a & !mask == 0).collect();
            assert!(proper(mask).eq(within.iter().copied()));
            for size in 0..=mask.count_ones() as usize {
                let mut got = of_size(mask, size);
                got.sort_unstable();
                let sized = |a: &usize| a & !mask == 0 && a.count_ones() as usize == size;
                assert!(got.into_iter().eq((0..=mask).filter(sized)));
            }
        }
    }
}
