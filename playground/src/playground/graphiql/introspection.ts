import { getIntrospectionQuery, type IntrospectionQuery } from 'graphql';
import { DocumentText } from '../../client/document.ts';

/** Reads the whole schema. */
export const introspection = new DocumentText<IntrospectionQuery, Record<string, never>>(getIntrospectionQuery());
