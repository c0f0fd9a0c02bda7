//! `nbft plan --graph`: a picture of the storage network.

mod builder;
mod dot;
mod layout;
mod left_out;
mod model;
mod planned;
mod status;
mod svg;
#[cfg(test)]
mod tests;

use self::builder::Builder;
use self::model::Graph;
use crate::cli::GraphForm;
use crate::status::schema::Status;
use libnbft::model::Table;
use libnbft::plan::Plan;

/// Draws the plan of these tables; in its current state, if there is a status of this plan.
pub(super) fn draw(plan: &Plan, tables: &[(String, Table)], status: Option<&Status>, form: GraphForm) -> String {
    let graph = graph(plan, tables, status);
    match form {
        GraphForm::Svg => svg::write(&graph),
        GraphForm::Dot => dot::write(&graph),
    }
}

/// Whether a status is that of this plan.
pub(super) fn is_of(status: &Status, plan: &Plan) -> bool {
    status::is_of(status, plan)
}

fn graph(plan: &Plan, tables: &[(String, Table)], status: Option<&Status>) -> Graph {
    let mut builder = Builder::default();
    let mut begin = planned::add(&mut builder, plan, status);
    left_out::add(&mut builder, &mut begin, plan, tables);
    let when = if status.is_some() { "as it is now" } else { "as planned" };
    builder.finish(&format!("Storage network of {}, {when}", plan.tables.join(", ")))
}
