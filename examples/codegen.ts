import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: process.env['SCHEMA'] ?? '../schema.graphql',
  documents: ['shared/*.ts', 'login/*.ts', 'sessions/*.ts', 'admin-table/*.ts', 'testing/*.ts'],
  importExtension: '.js',
  generates: {
    'generated/': {
      preset: 'client',
      presetConfig: { fragmentMasking: false },
      config: {
        // Enums as objects whose values a program can list.
        enumType: 'const',
        useTypeImports: true,
        immutableTypes: true,
        strictScalars: true,
        scalars: { DateTime: 'string', Date: 'string', EmailAddress: 'string', URL: 'string', JSON: 'unknown' },
        // Fields with `@semanticNonNull` are null only beside an error, and these programs throw on every error.
        nullability: { errorHandlingClient: true },
      },
    },
  },
};

export default config;
