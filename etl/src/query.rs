//! Questions to the warehouse, in SQL: a session of its own for each, so that nothing of it stays in memory.

use std::sync::Arc;

use deltalake::arrow::array::{Array, ArrayRef, AsArray, RecordBatch};
use deltalake::arrow::datatypes::{DataType, Float64Type, Int64Type};
use deltalake::arrow::util::display::{ArrayFormatter, FormatOptions};
use deltalake::datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use deltalake::datafusion::error::DataFusionError;
use deltalake::datafusion::execution::SendableRecordBatchStream;
use deltalake::datafusion::execution::memory_pool::GreedyMemoryPool;
use deltalake::datafusion::execution::runtime_env::RuntimeEnvBuilder;
use deltalake::datafusion::physical_plan::coop::CooperativeExec;
use deltalake::datafusion::physical_plan::{ExecutionPlan, execute_stream};
use deltalake::datafusion::prelude::{SQLOptions, SessionConfig, SessionContext};
use futures_util::TryStreamExt;
use serde_json::Value;

use crate::delta::DeltaTableAt;
use crate::{EtlError, QueryResult, star};

/// What one query may hold in memory; beyond it sorts and joins spill to temporary files, or the query is refused.
const MEMORY_BYTES: usize = 256 * 1024 * 1024;

/// What each sort sets aside so that it can merge what it has spilled.
const MERGE_BYTES: usize = 1024 * 1024;

/// Rows of an answer; a person reads no more, and a program asks for less at a time.
const MOST_ROWS: usize = 10_000;

/// Bytes of an answer's text.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// Characters of a question. What reads it goes down a step for each `or` or `union`, and there is an end to that.
const MOST_CHARACTERS: usize = 10_000;

/// Functions whose answer is as long as they are asked for, whatever a query may hold in memory.
const UNBOUNDED: [&str; 5] = ["repeat", "lpad", "rpad", "array_repeat", "array_resize"];

/// A DataFusion session over tables at their versions.
pub(crate) struct Session(SessionContext);

/// A session that sees `tables` under their names.
pub(crate) async fn session(tables: &[DeltaTableAt]) -> Result<Session, EtlError> {
    session_within(MEMORY_BYTES, tables).await
}

/// A session whose queries may hold so many bytes each.
pub(crate) async fn session_within(memory_bytes: usize, tables: &[DeltaTableAt]) -> Result<Session, EtlError> {
    // One partition: a query shares the process with services whose latency counts more.
    let config = SessionConfig::new()
        .with_target_partitions(1)
        .with_information_schema(true)
        // What stands before JOIN is held in memory, and the views of the star are written so. By what is known of files alone
        // DataFusion would rather hold every row of a table than the few keys that have changed.
        .set_bool("datafusion.optimizer.join_reordering", false)
        .with_sort_spill_reservation_bytes(MERGE_BYTES);
    // First come, first served: a report over the star has some twenty sorts, which take turns. In equal shares each would
    // have too little from a few ten thousand rows on.
    let runtime = RuntimeEnvBuilder::new().with_memory_pool(Arc::new(GreedyMemoryPool::new(memory_bytes)));
    let context = SessionContext::new_with_config_rt(config, runtime.build_arc().map_err(EtlError::unreadable)?);
    for name in UNBOUNDED {
        context.deregister_udf(name);
    }
    for table in tables {
        let failed = EtlError::table(table.name());
        table.delta().update_datafusion_session(&context.state()).map_err(failed)?;
        let provider = table.delta().table_provider().await.map_err(EtlError::unreadable)?;
        context.register_table(table.name(), provider).map_err(EtlError::unreadable)?;
    }
    Ok(Session(context))
}

impl Session {
    /// Adds the dimensions and facts.
    pub(crate) async fn with_star(self) -> Result<Self, EtlError> {
        self.with(star::views()).await
    }

    /// Adds views, each of which may build on those before it.
    pub(crate) async fn with(self, views: impl IntoIterator<Item = (String, String)>) -> Result<Self, EtlError> {
        for (name, sql) in views {
            let view = self.0.sql(&sql).await.map_err(EtlError::unreadable)?;
            self.0.register_table(name, view.into_view()).map_err(EtlError::unreadable)?;
        }
        Ok(self)
    }

    /// Adds those of the views that build on what there is.
    pub(crate) async fn with_what_there_is(mut self, views: impl IntoIterator<Item = (String, String)>) -> Self {
        for view in views {
            let context = Self(self.0.clone());
            self = context.with([view]).await.unwrap_or(self);
        }
        self
    }

    /// The whole answer to one of the warehouse's own questions.
    pub(crate) async fn read(&self, sql: &str) -> Result<Vec<RecordBatch>, EtlError> {
        self.0.sql(sql).await.map_err(EtlError::unreadable)?.collect().await.map_err(EtlError::unreadable)
    }

    /// The answer to one of the warehouse's own questions, a batch at a time.
    pub(crate) async fn stream(&self, sql: &str) -> Result<SendableRecordBatchStream, EtlError> {
        let asked = self.0.sql(sql).await.map_err(EtlError::unreadable)?;
        asked.execute_stream().await.map_err(EtlError::unreadable)
    }

