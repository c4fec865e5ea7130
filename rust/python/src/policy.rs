//! Samplers that choose positions by what they have seen.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use unmask_core::policy::{self, Law, Rule, Sampler, Score};

use crate::array::cells;
use crate::gate::{Call, Threads};

/// The law in C order, and the probabilities of 0..=n calls.
type LawArrays<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// The rule of this name. `counts` holds the tokens to reveal by number of revealed ones where the
/// rule is an order, and `parameter` is what else it needs.
fn rule(name: &str, parameter: f64, counts: Vec<usize>) -> PyResult<Rule> {
    let top = |score| Rule::Top { score, counts };
    Ok(match name {
        "confidence" => top(Score::Confidence),
        "margin" => top(Score::Margin),
        "entropy" => top(Score::Entropy),
        "threshold" => Rule::Threshold(parameter),
        "factor" => Rule::Factor(parameter),
        "gamma" => Rule::EntropyBound(parameter),
        _ => return Err(PyValueError::new_err(format!("rule: is {name:?}, unknown"))),
    })
}

/// Output law of a deterministic policy, in C order, and the probabilities of 0..=n calls.
#[pyfunction]
#[pyo3(signature = (
    pmf, rule, parameter, counts, temperature, uniform_on_impossible, threads=None, progress=None
))]
#[allow(clippy::too_many_arguments)]
pub fn policy_law<'py>(
    py: Python<'py>,
    pmf: PyReadonlyArrayDyn<'py, f64>,
    rule: &str,
    parameter: f64,
    counts: Vec<usize>,
    temperature: f64,
    uniform_on_impossible: bool,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<LawArrays<'py>> {
    let (cells, shape) = (cells("pmf", &pmf)?, pmf.shape());
    let sampler = Sampler {
        rule: self::rule(rule, parameter, counts)?,
        temperature,
        uniform_on_impossible,
    };
    let operations = policy::predicted_operations(shape);
    let law = Call { threads, progress }.run(py, operations, |monitor| {
        Law::new(cells, shape, &sampler, monitor)
    })?;
    Ok((law.pmf.into_pyarray(py), law.calls.into_pyarray(py)))
}
