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

/// The subsets of a mask that have `size` tokens, in increasing order.
pub(crate) fn of_size(mask: usize, size: usize) -> impl Iterator<Item = usize> {
    let places: Vec<usize> = tokens(mask).collect();
    let all = 1usize << places.len();
    // The next larger number with as many bits: the lowest run of ones loses its highest bit to the
    // place above, and what is left of it moves to the bottom.
    let next = move |&rank: &usize| {
        let low = rank & rank.wrapping_neg();
        let carried = rank + low;
        let rest = ((rank ^ carried) >> 2).checked_div(low).unwrap_or(0);
        (rank > 0 && carried < all).then_some(carried | rest)
    };
    let first = (size <= places.len()).then(|| (1 << size) - 1);
    let ranks = std::iter::successors(first, next);
    ranks.map(move |rank| tokens(rank).map(|k| 1 << places[k]).sum())
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
                let sized = |a: &usize| a & !mask == 0 && a.count_ones() as usize == size;
                assert!(of_size(mask, size).eq((0..=mask).filter(sized)));
            }
        }
    }
}
