import assert from 'node:assert/strict';
import { test } from 'node:test';
import { administrator, serverUrl } from '../testing/server.js';
import { run } from './program.js';

test('an administrator filters, pages, counts, locks, unlocks and deletes', async () => {
  const { states } = await run(serverUrl(), administrator());

  assert.deepEqual(states, [
    ['open', 'a ACTIVE, b ACTIVE'],
    ['count', 'a ACTIVE, b ACTIVE of 5'],
    ['next page', 'c ACTIVE, d ACTIVE of 5'],
    ['previous page', 'a ACTIVE, b ACTIVE of 5'],
    ['lock', 'a LOCKED (ADMINISTRATOR), b ACTIVE of 5'],
    ['lock until 2100', 'a LOCKED (ADMINISTRATOR), b LOCKED (ADMINISTRATOR) of 5'],
    ['unlock', 'a ACTIVE, b LOCKED (ADMINISTRATOR) of 5'],
    ['delete', 'a ACTIVE, b DELETED of 5'],
    ['delete again', 'a ACTIVE, b DELETED of 5: This account is deleted.'],
    ['only the locked', ''],
    ['by email, descending', 'e ACTIVE, d ACTIVE'],
  ]);
});
