//! Small durable state as values.

use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::failure::millis;
use crate::host::kv;
use crate::host::types::{Error, Failure};

/// The value at a key; `None` when there is none.
///
/// # Errors
/// `bad-json` when it is not a `T`, and what the host says.
pub fn get<T: DeserializeOwned>(key: &str) -> Result<Option<T>, Failure> {
    read(key).map(|found| found.map(|(value, _)| value))
}

/// Sets a value for good.
///
/// # Errors
/// What the host says: over quota, not granted.
pub fn set(key: &str, value: &impl Serialize) -> Result<(), Failure> {
    kv::set(key, &serde_json::to_vec(value)?, None)?;
    Ok(())
}

/// Sets a value that goes away by itself after a time.
///
/// # Errors
/// What the host says: over quota, not granted.
pub fn set_for(key: &str, value: &impl Serialize, time: Duration) -> Result<(), Failure> {
    kv::set(key, &serde_json::to_vec(value)?, Some(millis(time)))?;
    Ok(())
}

/// Removes a value; true when there was one.
///
/// # Errors
/// What the host says.
pub fn remove(key: &str) -> Result<bool, Failure> {
    Ok(kv::delete(key)?)
}

/// Changes a value; `None` stands for one that is not there. `change` runs again when somebody else was faster.
///
/// # Errors
/// What `change` gives; `conflict` when others were faster eight times, and what the host says.
pub fn update<T, U>(
    key: &str,
    mut change: impl FnMut(Option<T>) -> Result<U, Failure>,
) -> Result<U, Failure>
where
    T: DeserializeOwned,
    U: Serialize,
{
    // Each lost race means that somebody else got on; losing eight in a row takes a crowd.
    for _ in 0..8 {
        let (value, version) =
            read(key)?.map_or((None, 0), |(value, version)| (Some(value), version));
        let fresh = change(value)?;
        match kv::compare_and_set(key, version, &serde_json::to_vec(&fresh)?, None) {
            Ok(_) => return Ok(fresh),
            Err(Error::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Conflict.into())
}

/// True for the first who asks within a time, for everything that must be done once.
///
/// # Errors
/// What the host says.
pub fn first(key: &str, time: Duration) -> Result<bool, Failure> {
    match kv::compare_and_set(key, 0, b"1", Some(millis(time))) {
        Ok(_) => Ok(true),
        Err(Error::Conflict) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn read<T: DeserializeOwned>(key: &str) -> Result<Option<(T, u64)>, Failure> {
    let Some(entry) = kv::get(key)? else {
        return Ok(None);
    };
    Ok(Some((serde_json::from_slice(&entry.value)?, entry.version)))
}
