//! Watches statements that get no answer: the server still works on one, or its connection is dead.

use std::collections::HashSet;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use sqlx::{ConnectOptions, Connection, Executor, FromRow};
use tokio::time::timeout;

use super::server::{Probe, Server, Work};

/// The sessions that the server works for. One that waits for us is idle; what a server does not track it may be doing.
const AT_WORK: &str = "select pid || ' ' || backend_start from pg_stat_activity \
                       where usename = current_user and coalesce(state, '') not like 'idle%'";
/// Ends a session, and with it the locks that it holds.
const END: &str = "select pg_terminate_backend(pid) from pg_stat_activity \
                   where usename = current_user and pid || ' ' || backend_start = $1";
/// How long a statement may take until its server is asked whether it works on it. A host or a NAT that dies without a
/// word leaves a socket that is silent for a quarter of an hour, and the driver sets no timeout on it.
const SILENCE: Duration = Duration::from_secs(2);
/// How long the server may take to say so.
const PROBE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long an answer is reused, for all statements that wait.
const PROBE_LIFETIME: Duration = Duration::from_secs(1);
/// How long an answer may be on its way.
const TRANSIT: Duration = Duration::from_millis(500);
/// The server itself ends a statement after ten seconds (`statement_timeout`).
const LONGEST_STATEMENT: Duration = Duration::from_secs(12);

impl Server {
    /// Waits for the answer to a statement of this session, as long as the server works on it.
    pub(super) async fn wait<T>(
        &self,
        session: Option<&str>,
        answer: impl Future<Output = sqlx::Result<T>>,
    ) -> sqlx::Result<T> {
        let (mut answer, asked_at) = (pin!(answer), Instant::now());
        while asked_at.elapsed() < LONGEST_STATEMENT {
            if let Ok(answer) = timeout(SILENCE, &mut answer).await {
                return answer;
            }
            // Boxed, because it is large and rare.
            let mut is_at_work = Box::pin(self.works_for(session));
            let is_at_work = tokio::select! {
                biased;
                answer = &mut answer => return answer,
                is_at_work = &mut is_at_work => is_at_work,
            };
            if !is_at_work {
                // It may have finished as it was asked.
                if let Ok(answer) = timeout(TRANSIT, &mut answer).await {
                    return answer;
                }
                break;
            }
        }
        if let Some(session) = session {
            Box::pin(self.end(session)).await;
        }
        Err(io::Error::new(io::ErrorKind::TimedOut, "a connection fell silent").into())
    }

    /// Whether the server still works for this session; in doubt yes, if it answers at all.
    async fn works_for(&self, session: Option<&str>) -> bool {
        let Some(session) = session else { return self.accepts().await };
        // All who wait meanwhile share the answer.
        let mut last = self.last_probe.lock().await;
        let probe = match last.take() {
            Some(probe) if probe.at.elapsed() < PROBE_LIFETIME => probe,
            _ => Probe { work: self.probe().await, at: Instant::now() },
        };
        let is_at_work = match &probe.work {
            Work::For(sessions) => sessions.contains(session),
            Work::Untold => true,
            Work::Silent => false,
        };
        *last = Some(probe);
        is_at_work
    }

    /// Whether a pooler takes connections. Which session works for us it does not tell, and the one that greeted us may by
    /// now work for another client.
    async fn accepts(&self) -> bool {
        matches!(timeout(PROBE_TIMEOUT, self.options.connect()).await, Ok(Ok(_connection)))
    }

    /// Asks over a connection of its own which sessions the server works for.
    async fn probe(&self) -> Work {
        let asked = async {
            let mut connection = self.options.connect().await?;
            let rows = connection.fetch_all(AT_WORK).await?;
            connection.close().await?;
            let sessions = rows.iter().map(|row| <(String,)>::from_row(row).map(|(session,)| session));
            sessions.collect::<sqlx::Result<HashSet<String>>>()
        };
        match timeout(PROBE_TIMEOUT, asked).await {
            Ok(Ok(sessions)) => Work::For(sessions),
            Ok(Err(sqlx::Error::Database(_))) => Work::Untold,
            Ok(Err(_)) | Err(_) => Work::Silent,
        }
    }

    /// Ends a session whose connection is dead. The server would keep its locks for ten seconds.
    async fn end(&self, session: &str) {
        // One after the other: each needs a connection.
        let _turn = self.last_probe.lock().await;
        let ended = async {
            let mut connection = self.options.connect().await?;
            sqlx::query(END).bind(session).execute(&mut connection).await?;
            connection.close().await
        };
        if let Ok(Err(error)) = timeout(PROBE_TIMEOUT, ended).await {
            tracing::debug!(%error, "a silent session was not ended");
        }
    }
}
