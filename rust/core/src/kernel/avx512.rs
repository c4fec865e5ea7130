//! AVX-512.

use std::arch::x86_64::*;

use super::lanes::Lanes;
use super::logarithm::{LN_OF_INVERSE, SHORT_RECIPROCAL};

/// Eight doubles; needs `avx512f`.
#[derive(Clone, Copy)]
pub(super) struct Avx512(__m512d);

impl Avx512 {
    /// Entry `index` (its low four bits) of a table that lives in two registers.
    #[inline(always)]
    unsafe fn look_up(table: &[f64; 16], index: __m512i) -> __m512d {
        // SAFETY: as for `Lanes`; both halves of the table are readable.
        unsafe {
            let low = _mm512_loadu_pd(table.as_ptr());
            let high = _mm512_loadu_pd(table.as_ptr().add(8));
            _mm512_permutex2var_pd(low, index, high)
        }
    }
}

impl Lanes for Avx512 {
    const WIDTH: usize = 8;

    #[inline(always)]
    unsafe fn load(from: *const f64) -> Self {
        // SAFETY: the caller's promise; so in every function of this file.
        Self(unsafe { _mm512_loadu_pd(from) })
    }

    #[inline(always)]
    unsafe fn load_first(from: *const f64, count: usize) -> Self {
        // SAFETY: masked lanes are not read.
        Self(unsafe { _mm512_maskz_loadu_pd((1u8 << count) - 1, from) })
    }

    #[inline(always)]
    unsafe fn store(self, to: *mut f64) {
        // SAFETY: the caller's promise.
        unsafe { _mm512_storeu_pd(to, self.0) };
    }

    #[inline(always)]
    unsafe fn store_first(self, to: *mut f64, count: usize) {
        // SAFETY: masked lanes are not written.
        unsafe { _mm512_mask_storeu_pd(to, ((1u16 << count) - 1) as u8, self.0) };
    }

    #[inline(always)]
    unsafe fn splat(x: f64) -> Self {
        // SAFETY: as for `Lanes`.
        Self(unsafe { _mm512_set1_pd(x) })
    }

    #[inline(always)]
    unsafe fn add(self, other: Self) -> Self {
        // SAFETY: as for `Lanes`.
        Self(unsafe { _mm512_add_pd(self.0, other.0) })
    }

    #[inline(always)]
    unsafe fn pair_sums(self, other: Self, inner: usize) -> Self {
        // SAFETY: as for `Lanes`.
        unsafe {
            // Output lane k comes from the inputs at `first` and `inner` further on.
            let lane = _mm512_setr_epi64(0, 1, 2, 3, 4, 5, 6, 7);
            let within = _mm512_set1_epi64(inner as i64 - 1);
            let run = _mm512_andnot_epi64(within, lane);
            let first =
                _mm512_add_epi64(_mm512_add_epi64(run, run), _mm512_and_epi64(lane, within));
            let second = _mm512_add_epi64(first, _mm512_set1_epi64(inner as i64));
            Self(_mm512_add_pd(
                _mm512_permutex2var_pd(self.0, first, other.0),
                _mm512_permutex2var_pd(self.0, second, other.0),
            ))
        }
    }

    #[inline(always)]
    unsafe fn row_sums(rows: &[Self; 8]) -> Self {
        // SAFETY: as for `Lanes`.
        unsafe {
            let [a, b, c, d, e, f, g, h] = *rows;
            let first = a.pair_sums(b, 1).pair_sums(c.pair_sums(d, 1), 1);
            let second = e.pair_sums(f, 1).pair_sums(g.pair_sums(h, 1), 1);
            first.pair_sums(second, 1)
        }
    }

    #[inline(always)]
    unsafe fn mul_add(self, factor: Self, term: Self) -> Self {
        // SAFETY: as for `Lanes`.
        Self(unsafe { _mm512_fmadd_pd(self.0, factor.0, term.0) })
    }

    #[inline(always)]
    unsafe fn indicator_eq(self, other: Self) -> Self {
        // SAFETY: as for `Lanes`.
        Self(unsafe {
            let equal = _mm512_cmp_pd_mask::<_CMP_EQ_OQ>(self.0, other.0);
            _mm512_maskz_mov_pd(equal, _mm512_set1_pd(1.0))
        })
    }

    #[inline(always)]
    unsafe fn split(self) -> (Self, Self, Self) {
        // SAFETY: as for `Lanes`.
        unsafe {
            let exponent = _mm512_getexp_pd(self.0);
            let m = _mm512_getmant_pd::<_MM_MANT_NORM_1_2, _MM_MANT_SIGN_ZERO>(self.0);
            let index = _mm512_srli_epi64::<48>(_mm512_castpd_si512(m));
            let reciprocal = Self::look_up(&SHORT_RECIPROCAL, index);
            let r = _mm512_fmsub_pd(m, reciprocal, _mm512_set1_pd(1.0));
            let log_center = Self::look_up(&LN_OF_INVERSE, index);
            (Self(exponent), Self(r), Self(log_center))
        }
    }

    #[inline(always)]
    unsafe fn add_product_unless_zero(self, x: Self, factor: Self) -> Self {
        // SAFETY: as for `Lanes`.
        Self(unsafe {
            let nonzero = _mm512_cmp_pd_mask::<_CMP_NEQ_UQ>(x.0, _mm512_setzero_pd());
            _mm512_mask3_fmadd_pd(x.0, factor.0, self.0, nonzero)
        })
    }

    #[inline(always)]
    unsafe fn total(self) -> f64 {
        // SAFETY: as for `Lanes`.
        unsafe { _mm512_reduce_add_pd(self.0) }
    }
}
