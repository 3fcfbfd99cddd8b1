// The demo in a real browser, from registering to a provider, at the default settings: limits, windows and lifetimes. The server is
// one in development with the provider of tests/reference/oauth/mock.mjs. Every step is checked by axe in light and dark.
// Usage: OIDC_MOCK_ISSUER=http://127.0.0.1:8090 node demo.mjs http://127.0.0.1:8080 [folder for pictures]
import assert from 'node:assert/strict';
import { launch, runAxe, watchedContext } from './page.mjs';

const [base, pictures] = process.argv.slice(2);
const issuer = process.env.OIDC_MOCK_ISSUER;
if (!base || !issuer) {
  console.error('usage: OIDC_MOCK_ISSUER=… node demo.mjs <base url of the server> [folder for pictures]');
  process.exit(2);
}
const STEPS = ['register', 'email', 'verify', 'sign-in', 'second-factor', 'sessions', 'refresh', 'reuse', 'reset', 'provider', 'done'];
const WIDE = { width: 1280, height: 800 };
const NARROW = { width: 390, height: 844 };
/** The limit of five attempts in a minute, or the next code of the app. */
const PATIENCE_MS = 65_000;
const TIMEOUT = { timeout: 20_000 };

const browser = await launch();

// ---- what a person does

const button = (page, name, exact = false) => page.locator('main').getByRole('button', { name, exact }).filter({ visible: true }).first();
const card = (page, name) => page.getByRole('region', { name, exact: true }).filter({ visible: true });
const said = (page, text) => page.locator('main').getByText(text).filter({ visible: true }).first().waitFor(TIMEOUT);
const begin = (page, step) => page.locator(`nav a[href$="/demo/${step}"]`).click();

/** Waits until the limit allows another attempt, as a person does. */
async function press(page, name, done, scope = page.locator('main')) {
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    await scope.getByRole('button', { name }).filter({ visible: true }).first().click(TIMEOUT);
    const limited = scope.getByRole('alert').filter({ hasText: 'RATE_LIMITED', visible: true }).first();
    await done.or(limited).first().waitFor(TIMEOUT);
    if (await done.isVisible()) return;
    // The button counts down, and then has its name alone again.
    await scope.getByRole('button', { name, exact: true }).filter({ visible: true }).first().waitFor({ timeout: PATIENCE_MS });
  }
  assert.fail(`${name} was limited for too long`);
}

/** Waits until the button has counted down. */
async function pressSoon(page, name) {
  await button(page, name, true).waitFor({ timeout: 15_000 });
  await button(page, name, true).click();
}

/** A code that was not used, of the app in the page. */
async function useCode(scope, submit) {
  await scope.getByRole('button', { name: 'Use this code' }).filter({ visible: true }).click({ timeout: PATIENCE_MS });
  await scope.getByRole('button', { name: submit, exact: true }).filter({ visible: true }).click();
}

/** Signs a device in with what the page has filled in, and with a code. */
async function signIn(page, device, scope = page.locator('main')) {
  await press(page, `Sign in on the ${device}`, scope.getByRole('button', { name: 'Continue' }).filter({ visible: true }), scope);
  await useCode(scope, 'Continue');
}

/** The entries of what was sent, newest first: who, what, and what came of it. */
const log = (page) =>
  page.locator('.demo-log').filter({ visible: true }).locator('summary').evaluateAll((all) =>
    all.map((one) => [...one.children].map((part) => part.textContent.trim()).join(' ')),
  );

async function sent(page, expected) {
  const newest = page.locator('.demo-log').filter({ visible: true }).locator('summary').filter({ hasText: expected[0] });
  await newest.first().waitFor(TIMEOUT).catch(() => {});
  const entries = await log(page);
  for (const one of expected) assert.ok(entries.includes(one), `${one} is not in ${JSON.stringify(entries)}`);
}

