import { graphql } from '../generated/gql.js';

graphql(`
  fragment UserRow on User {
    id
    email
    name
    role
    status
    mfa {
      enabled
    }
    lock {
      cause
      until
    }
    createdAt
    lastLoginAt
    deletedAt
  }
`);

export const Users = graphql(`
  query Users(
    $first: Int
    $after: String
    $last: Int
    $before: String
    $filter: UserFilter
    $orderBy: UserOrder
    $count: Boolean!
  ) {
    users(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
      totalCount @include(if: $count)
      nodes {
        ...UserRow
      }
      pageInfo {
        hasNextPage
        hasPreviousPage
        startCursor
        endCursor
      }
    }
  }
`);

export const LockUser = graphql(`
  mutation LockUser($input: LockUserInput!) {
    lockUser(input: $input) {
      user {
        ...UserRow
      }
    }
  }
`);

export const UnlockUser = graphql(`
  mutation UnlockUser($input: UnlockUserInput!) {
    unlockUser(input: $input) {
      user {
        ...UserRow
      }
    }
  }
`);

export const DeleteUser = graphql(`
  mutation DeleteUser($input: DeleteUserInput!) {
    deleteUser(input: $input) {
      user {
        ...UserRow
      }
    }
  }
`);

export const Proof = graphql(`
  query Proof {
    session {
      id
      recentAuthUntil
      reauthenticationMethods
    }
  }
`);

export const Reauthenticate = graphql(`
  mutation Reauthenticate($input: ReauthenticateInput!) {
    reauthenticate(input: $input) {
      session {
        id
        recentAuthUntil
        reauthenticationMethods
      }
    }
  }
`);
