import type { CodegenConfig } from '@graphql-codegen/cli';

/** What is generated for all documents of a folder. */
const generated = (documents: string, documentText: string, lists: string[] = []) => ({
  documents,
  plugins: ['typescript-operations', './documents-plugin.cjs'],
  config: {
    // Enums as unions of words, and as lists those that the client reads.
    enumType: 'string-literal',
    lists,
    documentText,
    useTypeImports: true,
    immutableTypes: true,
    strictScalars: true,
    scalars: { DateTime: 'string', Date: 'string', EmailAddress: 'string', URL: 'string', JSON: 'unknown' },
    // Fields with `@semanticNonNull` are null only beside an error, and `request` throws on every error.
    nullability: { errorHandlingClient: true },
  },
});

const config: CodegenConfig = {
  // A page may have no operation of its own.
  ignoreNoDocuments: true,
  schema: process.env['SCHEMA'] ?? '../../../schema.graphql',
  generates: {
    'generated/graphql.ts': generated('documents/*.graphql', '../document.js', [
      'ErrorCode',
      'ErrorReason',
      'FieldErrorCode',
      'SessionEndReason',
    ]),
    // The pages of the server, which use this client.
    '../shared/account/generated.ts': generated('../shared/account/*.graphql', '../../client/document.ts'),
    '../playground/generated.ts': generated('../playground/**/*.graphql', '../client/document.ts', ['AuditAction']),
    '../console/generated.ts': generated('../console/**/*.graphql', '../client/document.ts', ['AuditAction']),
    '../demo/generated.ts': generated('../demo/**/*.graphql', '../client/document.ts'),
    '../account/generated.ts': generated('../account/**/*.graphql', '../client/document.ts'),
  },
};

export default config;