/** What was sent, and the answer, of the newest entry with this title. */
async function entry(page, title, index = 0) {
  const one = page.locator('.demo-log > li').filter({ visible: true }).filter({ hasText: title }).nth(index);
  if (!(await one.locator('details').evaluate(({ open }) => open))) await one.locator('summary').click();
  const more = one.locator('.demo-more[aria-expanded=false]');
  while ((await more.count()) > 0) await more.first().click();
  const texts = await one.locator('pre').evaluateAll((all) =>
    all.slice(1).map((pre) => {
      const copy = pre.cloneNode(true);
      for (const more of copy.querySelectorAll('.demo-more')) more.remove();
      return copy.textContent;
    }),
  );
  // A shortened text and its button have a space between them.
  return texts.map((text) => JSON.parse(text.replaceAll(/ "(?=,?\n|$)/g, '"')));
}

// ---- what must be true everywhere

/** Serious and critical findings, in light and dark. */
async function assertAccessible(page, step) {
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
    const { grave } = await runAxe(page);
    const found = grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`).join('; ')}`);
    assert.deepEqual(found, [], `axe at the step ${step}, ${colorScheme}`);
  }
}

async function assertFits(page, step) {
  await page.setViewportSize(NARROW);
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= NARROW.width, `the step ${step} is ${width} pixels wide`);
  if (pictures) await page.screenshot({ path: `${pictures}/demo-${step}-narrow.png`, fullPage: true });
  await page.setViewportSize(WIDE);
}

async function check(page, step) {
  assert.equal(new URL(page.url()).pathname, `/demo/${step}`.replace('/demo/register', new URL(page.url()).pathname));
  assert.ok((await page.title()).startsWith(`${STEPS.indexOf(step) + 1}. `), await page.title());
  await assertAccessible(page, step);
  await page.evaluate(() => scrollTo(0, 0));
  if (pictures) await page.screenshot({ path: `${pictures}/demo-${step}-dark.png` });
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  if (pictures) await page.screenshot({ path: `${pictures}/demo-${step}-light.png` });
  await assertFits(page, step);
}

// ---- the steps

async function registers(page) {
  const email = await page.getByLabel('Email address').inputValue();
  await press(page, 'Register', button(page, 'Read the email'));
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H2', 'the form has gone, and its focus with it');
  await sent(page, ['Laptop mutation Register SignedIn']);
  const [variables, answer] = await entry(page, 'mutation Register');
  assert.equal(variables.input.email, email);
  assert.match(answer.data.register.accessToken, /^eyJ[\w-]+\.[\w-]+\.[\w-]+$/);
  await check(page, 'register');
  return email;
}

async function readsTheEmailAndVerifies(page, email) {
  await button(page, 'Read the email').click();
  await said(page, 'confirm that the address is yours');
  assert.equal(await page.evaluate(() => document.activeElement?.tagName), 'H2', 'a new step has the focus');
  await check(page, 'email');
  await button(page, 'Open the link').click();
  assert.match(await page.getByLabel('Token from the link').filter({ visible: true }).inputValue(), /^ago_/);
  await button(page, 'Verify the address').click();
  await said(page, `${email} is verified`);
  const [, answer] = await entry(page, 'mutation VerifyEmail');
  assert.equal(answer.data.verifyEmail.user.emailVerified, true);
  await check(page, 'verify');
}

async function signsInAgain(page, email) {
  await begin(page, 'sign-in');
  await said(page, '"typ": "access"');
  await button(page, 'Sign out').click();
  await press(page, 'Sign in on the Laptop', button(page, 'Turn on a second factor'));
  await said(page, `${email} is signed in on the Laptop`);
  await sent(page, ['Laptop mutation Login SignedIn', 'Laptop mutation Logout done']);
  await check(page, 'sign-in');
}

async function turnsOnASecondFactor(page) {
  await begin(page, 'second-factor');
  await button(page, 'Show the QR code').click();
  await page.getByRole('img', { name: 'QR code for an authenticator app' }).waitFor(TIMEOUT);
  await check(page, 'second-factor');
  await useCode(page.locator('main'), 'Turn on');
  await said(page, 'The second factor is on.');
  const codes = await page.getByRole('list', { name: 'Backup codes' }).locator('code').allInnerTexts();
  assert.equal(codes.length, 8);
  return codes[0];
}

