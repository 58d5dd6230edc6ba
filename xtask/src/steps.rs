use std::time::{Duration, Instant};

use anyhow::Result;

/// The steps of a run, each with its outcome and how long it took.
#[derive(Debug, Default)]
pub(crate) struct Steps {
    done: Vec<Step>,
}

#[derive(Debug)]
struct Step {
    name: &'static str,
    outcome: Outcome,
    duration: Duration,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed(String),
    Skipped(&'static str),
}

impl Steps {
    /// Runs a step and notes how it went. A failed step does not keep the next ones from running: whoever reads the
    /// summary wants all failures, not the first. The value is there when the step passed.
    pub(crate) fn run<T>(&mut self, name: &'static str, step: impl FnOnce() -> Result<T>) -> Option<T> {
        println!("\n== {name}");
        let started = Instant::now();
        let (value, outcome) = match step() {
            Ok(value) => (Some(value), Outcome::Passed),
            Err(error) => {
                println!("{error:#}");
                (None, Outcome::Failed(format!("{error:#}")))
            }
        };
        self.done.push(Step { name, outcome, duration: started.elapsed() });
        value
    }

    /// Notes that a step did not run, and why.
    pub(crate) fn skip(&mut self, name: &'static str, reason: &'static str) {
        self.done.push(Step { name, outcome: Outcome::Skipped(reason), duration: Duration::ZERO });
    }

    /// Whether no step failed.
    pub(crate) fn passed(&self) -> bool {
        !self.done.iter().any(|step| matches!(step.outcome, Outcome::Failed(_)))
    }

    /// One line per step.
    pub(crate) fn summary(&self) -> String {
        let lines = self.done.iter().map(|step| {
            let (mark, note) = match &step.outcome {
                Outcome::Passed => ("ok", ""),
                Outcome::Failed(error) => ("FAILED", error.as_str()),
                Outcome::Skipped(reason) => ("skipped", *reason),
            };
            let line = format!("{:<12} {mark:<8} {:>7.1} s  {note}", step.name, step.duration.as_secs_f64());
            line.trim_end().to_owned()
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use anyhow::anyhow;

    use super::*;

    #[test]
    fn a_failure_is_remembered_while_later_steps_still_run() {
        let mut steps = Steps::default();
        assert_eq!(steps.run("first", || Err::<(), _>(anyhow!("broken"))), None);
        assert_eq!(steps.run("second", || Ok(7)), Some(7));
        assert!(!steps.passed());
        let summary = steps.summary();
        assert!(summary.lines().next().unwrap().contains("FAILED") && summary.contains("broken"), "{summary}");
        assert!(summary.lines().nth(1).unwrap().contains("ok"), "{summary}");
    }

    #[test]
    fn a_skipped_step_is_shown_and_is_no_failure() {
        let mut steps = Steps::default();
        steps.skip("cargo-deny", "not installed");
        assert!(steps.passed());
        assert!(steps.summary().contains("not installed"));
    }
}
