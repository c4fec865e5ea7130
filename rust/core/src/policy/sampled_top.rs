//! Top-k by the confidence of what was drawn, as LLaDA remasks: a letter is drawn for every masked
//! token, and the surest draws are kept. A draw is as sure as its letter is likely by the marginal,
//! whatever the temperature.
//!
//! No two draws are equally sure: of equals the lower position comes first. So the kept draws have a
//! last one. Given which, each other token is either before it, with a letter that is surer, or
//! after it, with the probability of all its other letters: the laws of the tokens separate again.

use std::borrow::Cow;

use super::random::Asked;
use super::rule::units;

/// See [`RandomRule::outcomes`](super::RandomRule); keeps `count` draws.
pub(super) fn outcomes(count: usize, asked: &Asked<'_>, mut pass: impl FnMut(usize, f64)) {
    let Asked {
        rows,
        laws,
        strides,
    } = *asked;
    let m = rows.len();
    let mut draws: Vec<(f64, usize, usize)> = Vec::new();
    for (token, row) in rows.iter().enumerate() {
        for (letter, &p) in row.iter().enumerate() {
            if laws[token][letter] > 0.0 {
                draws.push((units(p), token, letter));
            }
        }
    }
    draws.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));

    let mut tokens: Vec<Token> = vec![Token::default(); m];
    for &(_, token, letter) in &draws {
        tokens[token].letters.push(letter);
    }
    for (token, law) in tokens.iter_mut().zip(laws) {
        token.tails = vec![0.0; token.letters.len() + 1];
        for k in (0..token.letters.len()).rev() {
            token.tails[k] = token.tails[k + 1] + law[token.letters[k]];
        }
    }
    let mut walk = Walk {
        laws,
        strides,
        others: Vec::with_capacity(m),
        pass: &mut pass,
    };
    for &(_, last, letter) in &draws {
        tokens[last].before += 1;
        walk.others.clear();
        walk.others.push(Other::NONE);
        for (i, token) in tokens.iter().enumerate().rev().filter(|(i, _)| *i != last) {
            let next = walk.others.last().expect("the end is there");
            let tail = token.tails[token.before];
            walk.others.push(Other {
                token: i,
                tail,
                tails: tail * next.tails,
                may: next.may + usize::from(token.before > 0),
                must: next.must + usize::from(tail == 0.0),
            });
        }
        let number = (1 + letter) * strides[last];
        walk.go_on(&tokens, m - 1, count.min(m) - 1, number, laws[last][letter]);
    }
}

/// A masked token: its letters that may be drawn.
#[derive(Clone, Default)]
struct Token {
    /// The surest first.
    letters: Vec<usize>,
    /// Probability of the letters from each one on.
    tails: Vec<f64>,
    /// How many of its letters are surer than the last draw that is kept, or that draw.
    before: usize,
}

/// A token beside that of the last draw, and those after it.
struct Other {
    token: usize,
    /// Probability that it is not kept.
    tail: f64,
    /// The same of this one and all after it.
    tails: f64,
    /// How many of them may be kept, and must be.
    may: usize,
    must: usize,
}

impl Other {
    const NONE: Self = Self {
        token: 0,
        tail: 1.0,
        tails: 1.0,
        may: 0,
        must: 0,
    };
}

struct Walk<'a, F> {
    laws: &'a [Cow<'a, [f64]>],
    strides: &'a [usize],
    /// From the end, which is no token, to the first.
    others: Vec<Other>,
    pass: &'a mut F,
}

impl<F: FnMut(usize, f64)> Walk<'_, F> {
    /// Keeps `needed` of the tokens `others[1..=left]`.
    fn go_on(&mut self, tokens: &[Token], left: usize, needed: usize, number: usize, p: f64) {
        let other = &self.others[left];
        if needed > other.may || needed < other.must {
            return;
        }
        if needed == 0 {
            (self.pass)(number, p * other.tails);
            return;
        }
        let (i, tail) = (other.token, other.tail);
        if tail > 0.0 {
            self.go_on(tokens, left - 1, needed, number, p * tail);
        }
        for &letter in &tokens[i].letters[..tokens[i].before] {
            let number = number + (1 + letter) * self.strides[i];
            self.go_on(
                tokens,
                left - 1,
                needed - 1,
                number,
                p * self.laws[i][letter],
            );
        }
    }
}
