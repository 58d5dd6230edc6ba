//! Files of items: all of a file in one transaction, or nothing of it.

mod column;
mod formulas;
mod known;
mod lines;
mod row;
mod table;
mod tags;

use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

use chrono::{DateTime, Utc};
use inventory_api::{CreateItemRequest, ImportReport, RowError};
use vocabulary::{CategoryId, UserId};

pub(in crate::app) use self::column::Column;
pub(in crate::app) use self::formulas::guarded;
pub(in crate::app) use self::tags::joined;

use self::known::{Key, Known, Subject};
use self::table::{Row, Table};
use super::{App, AppError, history, units};
use crate::db;
use crate::domain::category::{Categories, Category, CategoryRef, LONGEST_NAME};
use crate::domain::content::ItemContent;
use crate::domain::item::Item;
use crate::domain::slug::Slug;
use crate::domain::text;

/// Rows that are looked up and written together: what a statement of either database has room for.
const ROWS_AT_ONCE: usize = 500;

/// Entries of a report. A file with more errors has one error, repeated.
const MOST_ERRORS: usize = 1000;

/// How a file is to be read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ImportOptions {
    /// Whose items they are.
    pub(crate) owner: UserId,
    /// Reports what would happen and changes nothing.
    pub(crate) dry_run: bool,
    /// Takes the good rows and leaves the bad ones out.
    pub(crate) keep_going: bool,
}

/// What came of it.
#[derive(Debug)]
pub(crate) struct Imported {
    pub(crate) report: ImportReport,
    /// Whether items are other than before.
    pub(crate) items_changed: bool,
    /// Whether there are new categories.
    pub(crate) categories_changed: bool,
}

/// Makes and changes the owner's items as the file says. The same file a second time changes nothing.
pub(crate) async fn import(app: &App, options: ImportOptions, file: &[u8]) -> Result<Imported, AppError> {
    let tx = app.db.begin().await?;
    db::imports::take_turn(&tx).await?;
    let categories = db::categories::all(&tx).await?;
    let known = Known::load(&tx, options.owner).await?;
    let mut import = Import::new(app, options, categories, known);
    match Table::open(file) {
        Ok(mut table) => while import.take_rows(&tx, &mut table).await? {},
        Err(errors) => import.refuse(errors),
    }
    if import.writes() {
        app.commit(tx).await?;
    }
    Ok(import.finish())
}

/// An import under way.
struct Import<'a> {
    app: &'a App,
    options: ImportOptions,
    now: DateTime<Utc>,
    known: Known,
    /// Those in the database and those the file has named so far.
    categories: Categories,
    /// Those the file has named that no written item has needed yet.
    unwritten: BTreeMap<CategoryId, Category>,
    /// What each row so far was about, with its line.
    seen: HashMap<Subject, u64>,
    report: ImportReport,
    refused: bool,
    wrote_categories: bool,
}

/// What a row asks for.
enum Decision {
    Create(Item),
    Change(Item),
    Keep,
}

impl<'a> Import<'a> {
    fn new(app: &'a App, options: ImportOptions, categories: Categories, known: Known) -> Self {
        Self {
            app,
            options,
            now: app.clock.now(),
            known,
            categories,
            unwritten: BTreeMap::new(),
            seen: HashMap::new(),
            report: ImportReport::default(),
            refused: false,
            wrote_categories: false,
        }
    }

    /// Whether what was found so far is to be written.
    fn writes(&self) -> bool {
        !self.options.dry_run && (self.options.keep_going || !self.refused)
    }

    /// Takes the next rows of the table; answers whether there may be more.
    async fn take_rows(&mut self, tx: &db::Transaction, table: &mut Table<'_>) -> Result<bool, AppError> {
        let mut rows = Vec::with_capacity(ROWS_AT_ONCE);
        while rows.len() < ROWS_AT_ONCE
            && let Some(next) = table.next()
        {
            self.report.rows += 1;
            match next.and_then(|row| self.identified(row)) {
                Ok(identified) => rows.push(identified),
                Err(errors) => self.refuse(errors),
            }
        }
        let items = self.known.items(tx, rows.iter().map(|(key, _, _)| key)).await?;
        let (mut created, mut changed) = (Vec::new(), Vec::new());
        for (key, category, row) in &rows {
            let item = self.known.id(key).and_then(|id| items.get(&id));
            match self.decide(row, category, key, item) {
                Ok(Decision::Create(item)) => created.push(item),
                Ok(Decision::Change(next)) => match self.settle(tx, item, &next).await? {
                    Ok(()) => changed.extend(item.cloned().map(|before| (before, next))),
                    Err(refused) => self.refuse(vec![row.refusal(Column::Units, "units_booked", &refused)]),
                },
                Ok(Decision::Keep) => self.report.unchanged += 1,
                Err(errors) => self.refuse(errors),
            }
        }
        self.report.created += created.len() as u64;
        self.report.changed += changed.len() as u64;
        if self.writes() {
            self.write(tx, &created, &changed).await?;
        }
        Ok(rows.len() == ROWS_AT_ONCE)
    }

