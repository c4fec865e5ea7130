//! AVX2 with fused multiply-add: two registers of four doubles, which share their table look-ups.
//!
//! A gather takes as long as all the arithmetic of a term. So the tables lie in registers, as words,
//! and one shuffle looks up eight of them; the reciprocals are short enough for a single word. Eight
//! terms take 22 multiplications, fused or not, which are 11 cycles on the usual two ports, and
//! nearly as many other instructions again on each of the others: about 1.5 cycles a term at best.

use std::arch::x86_64::*;

use super::lanes::Lanes;
use super::logarithm::{LN_OF_INVERSE, SHORT_RECIPROCAL};

/// Eight doubles; needs `avx2` and `fma`.
#[derive(Clone, Copy)]
pub(super) struct Avx2(__m256d, __m256d);

/// A mask of the first `count` of eight lanes begins at entry `8 - count`.
static FIRST: [i64; 16] = [-1, -1, -1, -1, -1, -1, -1, -1, 0, 0, 0, 0, 0, 0, 0, 0];

/// One word of each entry of a table: eight fill a register.
const fn words(table: &[f64; 16], shift: u32) -> [u32; 16] {
    let mut words = [0; 16];
    let mut k = 0;
    while k < 16 {
        words[k] = (table[k].to_bits() >> shift) as u32;
        k += 1;
    }
    words
}

static RECIPROCAL_HIGH: [u32; 16] = words(&SHORT_RECIPROCAL, 32);
static LN_HIGH: [u32; 16] = words(&LN_OF_INVERSE, 32);
static LN_LOW: [u32; 16] = words(&LN_OF_INVERSE, 0);

/// Entries of a table of sixteen words: the low three bits of each word of `index` choose among
/// eight, the sign of the same word of `upper` between the halves.
#[inline(always)]
unsafe fn look_up(table: &[u32; 16], index: __m256i, upper: __m256i) -> __m256i {
    // SAFETY: as for `Lanes`; both halves of the table are readable.
    unsafe {
        let (low, high) = (table.as_ptr(), table.as_ptr().add(8));
        let low = _mm256_permutevar8x32_epi32(_mm256_loadu_si256(low.cast()), index);
        let high = _mm256_permutevar8x32_epi32(_mm256_loadu_si256(high.cast()), index);
        _mm256_castps_si256(_mm256_blendv_ps(
            _mm256_castsi256_ps(low),
            _mm256_castsi256_ps(high),
            _mm256_castsi256_ps(upper),
        ))
    }
}

/// The exponent of a normal number.
#[inline(always)]
unsafe fn exponent(x: __m256d) -> __m256d {
    // SAFETY: as for `Lanes`.
    unsafe {
        // The exponent field as the low bits of 2^52, minus 2^52 and the bias.
        let magic = (1u64 << 52) as f64;
        let field = _mm256_srli_epi64::<52>(_mm256_castpd_si256(x));
        let field = _mm256_or_pd(_mm256_castsi256_pd(field), _mm256_set1_pd(magic));
        _mm256_sub_pd(field, _mm256_set1_pd(magic + 1023.0))
    }
}

/// `m / c - 1` for the mantissa `m` of a normal number, given `1 / c`.
#[inline(always)]
unsafe fn remainder(x: __m256d, reciprocal: __m256d) -> __m256d {
    // SAFETY: as for `Lanes`.
    unsafe {
        let bits = _mm256_castsi256_pd(_mm256_set1_epi64x((1 << 52) - 1));
        let one = _mm256_set1_pd(1.0);
        let m = _mm256_or_pd(_mm256_and_pd(x, bits), one);
        _mm256_fmsub_pd(m, reciprocal, one)
    }
}

/// Where a number is positive and subnormal.
#[inline(always)]
unsafe fn subnormal(x: __m256d) -> __m256d {
    // SAFETY: as for `Lanes`.
    unsafe {
        let small = _mm256_cmp_pd::<_CMP_LT_OQ>(x, _mm256_set1_pd(f64::MIN_POSITIVE));
        let positive = _mm256_cmp_pd::<_CMP_GT_OQ>(x, _mm256_setzero_pd());
        _mm256_and_pd(small, positive)
    }
}

