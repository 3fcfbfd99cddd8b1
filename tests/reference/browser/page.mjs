// A browser whose pages are watched for whatever they must not do: foreign requests, reports of the policy, errors.
import assert from 'node:assert/strict';
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

/** Pages that speak to this origin only, and those of `others`. `assertClean` tells what else they did. */
export async function watchedContext(browser, origin, { others = [], ...options } = {}) {
  const context = await browser.newContext({ reducedMotion: 'reduce', ...options });
  const faults = [];
  await context.addInitScript(() => {
    globalThis.policyReports = [];
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sourceFile, lineNumber }) => {
      globalThis.policyReports.push(`${violatedDirective} ${blockedURI} ${sourceFile}:${lineNumber}`);
    });
  });
  context.on('request', (request) => {
    if (![origin, ...others].some((allowed) => request.url().startsWith(`${allowed}/`))) faults.push(`a foreign request: ${request.url()}`);
  });
  context.on('console', (message) => {
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
