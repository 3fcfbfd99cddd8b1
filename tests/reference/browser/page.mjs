// A browser whose pages are watched for whatever they must not do: foreign requests, reports of the policy, errors. And what the
// scripts for all pages need: the API, codes of an authenticator app, axe-core.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

export const launch = () =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      // No name but that of this machine leads anywhere.
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE 127.0.0.1',
    ],
  });

/**
 * Pages that speak to this origin, and `allowed` ones. `assertClean` tells what else they did, but for errors in the console that
 * are `expected`.
 */
export async function watchedContext(browser, origin, { allowed = [], expected, ...options } = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const faults = [];
  await context.addInitScript(() => {
    globalThis.policyReports = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
      globalThis.policyReports.push(`${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
    });
  });
  context.on('request', (request) => {
    if (![origin, ...allowed].some((known) => request.url().startsWith(`${known}/`))) faults.push(`a foreign request: ${request.url()}`);
  });
  context.on('console', (message) => {
    if (expected?.test(message.text())) return;
    if (message.type() === 'error' || message.text().includes('Content Security Policy')) faults.push(`console: ${message.text()}`);
  });
  context.on('weberror', (error) => faults.push(`an error of the page: ${error.error().stack}`));
  const assertClean = async () => {
    for (const page of context.pages()) {
      const reports = await page.evaluate(() => globalThis.policyReports ?? []);
      faults.push(...reports.map((report) => `policy: ${report}`));
    }
    assert.deepEqual(faults, []);
  };
  return { context, assertClean };
}

/** The code that an authenticator app shows (RFC 6238). */
export function totp(secret, at = Date.now()) {
  const bits = [...secret].map((letter) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0')).join('');
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(at / 30_000)));
  const key = Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
  const digest = createHmac('sha1', key).update(counter).digest();
  return String((digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

/** The whole answer of the API, asked without a browser. */
export async function ask(base, query, variables, token) {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${base}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  return response.json();
}

/**
 * The serious and critical findings of axe-core on a page, or `within` a part of it, and the rules that passed. The policy of a
 * page lets no foreign script in, so the protocol of the browser runs it.
 */
export async function runAxe(page, within) {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Runtime.evaluate', { expression: axe.source });
  const expression = `axe.run(${within ? JSON.stringify(within) : 'document'}, { resultTypes: ['violations'] })`;
  const { result, exceptionDetails } = await devtools.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
  assert.equal(exceptionDetails, undefined);
  await devtools.detach();
  const { violations, passes } = result.value;
  return { grave: violations.filter(({ impact }) => impact === 'serious' || impact === 'critical'), passes };
}
