//! Runs comparisons by name, one after the other, and prints each one's table when it is done.
//!
//! It must not know figures. The surprise: a contestant that cannot start is reported under the table and the others go on without it.

use crate::comparison::{CATALOGUE, Comparison, named};
use crate::contestant::{Recipe, Started, recipe};
use crate::error::{Error, Result};
use crate::load::Load;
use crate::rounds::{self, Plan};
use crate::stage::Stage;
use crate::{idle, reload, start, table};

/// What the command line says about all comparisons.
#[derive(Debug)]
pub struct Choice {
    /// How often and how long.
    pub plan: Plan,
    /// Contestants from outside; they replace the built-in ones of the same name.
    pub given: Vec<Recipe>,
    /// Only these take part; everybody when empty.
    pub only: Vec<String>,
}

/// Name, heading, and the function that runs it.
type Other = (&'static str, &'static str, fn(&Choice) -> Result<String>);

/// Comparisons that are not a load on contestants in turns.
const OTHERS: &[Other] = &[
    ("ws-idle-memory", idle::ABOUT, idle::compare),
    ("start", start::ABOUT, start::compare),
    ("reload", reload::ABOUT, reload::compare),
];

/// Every comparison's name and what it is about.
pub fn list() -> impl Iterator<Item = (&'static str, &'static str)> {
    let loads = CATALOGUE
        .iter()
        .map(|comparison| (comparison.name, comparison.about));
    loads.chain(OTHERS.iter().map(|(name, about, _)| (*name, *about)))
}

/// Runs what a name stands for and returns its tables.
pub fn compare(name: &str, choice: &Choice) -> Result<String> {
    if let Some((_, _, other)) = OTHERS.iter().find(|(other, _, _)| *other == name) {
        return other(choice);
    }
    let comparisons = named(name);
    if comparisons.is_empty() {
        return Err(Error::Unknown(name.into()));
    }
    let reports = comparisons
        .into_iter()
        .map(|comparison| one(comparison, choice));
    Ok(reports.collect::<Result<Vec<_>>>()?.join("\n"))
}

fn one(comparison: &Comparison, choice: &Choice) -> Result<String> {
    let mut stage = Stage::set(comparison.behind)?;
    let (started, absent) = choice.start(&stage, comparison);
    stage.clear();
    let tracks = rounds::run(&stage, &started, comparison.load, choice.plan)?;
    Ok(table::report(comparison, &tracks, &absent))
}

impl Choice {
    /// The recipes of those who take part: the named ones, then those from outside that replace nobody.
    pub fn recipes(&self, names: &[&str]) -> Vec<Recipe> {
        let extra = self
            .given
            .iter()
            .map(|given| given.name.as_str())
            .filter(|name| recipe_is_new(name));
        let all = names.iter().copied().chain(extra);
        let wanted =
            all.filter(|name| self.only.is_empty() || self.only.iter().any(|only| only == name));
        wanted
            .filter_map(|name| recipe(name, &self.given))
            .collect()
    }

    fn start(&self, stage: &Stage, comparison: &Comparison) -> (Vec<Started>, Vec<String>) {
        let mut absent = Vec::new();
        let mut started = Vec::new();
        for recipe in self.recipes(comparison.contestants) {
            match self.warm(stage, &recipe, comparison.load) {
                Ok(contestant) => started.push(contestant),
                Err(error) => absent.push(format!("{}: {error}", recipe.name)),
            }
        }
        (started, absent)
    }

    /// Starts a contestant and gives it the turn that does not count; one that fails it takes no part.
    fn warm(&self, stage: &Stage, recipe: &Recipe, load: Load) -> Result<Started> {
        let started = recipe.start(stage)?;
        load.run(stage.programs(), started.address, self.plan.warm_up)?;
        started.settle()?;
        Ok(started)
    }
}

fn recipe_is_new(name: &str) -> bool {
    recipe(name, &[]).is_none()
}
