//! `unmask._core`: the bindings. A binding is a docstring and one call; what they share is in
//! [`gate`] (threads, signals, progress), [`array`] (numpy) and [`error`].

mod array;
mod code;
mod error;
mod family;
mod gate;
mod limits;
mod partition;
mod policy;
mod sampler;
mod schedule;
mod support;
mod table;

/// The compiled core of `unmask`. Private: the public names are in `unmask` itself.
#[pyo3::pymodule]
mod _core {
    #[pymodule_export]
    use crate::code::code_rank_totals;
    #[pymodule_export]
    use crate::error::WorkError;
    #[pymodule_export]
    use crate::family::{
        blocks_curve, exchangeable_curve, markov_curve, mean_entropies, means_within,
    };
    #[pymodule_export]
    use crate::gate::{num_threads, require_threads, set_num_threads};
    #[pymodule_export]
    use crate::limits::{kernel_name, require_memory, require_table, require_work};
    #[pymodule_export]
    use crate::partition::{
        partition_moments, partition_planned, partition_planned_require, partition_values,
    };
    #[pymodule_export]
    use crate::policy::{policy_law, policy_require};
    #[pymodule_export]
    use crate::sampler::{mixture, mixture_require};
    #[pymodule_export]
    use crate::schedule::{
        bernoulli_excess, bernoulli_levels, bernstein, integer_steps, minimax_with_steps,
        minimax_with_tolerance, odds_with_growth, odds_with_steps, schedule_excess,
        schedule_frontier, schedule_with_steps, schedule_with_tolerance, schedule_worst_case,
    };
    #[pymodule_export]
    use crate::support::Support;
    #[pymodule_export]
    use crate::table::{
        table_curve, table_entropy, table_seconds, table_subset_entropies, table_total,
        table_totals,
    };
}
