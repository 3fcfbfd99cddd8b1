import { graphql } from '../generated/gql.js';

graphql(`
  fragment SessionRow on Session {
    id
    current
    status
    endReason
    device {
      name
      browser
      os
    }
    ipAddress
    lastSeenAt
  }
`);

export const Sessions = graphql(`
  query Sessions {
    session {
      ...SessionRow
    }
    me {
      id
      sessions(first: 20, status: ACTIVE) {
        totalCount
        nodes {
          ...SessionRow
        }
      }
      # Where to begin with events, so that none is missed between this answer and the first event.
      auditEvents(first: 1) {
        nodes {
          id
        }
      }
    }
  }
`);

export const RevokeSession = graphql(`
  mutation RevokeSession($input: RevokeSessionInput!) {
    revokeSession(input: $input) {
      session {
        id
        status
        endReason
      }
    }
  }
`);

export const RevokeOtherSessions = graphql(`
  mutation RevokeOtherSessions {
    revokeOtherSessions {
      endedSessionIds
      endedSessionCount
    }
  }
`);

export const SecurityEvents = graphql(`
  subscription SecurityEvents($after: ID) {
    securityEvents(after: $after) {
      id
      action
      outcome
      endedSessionIds
      endedSessionCount
      session {
        ...SessionRow
      }
    }
  }
`);
