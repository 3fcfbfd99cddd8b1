// The playground in a real browser: signing in with a second factor, a query, subscriptions, renewal, tabs, and what it stores.
// The server needs ACCESS_TOKEN_LIFETIME=8s, REFRESH_RACE_WINDOW=0s, INTROSPECTION=false and no rate limits.
// Usage: ADMIN_PASSWORD=… node playground.mjs http://127.0.0.1:8080 [folder for pictures]
import assert from 'node:assert/strict';
import { launch, totp, watchedContext } from './page.mjs';
import * as playground from './playground-page.mjs';
import { ADMIN, LIFETIME_MS, TIMEOUT, USER_PASSWORD, hasAnswer, isSignedOut, openOperation, run, signedInAs, sleep, type, typePassword } from './playground-page.mjs';
import { waitForAnswer, watchRefreshes } from './playground-page.mjs';

const PASSWORD = process.env.ADMIN_PASSWORD;
const [base, pictures] = process.argv.slice(2);
if (!base || !PASSWORD) {
  console.error('usage: ADMIN_PASSWORD=… node playground.mjs <base url of the server> [folder for pictures]');
  process.exit(2);
}
/** What must never be in localStorage. Refresh tokens begin with `agr_`, access tokens with `eyJ`. */
const secrets = [PASSWORD, 'agr_', 'agc_', 'ago_', 'eyJ', 'Typed-Secret-1', 'Typed-Secret-2', 'Typed-Secret-3'];

const open = (context) => playground.open(context, base);

// ---- the tests

const browser = await launch();

async function aStrangerSeesTheEditorAndNoSchema() {
  const { context, assertClean } = await watchedContext(browser, base);
  const begun = performance.now();
  const page = await open(context);
  console.log(`The editor was there after ${Math.round(performance.now() - begun)} ms.`);
  await page.getByText('shows its schema to administrators only').waitFor(TIMEOUT);
  await run(page);
  await waitForAnswer(page, 'registrationOpen');
  await typePassword(page, ADMIN, 'Wrong-Guess-99');
  await page.getByRole('alert').getByText('is wrong').waitFor(TIMEOUT);
  await assertClean();
  await context.close();
}

async function anAdministratorTurnsTheSecondFactorOn() {
  const { context, assertClean } = await watchedContext(browser, base);
  const page = await open(context);
  await typePassword(page, ADMIN, PASSWORD);
  await signedInAs(page, ADMIN);
  await page.getByRole('button', { name: 'Set up an authenticator app' }).click();
  const image = page.getByRole('img', { name: 'QR code for an authenticator app' });
  await image.waitFor(TIMEOUT);
  const secret = await page.locator('.ag-secret').innerText();
  await page.getByLabel('Six-digit code').fill(totp(secret));
  await page.getByRole('button', { name: 'Turn on' }).click();
  const codes = page.getByRole('list', { name: 'Backup codes' }).locator('code');
  await codes.first().waitFor(TIMEOUT);
  secrets.push(secret, ...(await codes.allInnerTexts()));
  await page.getByRole('button', { name: 'I have kept them' }).click();
  await page.getByText('backup codes are left').waitFor(TIMEOUT);

  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByLabel('Password').waitFor(TIMEOUT);
  assert.equal(await page.evaluate(() => sessionStorage.length), 0, 'signing out leaves nothing');
  await assertClean();
  await assertNothingSecretIsKept(page);
  await context.close();
  return secret;
}

async function anAdministratorWorks(totpSecret) {
  const { context, assertClean } = await watchedContext(browser, base);
  const refreshes = watchRefreshes(context);
  const page = await open(context);
  await typePassword(page, ADMIN, PASSWORD);
  // The code of the present step was used by the enrolment.
  await page.getByLabel('Code of the authenticator app').fill(totp(totpSecret, Date.now() + 30_000));
  await page.getByRole('button', { name: 'Continue' }).click();
  await signedInAs(page, ADMIN);

  await openOperation(page, 'me');
  await run(page);
  await waitForAnswer(page, ADMIN);
  await theCostIsThatOfTheServer(page);
  if (pictures) await takePictures(page);
  await aSubscriptionOutlivesItsToken(page, refreshes);
  await tabsRefreshOnce(context, page, refreshes);
  await nothingTypedIsKept(page);
  await assertClean();
  await aSessionThatEndsElsewhereSignsOut(context, page);
  await context.close();
}

