import { graphql } from '../generated/gql.js';

graphql(`
  fragment Entry on LoginResult {
    __typename
    ... on SignedIn {
      ...Tokens
      session {
        id
      }
      user {
        id
        email
      }
    }
    ... on MfaRequired {
      challengeToken
      methods
    }
    ... on EmailVerificationRequired {
      email
    }
    # Also matches steps that this program does not know yet.
    ... on LoginStep {
      message
    }
  }
`);

export const Login = graphql(`
  mutation Login($input: LoginInput!) {
    login(input: $input) {
      ...Entry
    }
  }
`);

export const Register = graphql(`
  mutation Register($input: RegisterInput!) {
    register(input: $input) {
      ...Entry
    }
  }
`);

export const VerifyMfa = graphql(`
  mutation VerifyMfa($input: VerifyMfaInput!) {
    verifyMfa(input: $input) {
      ...Entry
    }
  }
`);

export const VerifyEmail = graphql(`
  mutation VerifyEmail($input: VerifyEmailInput!) {
    verifyEmail(input: $input) {
      email
    }
  }
`);
