//! What an instance that lives takes, and what this process has.

use anyhow::{Context, Result};

use crate::{guest, row};

/// Instances that live at once.
const SERVICES: usize = 500;

pub(crate) async fn instances() -> Result<()> {
    let engine = guest::engine(None)?;
    let plugin = guest::load(&engine, "hostile", guest::component("hostile")?).await?;
    let before = resident()?;
    let mut services = Vec::with_capacity(SERVICES);
    for _ in 0..SERVICES {
        let mut service = plugin.service(&guest::ask()).await?;
        service.start(&guest::ask(), "{}".to_owned()).await?;
        services.push(service);
    }
    let each = resident()?.saturating_sub(before) / SERVICES as u64;
    row("memory of a service's instance", kib(each));
    Ok(())
}

/// Bytes of this process in memory.
pub(crate) fn resident() -> Result<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    let kib: u64 = number.context("no VmRSS")?.parse()?;
    Ok(kib * 1024)
}

pub(crate) fn kib(bytes: u64) -> String {
    format!("{} KiB", bytes / 1024)
}
