//! An attacker who can write to the database and wants to hide it.

use super::app::TestApp;

impl TestApp {
    /// Changes the database with the triggers of the audit trail out of the way: on SQLite they are taken away and put
    /// back, on PostgreSQL a superuser has one switch for all.
    pub async fn tamper(&self, statements: &[&str]) {
        let mut tx = self.app.db.begin().await.unwrap();
        let mut triggers: Vec<(String, String)> = Vec::new();
        if self.world.database.is_sqlite() {
            let audit = "select name, sql from sqlite_master where type = 'trigger' and tbl_name like 'audit%'";
            triggers = tx.query(audit).all().await.unwrap();
            assert!(triggers.len() > 5);
        } else {
            tx.query("set local session_replication_role = replica").execute().await.unwrap();
        }
        for (name, _) in &triggers {
            tx.query_built(format!("drop trigger {name}")).execute().await.unwrap();
        }
        for statement in statements {
            tx.query_built((*statement).to_owned()).execute().await.unwrap();
        }
        for (_, create) in triggers {
            tx.query_built(create).execute().await.unwrap();
        }
        tx.commit().await.unwrap();
    }
}
