use inventory_api::Unit as Wire;

use crate::domain::unit::Unit;

/// The unit as its owner sees it.
pub(super) fn wire(unit: &Unit) -> Wire {
    Wire {
        id: unit.id,
        label: unit.label.clone(),
        condition: unit.condition,
        out_of_service: unit.out_of_service,
        version: unit.version,
        created_at: unit.created_at,
        updated_at: unit.updated_at,
    }
}