    /// Which item the row is about. A second row about the same one is refused: they would undo each other.
    fn identified(&mut self, row: Row) -> Result<(Key, CategoryRef, Row), Vec<RowError>> {
        let category = self.category(&row).map_err(|error| vec![error])?;
        let key = Key::of(&row, &category).map_err(|error| vec![error])?;
        match self.seen.insert(self.known.subject(&key), row.line) {
            None => Ok((key, category, row)),
            Some(line) => {
                let detail = format!("Line {line} is about the same item.");
                Err(vec![row.refusal(key.column(), "repeated", &detail)])
            }
        }
    }

    /// The category a row names, made up when it is new.
    fn category(&mut self, row: &Row) -> Result<CategoryRef, RowError> {
        let refused = |code: &str, detail: &dyn Display| row.refusal(Column::Category, code, detail);
        let cell = row.cell(Column::Category).unwrap_or_default();
        let name = text::line(cell, LONGEST_NAME).map_err(|error| refused(error.code(), &error))?;
        let slug = Slug::of_name(&name);
        let slug = slug.ok_or_else(|| refused("malformed", &"The name needs at least one letter or digit."))?;
        if let Some(known) = self.categories.get(slug.as_str()) {
            return Ok(known.as_ref());
        }
        let category = Category { id: self.app.clock.new_id(), slug, name, parent_id: None, version: 1 };
        self.categories.insert(category.clone());
        let made = category.as_ref();
        self.unwritten.insert(category.id, category);
        Ok(made)
    }

    fn decide(
        &self,
        row: &Row,
        category: &CategoryRef,
        key: &Key,
        item: Option<&Item>,
    ) -> Result<Decision, Vec<RowError>> {
        if item.is_some_and(Item::is_retired) {
            return Ok(Decision::Keep);
        }
        let before = item.map_or_else(CreateItemRequest::default, |item| item.content.document());
        let request = row::laid_over(before, row, category)?;
        let content = ItemContent::parse(&request, &self.categories);
        let content = content.map_err(|problem| row::errors_of(&problem, row.line))?;
        Ok(match item {
            Some(item) if item.content == content => Decision::Keep,
            Some(item) => Decision::Change(item.clone().changed(content, self.now)),
            None => {
                let item = Item::new(self.app.clock.new_id(), self.options.owner, content, self.now);
                Decision::Create(Item { external_id: key.external_id(), ..item })
            }
        })
    }

    /// Gives a changed item its units, unless they are promised.
    async fn settle(
        &self,
        tx: &db::Transaction,
        before: Option<&Item>,
        next: &Item,
    ) -> Result<Result<(), &'static str>, AppError> {
        let Some(before) = before else {
            return Ok(Ok(()));
        };
        match units::settle(self.app, tx, before, next).await {
            Ok(()) => Ok(Ok(())),
            Err(AppError::UnitsNeeded | AppError::Booked) => {
                Ok(Err("More units are promised or out at one time than would be left."))
            }
            Err(error) => Err(error),
        }
    }

    async fn write(
        &mut self,
        tx: &db::Transaction,
        created: &[Item],
        changed: &[(Item, Item)],
    ) -> Result<(), AppError> {
        for item in created.iter().chain(changed.iter().map(|(_, next)| next)) {
            if let Some(category) = self.unwritten.remove(&item.content.category.id) {
                db::categories::insert(tx, &category, self.now).await?;
                self.wrote_categories = true;
            }
        }
        db::items::insert(tx, created).await?;
        db::units::insert(tx, &units::first(self.app, created)).await?;
        for (_, next) in changed {
            if !db::items::update(tx, next).await? {
                return Err(AppError::Overtaken);
            }
        }
        history::imported(self.app, tx, created, changed).await
    }

    fn refuse(&mut self, errors: Vec<RowError>) {
        self.refused = true;
        let room = MOST_ERRORS.saturating_sub(self.report.errors.len());
        self.report.errors.extend(errors.into_iter().take(room));
    }

    fn finish(mut self) -> Imported {
        if self.refused && !self.options.keep_going {
            (self.report.created, self.report.changed) = (0, 0);
        }
        // Rows are refused when they are read or when they are decided upon, a few hundred later.
        self.report.errors.sort_by_key(|error| error.line);
        let wrote = self.writes();
        Imported {
            items_changed: wrote && self.report.created + self.report.changed > 0,
            categories_changed: wrote && self.wrote_categories,
            report: self.report,
        }
    }
}