async function endsOneDeviceFromTheOther(page) {
  await begin(page, 'sessions');
  const [laptop, phone] = [card(page, 'Laptop'), card(page, 'Phone')];
  await laptop.getByText('Signed in as').waitFor(TIMEOUT);
  await signIn(page, 'Phone', phone);
  await laptop.getByRole('button', { name: 'End the session of the Phone' }).waitFor(TIMEOUT);
  await phone.getByRole('button', { name: 'End the session of the Laptop' }).waitFor(TIMEOUT);
  await check(page, 'sessions');
  await laptop.getByRole('button', { name: 'End the session of the Phone' }).click();
  await phone.getByText('REVOKED_BY_USER').waitFor(TIMEOUT);
  await laptop.getByText('Signed in as').waitFor(TIMEOUT);
  await laptop.getByRole('button', { name: 'End the session of the Phone' }).waitFor({ state: 'detached', ...TIMEOUT });
  await sent(page, ['Laptop mutation RevokeSession done', 'Phone mutation VerifyMfa SignedIn']);
  if (pictures) await takePicture(page);
}

async function takePicture(page) {
  await page.setViewportSize({ width: 1160, height: 660 });
  await page.evaluate(() => scrollTo(0, 0));
  await page.screenshot({ path: `${pictures}/demo.png` });
  await page.setViewportSize(WIDE);
}

async function refreshes(page) {
  await begin(page, 'refresh');
  await said(page, 'Refresh token');
  assert.match(await page.locator('.demo-clock').first().innerText(), /^1[0-4]:\d\d$/, 'the access token lives 15 minutes');
  await pressSoon(page, 'Refresh now');
  await said(page, 'Refreshes: 1.');
  await pressSoon(page, 'Refresh, and lose the answer');
  await said(page, 'compare the two entries');
  const [[again, second], [lost, first], [before]] = [await entry(page, 'mutation Refresh', 0), await entry(page, 'mutation Refresh', 1), await entry(page, 'mutation Refresh', 2)];
  assert.deepEqual(again, lost, 'the same token with the same key');
  assert.equal(first.data.refresh.refreshToken, second.data.refresh.refreshToken, 'gets the same answer');
  assert.notEqual(before.input.refreshToken, lost.input.refreshToken);
  await sent(page, ['Laptop mutation Refresh answer lost']);
  await check(page, 'refresh');
}

async function catchesAThief(page) {
  await begin(page, 'reuse');
  await button(page, 'Copy the refresh token').click();
  await pressSoon(page, 'Refresh on the Laptop');
  await pressSoon(page, 'Use the copy');
  await said(page, 'The thief got');
  await sent(page, ['Thief mutation Refresh REFRESH_TOKEN_REUSED']);
  await card(page, 'Laptop').getByText('Signed out').waitFor(TIMEOUT);
  await card(page, 'Laptop').getByText(/TOKEN_REUSED/).waitFor(TIMEOUT);
  await said(page, 'used twice');
  await signIn(page, 'Laptop');
  await page.getByRole('row').filter({ hasText: 'REFRESH_TOKEN_REUSED' }).getByText('FAILURE').waitFor(TIMEOUT);
  await check(page, 'reuse');
}

async function choosesANewPassword(page, backupCode) {
  await begin(page, 'reset');
  await press(page, 'Send me a link', page.getByRole('button', { name: 'Set the new password' }));
  await said(page, 'asked for a new password');
  await press(page, 'Set the new password', page.getByText('The password is new'));
  await card(page, 'Laptop').getByText('PASSWORD_RESET').waitFor(TIMEOUT);
  await press(page, 'Sign in on the Laptop', button(page, 'Continue'));
  await page.getByLabel('or a backup code').filter({ visible: true }).fill(backupCode);
  await button(page, 'Continue').click();
  await said(page, 'signed in with the new password');
  await sent(page, ['Laptop mutation ResetPassword done', 'Laptop mutation VerifyMfa SignedIn']);
  await check(page, 'reset');
}