    /// The answer to an operator's question, which may only read.
    pub(crate) async fn answer(&self, sql: &str) -> Result<QueryResult, EtlError> {
        if sql.chars().nth(MOST_CHARACTERS).is_some() {
            return Err(EtlError::Query { reason: format!("it is longer than {MOST_CHARACTERS} characters") });
        }
        let only_read = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        let asked = self.0.sql_with_options(sql, only_read).await.map_err(|error| refused(&error))?;
        let columns = asked.schema().fields().iter().map(|field| field.name().clone()).collect();
        let plan = yielding(asked.create_physical_plan().await.map_err(failed)?).map_err(failed)?;
        let mut batches = execute_stream(plan, self.0.task_ctx()).map_err(failed)?;
        let (mut rows, mut bytes) = (Vec::new(), 0);
        while let Some(batch) = batches.try_next().await.map_err(failed)? {
            if bytes > MOST_BYTES && batch.num_rows() > 0 {
                return Ok(QueryResult { columns, rows, truncated: true });
            }
            bytes += append(&batch, &mut rows)?;
            if rows.len() > MOST_ROWS {
                rows.truncate(MOST_ROWS);
                return Ok(QueryResult { columns, rows, truncated: true });
            }
        }
        Ok(QueryResult { columns, rows, truncated: false })
    }
}

/// The plan with a point at which each operator gives way to others. DataFusion puts them where tables are read only, and a
/// join that makes a billion rows of two small tables reads next to nothing, so that no deadline could end it.
fn yielding(plan: Arc<dyn ExecutionPlan>) -> Result<Arc<dyn ExecutionPlan>, DataFusionError> {
    plan.transform_up(|operator| Ok(Transformed::yes(Arc::new(CooperativeExec::new(operator)) as _))).data()
}

/// Adds the rows of a batch, and tells of how many bytes their text is.
fn append(batch: &RecordBatch, rows: &mut Vec<Vec<Value>>) -> Result<usize, EtlError> {
    let options = FormatOptions::default().with_timestamp_tz_format(Some("%Y-%m-%dT%H:%M:%S%.6fZ"));
    let columns: Vec<_> =
        batch.columns().iter().map(|column| Cells::new(column, &options)).collect::<Result<_, _>>()?;
    let before = rows.len();
    rows.extend((0..batch.num_rows()).map(|row| columns.iter().map(|column| column.value(row)).collect()));
    Ok(rows[before..].iter().flatten().filter_map(Value::as_str).map(str::len).sum())
}

/// A column whose cells are read as JSON.
struct Cells<'a> {
    column: &'a ArrayRef,
    text: ArrayFormatter<'a>,
}

impl<'a> Cells<'a> {
    fn new(column: &'a ArrayRef, options: &'a FormatOptions<'a>) -> Result<Self, EtlError> {
        let text =
            ArrayFormatter::try_new(column.as_ref(), options).map_err(|error| EtlError::unreadable(error.into()))?;
        Ok(Self { column, text })
    }

    fn value(&self, row: usize) -> Value {
        if self.column.is_null(row) {
            return Value::Null;
        }
        let text = || self.text.value(row).to_string();
        match self.column.data_type() {
            DataType::Boolean => Value::from(self.column.as_boolean().value(row)),
            DataType::Int64 => Value::from(self.column.as_primitive::<Int64Type>().value(row)),
            DataType::Float64 => Value::from(self.column.as_primitive::<Float64Type>().value(row)),
            kind if kind.is_integer() => serde_json::from_str(&text()).unwrap_or_else(|_| Value::from(text())),
            _ => Value::from(text()),
        }
    }
}

/// Why an accepted query found no end: the question's fault or the files'.
fn failed(error: DataFusionError) -> EtlError {
    match error.find_root() {
        DataFusionError::ResourcesExhausted(_) => {
            let reason = "it needs more memory or temporary space than a query may have; ask for fewer rows or columns, and \
                          name the smaller table before JOIN";
            EtlError::Query { reason: reason.to_owned() }
        }
        DataFusionError::ObjectStore(_) | DataFusionError::ParquetError(_) | DataFusionError::IoError(_) => {
            EtlError::unreadable(error)
        }
        _ => refused(&error),
    }
}

/// DataFusion's message as one sentence for people, without the names of its stages and catalogues.
fn refused(error: &DataFusionError) -> EtlError {
    let root = error.find_root().strip_backtrace();
    let line = root.lines().next().unwrap_or_default();
    if ["DDL not supported", "DML not supported", "Statement not supported"].iter().any(|text| line.contains(text)) {
        return EtlError::Query { reason: "it may only read; ask with SELECT".to_owned() };
    }
    let stages = [
        "Error during planning: ",
        "SQL error: ",
        "Schema error: ",
        "Arrow error: ",
        "Execution error: ",
        "This feature is not implemented: ",
        "ParserError(\"",
        "TokenizerError(\"",
    ];
    let reason = stages.iter().fold(line, |line, stage| line.strip_prefix(stage).unwrap_or(line));
    let reason = reason.trim_end_matches("\")").trim_end_matches('.').replace("datafusion.public.", "");
    EtlError::Query { reason }
}