/// Subnormal numbers brought into the normal range, and by how much their exponent is too large.
#[inline(always)]
unsafe fn lifted(x: __m256d) -> (__m256d, __m256d) {
    // SAFETY: as for `Lanes`.
    unsafe {
        let small = subnormal(x);
        let up = _mm256_mul_pd(x, _mm256_set1_pd((1u64 << 54) as f64));
        (
            _mm256_blendv_pd(x, up, small),
            _mm256_and_pd(small, _mm256_set1_pd(54.0)),
        )
    }
}

/// [`Lanes::pair_sums`] of four lanes each.
#[inline(always)]
unsafe fn pair_sums(x: __m256d, y: __m256d, inner: usize) -> __m256d {
    // SAFETY: as for `Lanes`.
    unsafe {
        match inner {
            1 => _mm256_permute4x64_pd::<0b11_01_10_00>(_mm256_hadd_pd(x, y)),
            2 => _mm256_add_pd(
                _mm256_permute2f128_pd::<0x20>(x, y),
                _mm256_permute2f128_pd::<0x31>(x, y),
            ),
            _ => _mm256_add_pd(x, y),
        }
    }
}

impl Avx2 {
    /// Doubles from words in the order of a shuffle of two registers.
    #[inline(always)]
    unsafe fn from_words(low: __m256i, high: __m256i) -> Self {
        // SAFETY: as for `Lanes`.
        unsafe {
            Self(
                _mm256_castsi256_pd(_mm256_unpacklo_epi32(low, high)),
                _mm256_castsi256_pd(_mm256_unpackhi_epi32(low, high)),
            )
        }
    }

    /// Masks of the first `count` lanes.
    #[inline(always)]
    unsafe fn first(count: usize) -> (__m256i, __m256i) {
        // SAFETY: `count` is below eight, so that eight entries follow.
        unsafe {
            let mask = FIRST.as_ptr().add(8 - count);
            (
                _mm256_loadu_si256(mask.cast()),
                _mm256_loadu_si256(mask.add(4).cast()),
            )
        }
    }

    /// [`Lanes::split`] where no number is subnormal.
    #[inline(always)]
    unsafe fn split_normal(self) -> (Self, Self, Self) {
        // SAFETY: as for `Lanes`.
        unsafe {
            let high = _mm256_castps_si256(_mm256_shuffle_ps::<0b11_01_11_01>(
                _mm256_castpd_ps(self.0),
                _mm256_castpd_ps(self.1),
            ));
            let index = _mm256_srli_epi32::<16>(high);
            let upper = _mm256_slli_epi32::<12>(high);
            let reciprocal = Self::from_words(
                _mm256_setzero_si256(),
                look_up(&RECIPROCAL_HIGH, index, upper),
            );
            let log_center = Self::from_words(
                look_up(&LN_LOW, index, upper),
                look_up(&LN_HIGH, index, upper),
            );
            let r = Self(
                remainder(self.0, reciprocal.0),
                remainder(self.1, reciprocal.1),
            );
            (Self(exponent(self.0), exponent(self.1)), r, log_center)
        }
    }

    /// [`Lanes::split`] of any numbers.
    #[cold]
    #[target_feature(enable = "avx2,fma")]
    unsafe fn split_any(self) -> (Self, Self, Self) {
        // SAFETY: as for `Lanes`.
        unsafe {
            let (first, second) = (lifted(self.0), lifted(self.1));
            let (exponent, r, log_center) = Self(first.0, second.0).split_normal();
            let exponent = Self(
                _mm256_sub_pd(exponent.0, first.1),
                _mm256_sub_pd(exponent.1, second.1),
            );
            (exponent, r, log_center)
        }
    }

