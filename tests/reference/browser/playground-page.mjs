// What a person does in the playground, for the scripts beside.
import assert from 'node:assert/strict';
import { ask } from './page.mjs';

export const ADMIN = 'admin@example.com';
/** ACCESS_TOKEN_LIFETIME of the server. */
export const LIFETIME_MS = 8_000;
export const TIMEOUT = { timeout: 20_000 };

export const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

/** Repeats an action until it answers something, and fails with the last fault if it never does. */
export async function eventually(action, milliseconds = TIMEOUT.timeout) {
  for (const end = Date.now() + milliseconds; ; await sleep(100)) {
    try {
      return await action();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
  }
}

const REGISTER = 'mutation($email: EmailAddress!, $password: String!) { register(input: {email: $email, password: $password}) { __typename } }';
export const USER_PASSWORD = 'Blue-Kettle-42-Harbour';
export const register = (base, email) => ask(base, REGISTER, { email, password: USER_PASSWORD });

const GUESS = 'mutation($email: EmailAddress!) { login(input: {email: $email, password: "Wrong-Guess-99"}) { __typename } }';
/** An audit event: a login that is refused. */
export const guessWrong = (base, email = ADMIN) => ask(base, GUESS, { email });

/** `prepare` sees the page before it loads. */
export const open = async (context, base, prepare) => {
  const page = await context.newPage();
  await prepare?.(page);
  await page.goto(`${base}/playground`);
  // It is the largest part of the page, and machines of CI are busy.
  await page.locator('.graphiql-query-editor .view-lines').waitFor({ timeout: 60_000 });
  return page;
};

export async function typePassword(page, email, password) {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await page.locator('.ag-form').getByRole('button', { name: 'Sign in', exact: true }).click();
}

export const signedInAs = (page, email) => page.locator('.ag-who').getByText(email).waitFor(TIMEOUT);
export const isSignedOut = (page, { timeout } = TIMEOUT) => page.locator('.ag-who').getByText('Sign in').waitFor({ timeout });

export async function openOperation(page, name) {
  const search = page.getByRole('searchbox', { name: 'Search operations' });
  if (!(await search.isVisible())) await page.getByRole('button', { name: 'Show Operations' }).click();
  await search.fill(name);
  await page.locator('.ag-operations button', { has: page.getByText(name, { exact: true }) }).click();
}

export const run = (page) => page.getByRole('button', { name: /Execute query/ }).click();

/** The text of the answer. Monaco shows spaces that do not break. */
const answer = async (page) => (await page.locator('.result-window .view-lines').innerText()).replaceAll('\u00a0', ' ');

export async function hasAnswer(page, text, milliseconds) {
  for (const end = Date.now() + milliseconds; Date.now() < end; await sleep(50)) {
    if ((await answer(page)).includes(text)) return true;
  }
  return false;
}

export async function waitForAnswer(page, text) {
  if (!(await hasAnswer(page, text, TIMEOUT.timeout))) assert.fail(`no ${text} in: ${await answer(page)}`);
}

export async function type(page, editor, text) {
  await page.locator(`${editor} .view-lines`).filter({ visible: true }).first().click();
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.insertText(text);
}

/** Every refresh token that the pages of a context send, as it is sent. */
export function watchRefreshes(context) {
  const refreshes = [];
  context.on('request', (request) => {
    const body = request.postData() ?? '';
    if (body.includes('mutation Refresh')) refreshes.push(JSON.parse(body).variables.input.refreshToken);
  });
  return refreshes;
}
