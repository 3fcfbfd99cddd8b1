//! The device of a session, as its user names it.

use crate::error::Result;
use crate::tools::db::{Tx, sql};
use crate::values::ids::SessionId;

/// Gives the device of a session another name, or none.
pub async fn rename_device(tx: &mut Tx, id: SessionId, name: Option<&str>) -> Result<()> {
    tx.query(sql!("update sessions set device_name = $2 where id = $1"))
        .bind(id)
        .bind(name.map(str::to_owned))
        .execute()
        .await
        .map(drop)
}
