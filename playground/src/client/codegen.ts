import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: process.env['SCHEMA'] ?? '../../../schema.graphql',
  documents: 'documents/*.graphql',
  generates: {
    'generated/graphql.ts': {
      plugins: ['typescript-operations', './documents-plugin.cjs'],
      config: {
        // Enums as unions of words, and as lists those that the client reads.
        enumType: 'string-literal',
        lists: ['ErrorCode', 'ErrorReason', 'FieldErrorCode', 'SessionEndReason'],
        useTypeImports: true,
        immutableTypes: true,
        strictScalars: true,
        scalars: { DateTime: 'string', Date: 'string', EmailAddress: 'string', URL: 'string', JSON: 'unknown' },
        // Fields with `@semanticNonNull` are null only beside an error, and `request` throws on every error.
        nullability: { errorHandlingClient: true },
      },
    },
  },
};

export default config;
