// What a client with Relay writes. relay-compiler reads it; nothing runs it.
import { graphql } from 'relay-runtime';

export const refusal = graphql`
  fragment operations_refusal on ErrorExtensions @inline {
    code
    reason
    retryAfter
    attemptsLeft
    sessionEndReason
    fields {
      path
      code
      message
    }
  }
`;

export const sessions = graphql`
  fragment operations_sessions on User
  @refetchable(queryName: "operationsSessionsPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }) {
    sessions(first: $count, after: $cursor, status: ACTIVE) @connection(key: "operations_sessions") {
      totalCount
      edges {
        node {
          id
          current
          status
        }
      }
    }
  }
`;

export const account = graphql`
  query operationsAccountQuery @throwOnFieldError {
    session {
      id
      recentAuthUntil
      reauthenticationMethods
    }
    me {
      email
      ...operations_sessions
    }
  }
`;

// Apart from `entry`: beside a spread of an interface, Relay does not tell the members of a union apart.
export const step = graphql`
  fragment operations_step on LoginStep @inline {
    message
  }
`;

export const entry = graphql`
  fragment operations_entry on LoginResult @inline {
    __typename
    ... on SignedIn {
      accessToken
      accessTokenExpiresIn
    }
    ... on MfaRequired {
      challengeToken
      methods
      message
    }
    ... on EmailVerificationRequired {
      email
      message
    }
  }
`;

export const login = graphql`
  mutation operationsLoginMutation($input: LoginInput!) {
    login(input: $input) {
      ...operations_entry
      ...operations_step @alias(as: "step")
    }
  }
`;

export const revokeSession = graphql`
  mutation operationsRevokeSessionMutation($input: RevokeSessionInput!, $connections: [ID!]!) {
    revokeSession(input: $input) {
      session {
        id @deleteEdge(connections: $connections)
        status
      }
    }
  }
`;

export const revokeOtherSessions = graphql`
  mutation operationsRevokeOtherSessionsMutation($connections: [ID!]!) {
    revokeOtherSessions {
      endedSessionIds @deleteEdge(connections: $connections)
    }
  }
`;

export const events = graphql`
  subscription operationsEventsSubscription($after: ID) {
    securityEvents(after: $after) {
      id
      action
      session {
        id
        status
        endReason
      }
    }
  }
`;

export const users = graphql`
  fragment operations_users on Query
  @refetchable(queryName: "operationsUsersPageQuery")
  @argumentDefinitions(count: { type: "Int", defaultValue: 20 }, cursor: { type: "String" }, filter: { type: "UserFilter" }) {
    users(first: $count, after: $cursor, filter: $filter) @connection(key: "operations_users") {
      edges {
        node {
          id
          email
          status
        }
      }
    }
  }
`;
