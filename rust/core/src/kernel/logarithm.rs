//! Constants of the logarithm: `ln(2^e m) = e ln 2 + l_i + ln(1 + r)`.
//!
//! `[1, 2)` is cut into sixteen intervals with centres `c_i = 1 + (i + 1/2)/16`; `i` is the first
//! four bits of the mantissa and `r = m / c_i - 1` lies within `1/33` of zero. There
//! `ln(1 + r) = r (P_0 + P_1 r + .. + P_7 r^7)` with an error below `1e-17`: the coefficients are
//! the minimax ones for absolute error (Remez exchange at 60 digits).
//!
//! Near `x = 1` the parts cancel, so the logarithm has an absolute error of about `2e-16` there and
//! not a relative one. That is what `x ln x` wants: its own scale is `max(x, |x ln x|)`.

/// Coefficients of `ln(1 + r) / r`, constant first.
pub(super) const POLYNOMIAL: [f64; 8] = [
    0.9999999999999971,
    -0.4999999999999997,
    0.33333333337446086,
    -0.2500000000123329,
    0.19999983975850535,
    -0.16666658656135866,
    0.14308834195219877,
    -0.1251618189952922,
];

/// `1 / c_i`, rounded.
pub(super) static RECIPROCAL: [f64; 16] = [
    0.9696969696969697,
    0.9142857142857143,
    0.8648648648648649,
    0.8205128205128205,
    0.7804878048780488,
    0.7441860465116279,
    0.7111111111111111,
    0.6808510638297872,
    0.6530612244897959,
    0.6274509803921569,
    0.6037735849056604,
    0.5818181818181818,
    0.5614035087719298,
    0.5423728813559322,
    0.5245901639344263,
    0.5079365079365079,
];

/// `-ln(RECIPROCAL[i])`: the logarithm that belongs to the rounded reciprocal.
pub(super) static LN_OF_INVERSE: [f64; 16] = [
    0.03077165866675366,
    0.08961215868968717,
    0.14518200984449783,
    0.19782574332991992,
    0.2478361639045812,
    0.2954642128938359,
    0.3409265869705932,
    0.38441169891033206,
    0.42608439531090014,
    0.46608972992459924,
    0.5045560107523953,
    0.5415972824327444,
    0.5773153650348236,
    0.6118015411059929,
    0.6451379613735847,
    0.6773988235918061,
];

/// `ln(c_i)`: the logarithm that belongs to the centre itself.
pub(super) static LN_CENTER: [f64; 16] = [
    0.030771658666753687,
    0.08961215868968714,
    0.1451820098444979,
    0.19782574332991987,
    0.24783616390458127,
    0.2954642128938359,
    0.3409265869705932,
    0.38441169891033206,
    0.4260843953109001,
    0.46608972992459924,
    0.5045560107523953,
    0.5415972824327444,
    0.5773153650348236,
    0.6118015411059929,
    0.6451379613735847,
    0.6773988235918061,
];
