// What a person does in the playground, for the scripts beside.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';

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

/** The code that an authenticator app shows (RFC 6238). */
export function totp(secret, at) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const digest = createHmac('sha1', key).update(counter).digest();
  return String((digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** An operation of somebody else. */
export async function ask(base, query, variables, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${base}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return response.json();
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