async function keepsItsState(page, email) {
  await begin(page, 'verify');
  await said(page, `${email} is verified`);
  await sent(page, ['Laptop mutation VerifyEmail done']);
  await page.goBack();
  await said(page, 'signed in with the new password');
}

async function signsInWithAProvider(page, email) {
  await begin(page, 'provider');
  await button(page, /^Sign in with/).click();
  await sent(page, ['Visitor mutation StartOAuth done']);
  await page.locator('main').getByRole('link', { name: /^Go to/ }).click();
  await said(page, 'ann@example.com is signed in with a provider');
  assert.equal(new URL(page.url()).search, '', 'the code is not in the address');
  await sent(page, ['Visitor mutation CompleteOAuth SignedIn']);
  await check(page, 'provider');
  // Secrets are gone with the reload; what was done is not.
  assert.equal(await page.locator('.demo-done').count(), 10);
  await page.getByText(email).first().waitFor(TIMEOUT);
  const kept = await page.evaluate(() => JSON.stringify([{ ...sessionStorage }, { ...localStorage }]));
  assert.doesNotMatch(kept, /agr_|ago_|agf_|eyJ|Demo-/, 'no secret is stored');
  await begin(page, 'refresh');
  await button(page, 'Sign in on the Laptop').waitFor(TIMEOUT);
  await begin(page, 'done');
  await said(page, 'schema.graphql');
  await check(page, 'done');
}

async function startsOver(page) {
  await page.getByRole('button', { name: 'Start over' }).click();
  await button(page, 'Register').waitFor(TIMEOUT);
  assert.equal(await page.locator('.demo-done').count(), 0);
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
}

/** The whole journey. The policy stays on: axe is evaluated by the browser, and the page cannot load it. */
async function aPersonGoesThroughTheDemo() {
  const { context, assertClean } = await watchedContext(browser, base, { viewport: WIDE, allowed: [issuer] });
  const page = await context.newPage();
  await page.goto(`${base}/demo`);
  const email = await registers(page);
  await readsTheEmailAndVerifies(page, email);
  await signsInAgain(page, email);
  const backupCode = await turnsOnASecondFactor(page);
  await endsOneDeviceFromTheOther(page);
  await refreshes(page);
  await catchesAThief(page);
  await choosesANewPassword(page, backupCode);
  await keepsItsState(page, email);
  await signsInWithAProvider(page, email);
  await startsOver(page);
  await assertClean();
  await context.close();
}

/** Answers an operation in place of the server, as one with other settings does. */
const answer = (page, operation, data) =>
  page.route('**/graphql', (route) =>
    route.request().postData()?.includes(operation) ? route.fulfill({ json: { data } }) : route.fallback(),
  );

async function aServerHasOtherSettings() {
  const { context, assertClean } = await watchedContext(browser, base, { viewport: WIDE });
  const page = await context.newPage();
  const register = { __typename: 'EmailVerificationRequired', message: 'Please verify your address first.', email: 'ann@example.com' };
  await answer(page, 'mutation Register', { register });
  await answer(page, 'query Providers', { authConfig: { oauthProviders: [] } });
  await page.goto(`${base}/demo/refresh`);
  await said(page, 'This step needs an account.');
  await button(page, 'Register').click();
  await button(page, 'Register').click();
  await said(page, 'ann@example.com has an account');
  await begin(page, 'sign-in');
  await button(page, 'Sign in on the Laptop').waitFor(TIMEOUT);
  await begin(page, 'provider');
  await said(page, 'This server has no provider.');
  await assertFits(page, 'provider');
  await assertClean();
  await context.close();
}

const deadline = setTimeout(() => {
  console.error('It took too long.');
  process.exit(1);
}, 480_000);
try {
  await aServerHasOtherSettings();
  await aPersonGoesThroughTheDemo();
  console.log(`The demo: ${STEPS.length} steps, no foreign request, no report of the policy, and no serious finding of axe.`);
} catch (error) {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    if (pictures) await page.screenshot({ path: `${pictures}/failure-${Date.now()}.png` });
  }
  throw error;
} finally {
  await browser.close();
  clearTimeout(deadline);
}
