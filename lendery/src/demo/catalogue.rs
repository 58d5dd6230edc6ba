//! What the demo's members offer, as it is written beside this file.

use inventory_api::CreateItemRequest;
use serde::Deserialize;

use super::Person;

/// The things that are lent, each line with its owner's e-mail, its picture, its condition and who decides on requests first;
/// the rest of it is an import's.
const LENT: &str = include_str!("items.csv");

/// Columns before those of an import.
const OWN_COLUMNS: usize = 4;

/// The things that are sold or given away, which an import cannot say.
const SOLD: &str = include_str!("sold.json");

/// What the owner of a thing that is lent says about it beside the import.
#[derive(Debug, Deserialize)]
pub(super) struct Lent {
    owner: String,
    pub(super) picture: String,
    pub(super) name: String,
    pub(super) condition: String,
    pub(super) approval: String,
}

/// A thing that is sold or given away.
#[derive(Debug, Deserialize)]
pub(super) struct Sold {
    owner: String,
    pub(super) picture: String,
    pub(super) item: CreateItemRequest,
}

/// The person's lines as an import file.
pub(super) fn import_of(person: &Person) -> anyhow::Result<Vec<u8>> {
    let mut all = csv::Reader::from_reader(LENT.as_bytes());
    let mut own = csv::Writer::from_writer(Vec::new());
    own.write_record(all.headers()?.iter().skip(OWN_COLUMNS))?;
    for line in all.records() {
        let line = line?;
        if line.get(0) == Some(person.email) {
            own.write_record(line.iter().skip(OWN_COLUMNS))?;
        }
    }
    Ok(own.into_inner()?)
}

pub(super) fn lent_by(person: &Person) -> anyhow::Result<Vec<Lent>> {
    let mut lent: Vec<Lent> = csv::Reader::from_reader(LENT.as_bytes()).deserialize().collect::<Result<_, _>>()?;
    lent.retain(|line| line.owner == person.email);
    Ok(lent)
}

pub(super) fn sold_by(person: &Person) -> anyhow::Result<Vec<Sold>> {
    let mut sold: Vec<Sold> = serde_json::from_str(SOLD)?;
    sold.retain(|thing| thing.owner == person.email);
    Ok(sold)
}

#[cfg(test)]
mod tests;
