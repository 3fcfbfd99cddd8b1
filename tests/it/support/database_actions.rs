//! What no client can do: actions of operators, of other servers, and accidents.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use authgraph::flows::create_admin::create_admin;
use authgraph::records::audit_log::{self, NewAuditEvent};
use authgraph::tools::db::{Db, DbSettings};
use authgraph::values::audit::AuditAction;
use authgraph::values::caller::Caller;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::ids::UserId;
use authgraph::values::password::Password;
use uuid::Uuid;

use super::answer::SignedIn;
use super::app::TestApp;
use super::people::PASSWORD;

impl TestApp {
    /// An administrator who is signed in.
    pub async fn admin(&self, email: &str) -> SignedIn {
        let address = EmailAddress::parse(email).unwrap();
        create_admin(&self.app, &address, &Password::typed(PASSWORD.to_owned())).await.unwrap();
        self.login(email, PASSWORD).await.signed_in()
    }

    /// Takes the role of an administrator away.
    pub async fn demote(&self, who: &SignedIn) {
        let user: UserId = who.user.parse().unwrap();
        let now = self.clock_time();
        let mut tx = self.app.db.begin().await.unwrap();
        tx.query("update users set role = 'USER' where id = $1").bind(user).execute().await.unwrap();
        let event = NewAuditEvent::success(AuditAction::RoleChanged).about(Some(user));
        audit_log::write(&mut tx, &caller(""), event, now).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// Ends a session without an event in the audit trail.
    pub async fn end_silently(&self, who: &SignedIn) {
        let session: authgraph::values::ids::SessionId = who.session.parse().unwrap();
        let text = "update sessions set ended_at = $2, end_reason = 'REVOKED_BY_ADMIN' where id = $1";
        self.app.db.query(text).bind(session).bind(self.clock_time()).execute().await.unwrap();
    }

    /// Waits until a statement like this one waits for another transaction. SQLite has one writer, for which others wait
    /// without a statement.
    pub async fn until_one_waits(&self, statement: &str) {
        if self.world.database.is_sqlite() {
            return;
        }
        let text = "select count(*) from pg_stat_activity where datname = current_database() \
                    and wait_event_type = 'Lock' and query like $1";
        while self.app.db.query(text).bind(statement.to_owned()).one::<(i64,)>().await.unwrap() == (0,) {
            tokio::task::yield_now().await;
        }
    }

    /// Events about a user in one transaction, written by a process that dies before it can announce them.
    pub async fn record_and_die(&self, about: &SignedIn, events: usize, user_agent: &str) {
        let (url, acquire_timeout) = (self.world.database.url.clone().into(), Duration::from_secs(3));
        let db =
            Db::open(&DbSettings { url, migration_url: None, max_connections: 1, acquire_timeout, makes_file: false })
                .await
                .unwrap();
        let user: UserId = about.user.parse().unwrap();
        let mut tx = db.begin().await.unwrap();
        for _ in 0..events {
            let event = NewAuditEvent::success(AuditAction::SessionRefreshed).about(Some(user));
            audit_log::write(&mut tx, &caller(user_agent), event, self.clock_time()).await.unwrap();
        }
        tx.commit().await.unwrap();
        db.close().await;
    }

    /// An event of an administrator about a user.
    pub async fn record_by_admin(&self, admin: &SignedIn, subject: &SignedIn) {
        let (admin, subject) = (admin.user.parse().unwrap(), subject.user.parse().unwrap());
        let event = NewAuditEvent::success(AuditAction::UserUpdated).by_admin(admin, subject);
        let mut tx = self.app.db.begin().await.unwrap();
        audit_log::write(&mut tx, &caller("the agent of an administrator"), event, self.clock_time()).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// An event about a user that is dated this long ago and committed only now. Returns its id.
    pub async fn record_dated(&self, about: &SignedIn, ago: Duration) -> String {
        let known = self.event_ids().await;
        let event = NewAuditEvent::success(AuditAction::SessionRefreshed).about(Some(about.user.parse().unwrap()));
        let mut tx = self.app.db.begin().await.unwrap();
        audit_log::write(&mut tx, &caller(""), event, self.clock_time() - ago).await.unwrap();
        tx.commit().await.unwrap();
        self.event_ids().await.into_iter().find(|id| !known.contains(id)).unwrap()
    }

    /// The ids of all events, oldest first.
    pub async fn event_ids(&self) -> Vec<String> {
        let events = audit_log::list_latest(&self.app.db, 10_000).await.unwrap();
        events.iter().map(|event| event.id.to_string()).collect()
    }

    fn clock_time(&self) -> authgraph::values::time::Time {
        self.app.clock.now()
    }
}

fn caller(user_agent: &str) -> Caller {
    Caller {
        address: IpAddr::V4(Ipv4Addr::LOCALHOST),
        user_agent: user_agent.to_owned(),
        correlation_id: Uuid::now_v7().to_string(),
    }
}