/** The footer and `extensions.cost` say the same of every query of the collection. */
async function theCostIsThatOfTheServer(page) {
  const queries = page.locator('.ag-operations button', { has: page.locator('.ag-query') });
  await page.getByRole('searchbox', { name: 'Search operations' }).fill('');
  const names = await queries.locator('strong').allInnerTexts();
  assert.ok(names.length > 10, names.join());
  for (const name of names) {
    await openOperation(page, name);
    const isIt = (response) => response.request().postData()?.includes(`"operationName":"${name[0].toUpperCase()}${name.slice(1)}"`);
    const [response] = await Promise.all([page.waitForResponse(isIt), run(page)]);
    const { requested } = (await response.json()).extensions.cost;
    const shown = page.locator(`[data-cost="${requested}"]`);
    await shown.waitFor({ timeout: 5_000 }).catch(async () => assert.fail(`${name}: ${await page.locator('.ag-cost').innerText()}, and ${requested}`));
  }
  console.log(`The costs of ${names.length} queries are those of the server.`);
}

async function aSubscriptionOutlivesItsToken(page, refreshes) {
  await openOperation(page, 'followAuditEvents');
  await run(page);
  await sleep(1_000);
  await playground.guessWrong(base);
  await waitForAnswer(page, 'INVALID_CREDENTIALS');
  const renewed = refreshes.length;
  // Meanwhile the server closes the connection, because its token expires.
  await sleep(LIFETIME_MS + 4_000);
  assert.ok(refreshes.length > renewed, 'the token was renewed');
  let isTold = false;
  for (let number = 1; !isTold && number <= 5; number++) {
    await playground.register(base, `new${number}@example.com`);
    isTold = await hasAnswer(page, 'USER_REGISTERED', 4_000);
  }
  assert.ok(isTold, 'a subscription goes on over another connection');
  await page.getByRole('button', { name: /Stop query/ }).click();
}

async function tabsRefreshOnce(context, page, refreshes) {
  const begun = refreshes.length;
  const second = await open(context);
  await signedInAs(second, ADMIN);
  // A duplicate has a copy of sessionStorage.
  const [duplicate] = await Promise.all([context.waitForEvent('page'), page.evaluate(() => void window.open(location.href))]);
  await signedInAs(duplicate, ADMIN);
  const settled = refreshes.length;
  await sleep(3 * LIFETIME_MS);
  const count = refreshes.length - settled;
  assert.ok(count >= 3 && count <= 5, `${count} refreshes of three tabs in three lifetimes`);
  const sent = refreshes.slice(begun);
  assert.equal(new Set(sent).size, sent.length, 'a refresh token was sent twice');
  for (const tab of [second, duplicate]) {
    await signedInAs(tab, ADMIN);
    await openOperation(tab, 'me');
    await run(tab);
    await waitForAnswer(tab, ADMIN);
    await tab.reload();
    await signedInAs(tab, ADMIN);
  }
  console.log(`Three tabs of one session, ${sent.length} refreshes in all, each with a token of its own.`);
  await second.close();
  await duplicate.close();
}

async function nothingTypedIsKept(page) {
  await page.getByRole('button', { name: 'New tab' }).click();
  await type(page, '.graphiql-query-editor', 'mutation A($p: String!) { login(input: {email: "ann@example.com", password: "Typed-Secret-1"}) { __typename } b: login(input: {email: "x", password: $p}) { __typename } }');
  await type(page, '.graphiql-editor-tool', '{"p": "Typed-Secret-2", "open": "Typed-Secret-3');
  await run(page);
  await type(page, '.graphiql-editor-tool', '{"p": "Typed-Secret-2"}');
  await run(page);
  // GraphiQL stores half a second after the last key.
  await sleep(1_500);
  const kept = await assertNothingSecretIsKept(page);
  assert.ok(kept.includes('ann@example.com') && kept.includes('mutation A'), 'what is not secret is kept');
}

async function assertNothingSecretIsKept(page) {
  const kept = await page.evaluate(() => JSON.stringify(Object.entries(localStorage)));
  for (const secret of secrets) assert.ok(!kept.includes(secret), `localStorage holds ${secret}: ${kept}`);
  return kept;
}