    /// Whether a number is positive and subnormal.
    #[inline(always)]
    unsafe fn has_subnormal(self) -> bool {
        // SAFETY: as for `Lanes`.
        unsafe {
            let found = _mm256_or_pd(subnormal(self.0), subnormal(self.1));
            _mm256_movemask_pd(found) != 0
        }
    }
}

impl Lanes for Avx2 {
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller's promise; so in every function of this file.
        unsafe { Self(_mm256_loadu_pd(from), _mm256_loadu_pd(from.add(4))) }
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f64, count: usize) -> Self {
        // SAFETY: masked lanes are not read.
        unsafe {
            let (low, high) = Self::first(count);
            Self(
                _mm256_maskload_pd(from, low),
                _mm256_maskload_pd(from.wrapping_add(4), high),
            )
        }
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe {
            _mm256_storeu_pd(to, self.0);
            _mm256_storeu_pd(to.add(4), self.1);
        }
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f64, count: usize) {
        // SAFETY: masked lanes are not written.
        unsafe {
            let (low, high) = Self::first(count);
            _mm256_maskstore_pd(to, low, self.0);
            _mm256_maskstore_pd(to.wrapping_add(4), high, self.1);
        }
    }

    #[inline(always)]
    unsafe fn splat(x: f64) -> Self {
        // SAFETY: as for `Lanes`.
        unsafe { Self(_mm256_set1_pd(x), _mm256_set1_pd(x)) }
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: as for `Lanes`.
        unsafe {
            Self(
                _mm256_add_pd(self.0, other.0),
                _mm256_add_pd(self.1, other.1),
            )
        }
    }

    #[inline(always)]
    unsafe fn pair_sums(self, other: Self, inner: usize) -> Self {
        // SAFETY: as for `Lanes`.
        unsafe {
            Self(
                pair_sums(self.0, self.1, inner),
                pair_sums(other.0, other.1, inner),
            )
        }
    }

    #[inline(always)]
    unsafe fn row_sums(rows: &[Self; 8]) -> Self {
        // SAFETY: as for `Lanes`.
        unsafe {
            let mut half = [_mm256_setzero_pd(); 8];
            for (half, row) in half.iter_mut().zip(rows) {
                *half = _mm256_add_pd(row.0, row.1);
            }
            let [a, b, c, d, e, f, g, h] = half;
            Self(
                pair_sums(_mm256_hadd_pd(a, b), _mm256_hadd_pd(c, d), 2),
                pair_sums(_mm256_hadd_pd(e, f), _mm256_hadd_pd(g, h), 2),
            )
        }
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: as for `Lanes`.
        unsafe {
            Self(
                _mm256_fmadd_pd(self.0, factor.0, term.0),
                _mm256_fmadd_pd(self.1, factor.1, term.1),
            )
        }
    }

    #[inline(always)]
    unsafe fn indicator_eq(self, other: Self) -> Self {
        // SAFETY: as for `Lanes`.
        unsafe {
            let one = _mm256_set1_pd(1.0);
            Self(
                _mm256_and_pd(_mm256_cmp_pd::<_CMP_EQ_OQ>(self.0, other.0), one),
                _mm256_and_pd(_mm256_cmp_pd::<_CMP_EQ_OQ>(self.1, other.1), one),
            )
        }
    }

    #[inline(always)]
    unsafe fn split(self) -> (Self, Self, Self) {
        // SAFETY: as for `Lanes`.
        unsafe {
            if self.has_subnormal() {
                self.split_any()
            } else {
                self.split_normal()
            }
        }
    }

    #[inline(always)]
    unsafe fn add_product_unless_zero(self, x: Self, factor: Self) -> Self {
        // SAFETY: as for `Lanes`. What `split` makes of zero is finite.
        unsafe { x.mul_add(factor, self) }
    }

    #[inline(always)]
    unsafe fn total(self) -> f64 {
        let mut x = [0.0; 4];
        // SAFETY: as for `Lanes`; `x` has room for four.
        unsafe { _mm256_storeu_pd(x.as_mut_ptr(), _mm256_add_pd(self.0, self.1)) };
        (x[0] + x[2]) + (x[1] + x[3])
    }
}
