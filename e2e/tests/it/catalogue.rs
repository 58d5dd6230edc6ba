use std::path::{Path, PathBuf};

/// A handful of things of our own, with what makes real files hard: quotes, commas, line breaks, accents.
const STAND_IN: &str = "\
name,category,description,units,loan_days,tags
\"Drill, cordless\",Power Tools,\"18 V, with a case \"\"and\"\" charger.\",4,7,power tools;DIY
Orbital sander,Power Tools,Sands.,3,7,power tools;construction
Loppers,Yard Tools,Cuts branches up to 4 cm.,2,7,garden
Pruning saw,Yard Tools,\"Folds.
Keep it dry.\",5,7,garden;saw
Crêpe pan,Kitchen,Pour la Chandeleur.,1,3,cooking
";

/// A catalogue of things to import.
pub(crate) struct Catalogue {
    pub(crate) file: PathBuf,
    pub(crate) names: Vec<String>,
    pub(crate) categories: usize,
}

/// The real catalogue that lies beside the checkout, or the stand-in where there is none.
pub(crate) fn catalogue(scratch: &Path) -> Catalogue {
    let real = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/data/la_county_tools.csv");
    if real.exists() {
        return read(real);
    }
    let file = scratch.join("catalogue.csv");
    std::fs::write(&file, STAND_IN).unwrap();
    read(file)
}

fn read(file: PathBuf) -> Catalogue {
    let mut reader = csv::Reader::from_path(&file).unwrap();
    let rows: Vec<(String, String)> =
        reader.records().map(|row| row.map(|row| (row[0].to_owned(), row[1].to_owned())).unwrap()).collect();
    let (names, mut categories): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    categories.sort();
    categories.dedup();
    Catalogue { file, names, categories: categories.len() }
}
