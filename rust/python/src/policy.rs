//! Samplers that choose positions by what they have seen.

use numpy::{IntoPyArray, PyArray1, PyReadonlyArrayDyn, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use unmask_core::policy::{self, Draws, Policy, RandomRule, Rule, Score};

use crate::array::cells;
use crate::error::to_python;
use crate::gate::{Call, Threads};

/// The law in C order, and the probabilities of 0..=n calls.
type LawArrays<'py> = (Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// A policy by name: what it is called, its parameter if it has one, and, where it reveals so many
/// tokens, how many by number of revealed ones.
#[derive(FromPyObject)]
pub struct Named(String, f64, Vec<usize>);

impl Named {
    fn policy(self) -> PyResult<Policy> {
        let Self(name, parameter, counts) = self;
        let top = |score| {
            Policy::Deterministic(Rule::Top {
                score,
                counts: counts.clone(),
            })
        };
        Ok(match name.as_str() {
            "confidence" => top(Score::Confidence),
            "margin" => top(Score::Margin),
            "entropy" => top(Score::Entropy),
            "threshold" => Policy::Deterministic(Rule::Threshold(parameter)),
            "factor" => Policy::Deterministic(Rule::Factor(parameter)),
            "gamma" => Policy::Deterministic(Rule::EntropyBound(parameter)),
            "budget" => Policy::Random(RandomRule::EntropySum(parameter)),
            "sampled" => Policy::Random(RandomRule::SampledTop(counts)),
            _ => return Err(PyValueError::new_err(format!("rule: is {name:?}, unknown"))),
        })
    }
}

/// Output law of a policy, in C order, and the probabilities of 0..=n calls.
#[pyfunction]
#[pyo3(signature = (
    pmf, rule, temperature, uniform_on_impossible, threads=None, progress=None
))]
pub fn policy_law<'py>(
    py: Python<'py>,
    pmf: PyReadonlyArrayDyn<'py, f64>,
    rule: Named,
    temperature: f64,
    uniform_on_impossible: bool,
    threads: Option<Threads>,
    progress: Option<Py<PyAny>>,
) -> PyResult<LawArrays<'py>> {
    let (cells, shape) = (cells("pmf", &pmf)?, pmf.shape());
    let policy = rule.policy()?;
    let draws = Draws {
        temperature,
        uniform_on_impossible,
    };
    let operations = policy::require(shape, &policy).map_err(to_python)?;
    let law = Call { threads, progress }.run(py, operations, |monitor| {
        policy::law(cells, shape, &policy, &draws, monitor)
    })?;
    Ok((law.pmf.into_pyarray(py), law.calls.into_pyarray(py)))
}

/// Predicted operations of policy_law. Raises ValueError if the policy does not fit so many tokens,
/// WorkError or MemoryError if its law is out of reach.
#[pyfunction]
pub fn policy_require(alphabet_sizes: Vec<usize>, rule: Named) -> PyResult<f64> {
    policy::require(&alphabet_sizes, &rule.policy()?).map_err(to_python)
}
