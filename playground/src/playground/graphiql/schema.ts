// The schema as who is signed in may see it. In production only administrators may.
import type { IntrospectionQuery } from 'graphql';
import { useEffect } from 'react';
import { messageOf } from '../../shared/messages.ts';
import { auth, useSession } from '../../shared/session.ts';
import { createStore, useStore } from '../../shared/store.ts';
import { introspection } from './introspection.ts';

export interface SchemaState {
  schema: IntrospectionQuery | null;
  /** Why there is none. */
  fault?: string;
}

const store = createStore<SchemaState>({ schema: null });

export const useSchema = (): SchemaState => useStore(store);

/** Reads the schema anew whenever someone else is signed in. */
export const useSchemaReader = (): void => {
  const state = useSession();
  const who = state.phase === 'signedIn' ? state.session.user.id + state.session.user.role : state.phase;
  useEffect(() => {
    if (who === 'starting') return undefined;
    let isLate = false;
    const show = (next: SchemaState) => {
      if (!isLate) store.set(next);
    };
    auth.request(introspection, {}).then(
      (schema) => show({ schema }),
      // What was shown before stays.
      (error: unknown) => show({ ...store.get(), fault: messageOf(error) }),
    );
    return () => {
      isLate = true;
    };
  }, [who]);
};