async function aSessionThatEndsElsewhereSignsOut(context, page) {
  await page.getByRole('button', { name: 'Show Account' }).click();
  await page.getByText('this one').waitFor(TIMEOUT);
  await openOperation(page, 'revokeAllSessions');
  await run(page);
  await waitForAnswer(page, 'endedSessionCount');
  await isSignedOut(page, { timeout: LIFETIME_MS + 5_000 });
}

async function aUserSeesTheCodeOfAnAnswer() {
  const { context, assertClean } = await watchedContext(browser, base);
  const page = await open(context);
  await typePassword(page, 'new1@example.com', USER_PASSWORD);
  await signedInAs(page, 'new1@example.com');
  await openOperation(page, 'startMfaEnrollment');
  await run(page);
  await page.getByRole('img', { name: 'QR code for an authenticator app' }).waitFor(TIMEOUT);
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('button', { name: 'Show Live audit' }).click();
  await page.getByText('Administrators see here what happens').waitFor(TIMEOUT);
  await signingOutSignsOutTheOtherTabs(context, page);
  await assertClean();
  await context.close();
}

async function signingOutSignsOutTheOtherTabs(context, page) {
  const second = await open(context);
  await signedInAs(second, 'new1@example.com');
  // GraphiQL opens the panel that was open last, in any tab.
  await second.getByRole('button', { name: 'Show Account' }).click();
  await second.getByRole('button', { name: 'Sign out' }).click();
  await isSignedOut(second);
  await isSignedOut(page);
  await page.reload();
  await isSignedOut(page);
}

/** A server that requires a verified address. */
async function aUserHasToVerifyTheAddress() {
  const { context, assertClean } = await watchedContext(browser, base);
  const page = await open(context);
  const login = { __typename: 'EmailVerificationRequired', message: 'Please verify your address first.', email: 'ann@example.com' };
  await page.route('**/graphql', (route) =>
    route.request().postData()?.includes('mutation Login') ? route.fulfill({ json: { data: { login } } }) : route.continue(),
  );
  await typePassword(page, 'ann@example.com', USER_PASSWORD);
  await page.getByText(/verify your (email )?address first/).waitFor(TIMEOUT);
  await page.getByRole('button', { name: 'Send the email again' }).click();
  await page.getByText('Sent to ann@example.com').waitFor(TIMEOUT);
  await page.getByRole('button', { name: 'Back' }).click();
  await page.getByLabel('Password').waitFor(TIMEOUT);
  await assertClean();
  await context.close();
}

// ---- pictures

/** The two of docs/images. */
async function takePictures(page) {
  await page.getByRole('searchbox', { name: 'Search operations' }).fill('');
  await page.locator('.ag-operations button', { has: page.getByText('dashboard', { exact: true }) }).click();
  await run(page);
  await waitForAnswer(page, 'totals');
  await page.setViewportSize({ width: 1160, height: 660 });
  await page.mouse.move(580, 655);
  await page.screenshot({ path: `${pictures}/playground.png` });

  await page.emulateMedia({ colorScheme: 'dark' });
  await page.reload();
  await signedInAs(page, ADMIN);
  await page.getByRole('button', { name: 'Show Account' }).click();
  await page.getByText('this one').waitFor(TIMEOUT);
  await page.screenshot({ path: `${pictures}/playground-account.png` });
  await page.emulateMedia({ colorScheme: 'light' });
  await page.reload();
  await signedInAs(page, ADMIN);
}

const deadline = setTimeout(() => {
  console.error('It took too long.');
  process.exit(1);
}, 480_000);
try {
  await aStrangerSeesTheEditorAndNoSchema();
  const totpSecret = await anAdministratorTurnsTheSecondFactorOn();
  await anAdministratorWorks(totpSecret);
  await aUserSeesTheCodeOfAnAnswer();
  await aUserHasToVerifyTheAddress();
  console.log('The playground: no foreign request, no report of the policy, no error, and nothing secret in localStorage.');
} catch (error) {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    // Seen on the machine of a developer.
    if (pictures) await page.screenshot({ path: `${pictures}/failure-${Date.now()}.png` });
  }
  throw error;
} finally {
  await browser.close();
  clearTimeout(deadline);
}
