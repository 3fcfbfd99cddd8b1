// The account pages in a real browser: every link of every email, the account itself, and signing in with a provider.
// The server needs REAUTHENTICATION_WINDOW=15s, no rate limits, and the provider of this script: OIDC_MOCK_ISSUER=http://127.0.0.1:8090,
// OIDC_MOCK_CLIENT_ID=authgraph and OIDC_MOCK_CLIENT_SECRET=secret. Run `npm ci` in ../oauth first.
// Usage: ADMIN_PASSWORD=… node account.mjs http://127.0.0.1:8080 [folder for pictures]
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { ask as askApi, launch, runAxe, totp, watchedContext } from './page.mjs';

const [base, pictures] = process.argv.slice(2);
if (!base || !process.env.ADMIN_PASSWORD) {
  console.error('usage: ADMIN_PASSWORD=… node account.mjs <base url of the server> [folder for pictures]');
  process.exit(2);
}
const PROVIDER = process.env.PROVIDER ?? 'http://127.0.0.1:8090';
const WINDOW_MS = 15_000;
const TIMEOUT = { timeout: 20_000 };
const PASSWORDS = { first: 'Blue-Kettle-42-Harbour', second: 'Green-Lantern-77-Meadow', third: 'Quiet-Copper-19-Violin' };
/** What must stay nowhere: one-time tokens, codes and flow tokens. */
const SECRETS = [...Object.values(PASSWORDS), 'ago_', 'agf_', 'agc_', 'code='];

/** An address of this run alone. */
const run = Date.now().toString(36);
const addressOf = (name) => `${name}.${run}@example.com`;

const sleep = (milliseconds) => new Promise((wake) => setTimeout(wake, milliseconds));

const ask = (query, variables, token) => askApi(base, query, variables, token);

const LOGIN = 'mutation($input: LoginInput!) { login(input: $input) { __typename ... on SignedIn { accessToken user { emailVerified } } } }';
const login = async (email, password) => (await ask(LOGIN, { input: { email, password } })).data?.login;

/** The link of the newest email to an address, once it is that to this page. */
async function linkTo(email, page) {
  for (const end = Date.now() + TIMEOUT.timeout; Date.now() < end; await sleep(200)) {
    const response = await fetch(`${base}/dev/mailbox/latest?to=${encodeURIComponent(email)}`);
    const link = (await response.text()).match(/http\S+/g)?.find((url) => url.startsWith(`${base}/account/${page}`));
    if (response.ok && link) return link;
  }
  return assert.fail(`no email to ${email} with a link to ${page}`);
}

// ---- a provider whose people this script chooses

const require = createRequire(new URL('../oauth/package.json', import.meta.url));
const { OAuth2Server } = await import(pathToFileURL(require.resolve('oauth2-mock-server')));
const provider = new OAuth2Server();
await provider.issuer.keys.generate('RS256');
await provider.start(Number(new URL(PROVIDER).port), '127.0.0.1');
provider.issuer.url = PROVIDER;
let person = {};
provider.service.on('beforeTokenSigning', ({ payload }) => {
  if (!('scope' in payload)) Object.assign(payload, person);
});
const become = (email, isVerified = true) => (person = { sub: `sub-${email}`, email, email_verified: isVerified, name: 'Pat Doe' });

// ---- what a person does

const browser = await launch();

/** A browser of its own, whose pages may go to the provider and nowhere else. */
async function watchedBrowser(options) {
  const { context, assertClean } = await watchedContext(browser, base, { allowed: [PROVIDER], ...options });
  const leaks = [];
  context.on('request', (request) => {
    const { referer } = request.headers();
    if (referer && new URL(referer).search) leaks.push(`${request.url()} was told ${referer}`);
  });
  const close = async () => {
    for (const page of context.pages()) await assertNothingIsLeft(page);
    assert.deepEqual(leaks, []);
    await assertClean();
    await context.close();
  };
  return { context, close };
}

/** Neither address, history nor storage holds a secret. The refresh token of the tab's session is all that sessionStorage has. */
async function assertNothingIsLeft(page) {
  const devtools = await page.context().newCDPSession(page);
  const { entries } = await devtools.send('Page.getNavigationHistory');
  const visited = entries.map(({ url }) => url).filter((url) => url.startsWith(base));
  const kept = await page.evaluate(() => JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage)]));
  for (const secret of SECRETS) {
    for (const place of [page.url(), ...visited, kept]) assert.ok(!place.includes(secret), `${secret} is left in ${place}`);
  }
  // GraphiQL keeps its tabs there.
  const isAccount = new URL(page.url()).pathname.startsWith('/account');
  assert.ok(!isAccount || kept.startsWith('[[]'), `localStorage is not empty: ${kept}`);
}

const button = (page, name) => page.getByRole('button', { name, exact: true });
const section = (page, name) => page.getByRole('region', { name });
const reads = (page, text) => page.getByText(text).first().waitFor(TIMEOUT);
const outcome = (page, text) => page.getByRole('status').filter({ hasText: text }).first().waitFor(TIMEOUT);

async function open(context, url = `${base}/account`) {
  const page = await context.newPage();
  await page.goto(url);
  return page;
}

async function signIn(page, email, password) {
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password').fill(password);
  await button(page, 'Sign in').click();
}

const signedInAs = (page, email) => reads(page, `Signed in as ${email}`);

async function register(page, email) {
  await button(page, 'Create an account').click();
  await page.getByLabel('Email address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORDS.first);
  await button(page, 'Create the account').click();
  await signedInAs(page, email);
}

/** Opens the link of an email, and shows that opening it did nothing. */
async function openLink(context, link, name) {
  const page = await open(context, link);
  await button(page, name).waitFor(TIMEOUT);
  assert.ok(!page.url().includes('token'), `the token stays in ${page.url()}`);
  await look(page, new URL(link).pathname.split('/').at(-1));
  return page;
}

// ---- looking at pages

const looked = new Set();

/** Accessibility in light and dark, on a wide and a narrow screen; a picture of each. */
async function look(page, name) {
  if (looked.has(name)) return;
  looked.add(name);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 800 });
      const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      assert.ok(overflow <= 0, `${name} is ${overflow} px too wide at ${width} px`);
      if (pictures) await page.screenshot({ path: `${pictures}/account-${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
    const { grave } = await runAxe(page);
    assert.deepEqual(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`), [], `${name} in ${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: 'light' });
  await page.setViewportSize({ width: 1280, height: 800 });
}

// ---- the tests

async function aNewUserVerifiesTheAddress() {
  const ann = addressOf('ann');
  const { context, close } = await watchedBrowser();
  const page = await open(context);
  await button(page, 'Create an account').waitFor(TIMEOUT);
  await look(page, 'sign-in');
  await register(page, ann);
  const link = await linkTo(ann, 'verify-email');

  const mail = await openLink(context, link, 'Verify my address');
  // A scanner that runs scripts sees this much.
  await sleep(1_000);
  assert.equal((await login(ann, PASSWORDS.first)).user.emailVerified, false, 'nothing happens before a click');
  await mail.reload();
  await reads(mail, 'This address has no token');
  await mail.goto(link);
  await button(mail, 'Verify my address').click();
  await outcome(mail, `${ann} is verified`);
  assert.equal((await login(ann, PASSWORDS.first)).user.emailVerified, true);

  await mail.goto(link.replace(/ago_.*/, 'ago_nothing'));
  await button(mail, 'Verify my address').click();
  await outcome(mail, 'This link is not known here');
  await mail.getByLabel('Email address').fill('nobody@example.com');
  await button(mail, 'Send another email').click();
  await outcome(mail, 'the email is on its way');
  await close();
  return ann;
}

async function aForgottenPasswordIsReplaced(ann) {
  const { context, close } = await watchedBrowser();
  const page = await open(context, `${base}/account/sign-in`);
  await signIn(page, ann, 'Wrong-Guess-99');
  await page.getByRole('alert').getByText('is wrong').waitFor(TIMEOUT);
  await button(page, 'Forgot the password?').click();
  await button(page, 'Send a link').click();
  await outcome(page, 'the email is on its way');
  const link = await linkTo(ann, 'reset-password');

  const mail = await openLink(context, link, 'Set the password');
  await mail.getByLabel('New password').fill('Short-1');
  await button(mail, 'Set the password').click();
  await mail.getByRole('alert').waitFor(TIMEOUT);
  assert.equal(await mail.getByLabel('New password').getAttribute('aria-invalid'), 'true');
  assert.ok((await mail.getByRole('list', { name: 'Rules for the password' }).locator('[data-kept=false]').count()) > 0);
  await mail.getByLabel('New password').fill(PASSWORDS.second);
  await button(mail, 'Set the password').click();
  await outcome(mail, `The new password of ${ann} is set`);
  await mail.goto(link);
  await mail.getByLabel('New password').fill(PASSWORDS.third);
  await button(mail, 'Set the password').click();
  await outcome(mail, 'This link was used before');
  await button(mail, 'Send a link').waitFor(TIMEOUT);
  await close();
}

async function anAddressChangesAndComesBack(ann) {
  const ann2 = addressOf('ann.miller');
  const { context, close } = await watchedBrowser();
  const page = await open(context);
  await signIn(page, ann, PASSWORDS.second);
  await signedInAs(page, ann);
  await reads(page, 'Account created');
  await look(page, 'account');
  await button(page, 'Change the name').click();
  await page.getByLabel('Name').fill('Ann Miller');
  await button(page, 'Save').click();
  await reads(page, 'Ann Miller');
  await button(page, 'Change the email address').click();
  const [field] = await Promise.all([page.getByLabel('New email address').elementHandle(TIMEOUT)]);
  await field.fill(ann2);
  await button(page, 'Send a link').click();
  await outcome(page, `We sent an email with a link to ${ann2}`);

  const confirm = await openLink(context, await linkTo(ann2, 'confirm-email-change'), 'Use this address');
  await button(confirm, 'Use this address').click();
  await outcome(confirm, `Your account now has the address ${ann2}`);

  const undo = await openLink(context, await linkTo(ann, 'undo-email-change'), 'Take my account back');
  await reads(undo, 'the password is removed');
  await button(undo, 'Take my account back').click();
  await outcome(undo, `Your account has the address ${ann} again`);
  await page.reload();
  await page.getByLabel('Password').waitFor(TIMEOUT);
  assert.equal(await login(ann, PASSWORDS.second), null, 'the password is gone');
  const reset = await open(context, await linkTo(ann, 'reset-password'));
  await reset.getByLabel('New password').fill(PASSWORDS.first);
  await button(reset, 'Set the password').click();
  await outcome(reset, 'is set');
  await close();
}

async function aStrangersSignInIsReported(ann) {
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';
  const own = await watchedBrowser();
  const page = await open(own.context, `${base}/account/sessions`);
  await signIn(page, ann, PASSWORDS.first);
  await reads(page, 'Where you are signed in');
  const stranger = await watchedBrowser({ userAgent });
  await signIn(await open(stranger.context), ann, PASSWORDS.first);
  await signedInAs(stranger.context.pages()[0], ann);
  await button(page, 'Read again').click();
  await reads(page, 'Firefox');
  await look(page, 'sessions');

  const report = await openLink(own.context, await linkTo(ann, 'disown-session'), 'It was not me');
  await button(report, 'It was not me').click();
  await outcome(report, 'All sessions have ended');
  await stranger.context.pages()[0].reload();
  await stranger.context.pages()[0].getByLabel('Password').waitFor(TIMEOUT);
  assert.equal(await login(ann, PASSWORDS.first), null, 'the password is gone');
  const reset = await open(own.context, await linkTo(ann, 'reset-password'));
  await reset.getByLabel('New password').fill(PASSWORDS.second);
  await button(reset, 'Set the password').click();
  await outcome(reset, 'is set');
  await stranger.close();
  await own.close();
}

async function anInvitationIsAccepted() {
  const bob = addressOf('bob');
  const { accessToken } = await login('admin@example.com', process.env.ADMIN_PASSWORD);
  await ask('mutation($email: EmailAddress!) { createUser(input: { email: $email }) { user { id } } }', { email: bob }, accessToken);
  const { context, close } = await watchedBrowser();
  const page = await openLink(context, await linkTo(bob, 'accept-invitation'), 'Accept and set the password');
  await page.getByLabel('New password').fill(PASSWORDS.first);
  await button(page, 'Accept and set the password').click();
  await outcome(page, `The new password of ${bob} is set`);
  await page.getByRole('link', { name: 'Sign in' }).click();
  await signIn(page, bob, PASSWORDS.first);
  await signedInAs(page, bob);
  await close();
  return bob;
}

async function theSecondFactorGoesOnAndOff(bob) {
  const { context, close } = await watchedBrowser();
  const page = await open(context);
  await signIn(page, bob, PASSWORDS.first);
  await button(page, 'Set up an authenticator app').click();
  const secret = await page.locator('.ag-secret').innerText(TIMEOUT);
  SECRETS.push(secret);
  await page.getByLabel('Six-digit code').fill(totp(secret, Date.now() - 30_000));
  await button(page, 'Turn on').click();
  await outcome(page, 'The second factor is on');
  await button(page, 'I have kept them').click();
  await reads(page, '8 backup codes are left');
  await button(page, 'Sign out').click();

  await signIn(page, bob, PASSWORDS.first);
  await page.getByLabel('Code of the authenticator app').fill(totp(secret));
  await button(page, 'Continue').click();
  await signedInAs(page, bob);
  await button(page, 'Make new backup codes').click();
  await page.getByLabel('Code of the authenticator app').fill(totp(secret, Date.now() + 30_000));
  await button(page, 'Make new codes').click();
  const codes = page.getByRole('list', { name: 'Backup codes' }).locator('code');
  await codes.first().waitFor(TIMEOUT);
  const [code, second] = await codes.allInnerTexts();
  await button(page, 'I have kept them').click();

  // The window of the sign-in closes, so that a code has to confirm.
  await sleep(WINDOW_MS + 1_000);
  await button(page, 'Turn off').click();
  await reads(page, 'Please confirm that it is you');
  await page.getByLabel('Code of the authenticator app').fill(code);
  await button(page, 'Confirm').click();
  const form = section(page, 'Second factor');
  await form.getByLabel('Password').fill(PASSWORDS.first);
  await form.getByLabel('Code of the authenticator app').fill(second);
  await button(page, 'Turn off').click();
  await reads(page, 'Set up an authenticator app');
  await close();
}

// ---- providers

async function aProviderSignsIn(home) {
  const pat = addressOf(`pat.${home}`);
  become(pat);
  const { context, close } = await watchedBrowser();
  const page = await open(context, `${base}/${home}`);
  await page.getByRole('button', { name: /^Sign in with/ }).click();
  await reads(page, pat);
  assert.equal(new URL(page.url()).pathname, `/${home}`);
  await close();
  return pat;
}

async function anAccountOfAProviderIsLinkedAndConfirms(pat) {
  become(pat);
  const { context, close } = await watchedBrowser();
  const page = await open(context);
  await page.getByRole('button', { name: /^Sign in with/ }).click();
  await signedInAs(page, pat);
  await button(page, 'Set a password').waitFor(TIMEOUT);
  await sleep(WINDOW_MS + 1_000);
  await button(page, 'Set a password').click();
  await page.getByRole('button', { name: /^Confirm with/ }).click();
  await outcome(page, 'Your identity is confirmed');
  await button(page, 'Set a password').click();
  await page.getByLabel('New password').fill(PASSWORDS.first);
  await button(page, 'Save').click();
  await outcome(page, 'The new password is set');

  await page.getByRole('button', { name: /^Unlink/ }).click();
  await button(page, 'Unlink').click();
  await page.getByRole('button', { name: /^Link / }).click();
  await page.getByRole('button', { name: /^Continue to/ }).click();
  await outcome(page, 'The account at the provider is linked');
  await page.getByRole('button', { name: /^Unlink/ }).waitFor(TIMEOUT);

  // Somebody else's account at the provider confirms nobody.
  await sleep(WINDOW_MS + 1_000);
  become(addressOf('mallory'));
  await button(page, 'Change the password').click();
  await page.getByRole('button', { name: /^Confirm with/ }).click();
  await outcome(page, 'is not linked to your account');
  await close();
}

async function journeysThatFailSayWhy() {
  const { context, close } = await watchedBrowser();
  const page = await open(context);
  const begin = () => page.getByRole('button', { name: /^Sign in with/ }).click();
  const alert = (text) => page.getByRole('alert').filter({ hasText: text }).waitFor(TIMEOUT);

  become(addressOf('stranger'), false);
  await begin();
  await alert('does not confirm your email address');

  let callback = '';
  await page.route(`${PROVIDER}/authorize**`, (route) => {
    const asked = new URL(route.request().url()).searchParams;
    callback = `${asked.get('redirect_uri')}?error=access_denied&state=${asked.get('state')}`;
    return route.fulfill({ status: 302, headers: { location: callback } });
  });
  await begin();
  await alert('cancelled at the provider');

  // The same address once more, and in a tab that began nothing.
  await page.goto(callback);
  await alert('was not begun in this tab');
  const other = await open(context, callback.replace('error=access_denied', 'code=stolen'));
  await other.getByRole('alert').filter({ hasText: 'was not begun in this tab' }).waitFor(TIMEOUT);

  await page.route(`${PROVIDER}/authorize**`, (route) => {
    const asked = new URL(route.request().url()).searchParams;
    return route.fulfill({ status: 302, headers: { location: `${asked.get('redirect_uri')}?code=x&state=another` } });
  });
  await begin();
  await alert('does not belong to this sign-in');
  await close();
}

async function aSecondFactorFollowsAProvider() {
  const pat = await aProviderSignsIn('account');
  const { context, close } = await watchedBrowser();
  const page = await open(context);
  await page.getByRole('button', { name: /^Sign in with/ }).click();
  await button(page, 'Set up an authenticator app').click();
  const secret = await page.locator('.ag-secret').innerText(TIMEOUT);
  await page.getByLabel('Six-digit code').fill(totp(secret, Date.now() - 30_000));
  await button(page, 'Turn on').click();
  await button(page, 'I have kept them').click();
  await button(page, 'Sign out').click();
  await page.getByRole('button', { name: /^Sign in with/ }).click();
  await reads(page, 'This account has a second factor');
  await page.getByLabel('Code of the authenticator app').fill(totp(secret));
  await button(page, 'Continue').click();
  await signedInAs(page, pat);
  await close();
}

async function anAccountIsDeleted(bob) {
  const { context, close } = await watchedBrowser();
  const page = await open(context);
  await signIn(page, bob, PASSWORDS.first);
  await signedInAs(page, bob);
  if (pictures) {
    await reads(page, 'Password reset');
    await page.setViewportSize({ width: 1160, height: 660 });
    await page.mouse.move(5, 655);
    await page.screenshot({ path: `${pictures}/account.png` });
  }
  await button(page, 'Delete the account').click();
  await page.getByLabel('Email address').fill(bob);
  await button(page, 'Delete my account').click();
  await page.getByLabel('Password').waitFor(TIMEOUT);
  assert.equal(await login(bob, PASSWORDS.first), null);
  await close();
}

const deadline = setTimeout(() => {
  console.error('It took too long.');
  process.exit(1);
}, Number(process.env.DEADLINE_MS ?? 480_000));
try {
  const ann = await aNewUserVerifiesTheAddress();
  await aForgottenPasswordIsReplaced(ann);
  await anAddressChangesAndComesBack(ann);
  await aStrangersSignInIsReported(ann);
  const bob = await anInvitationIsAccepted();
  console.log('Every link of every email does what it says, after a click and not before.');
  await theSecondFactorGoesOnAndOff(bob);
  const pat = await aProviderSignsIn('playground');
  await anAccountOfAProviderIsLinkedAndConfirms(pat);
  await journeysThatFailSayWhy();
  await aSecondFactorFollowsAProvider();
  await anAccountIsDeleted(bob);
  console.log('Providers sign in, link and confirm. Nothing secret is left in address, history or storage.');
} catch (error) {
  for (const page of browser.contexts().flatMap((context) => context.pages())) {
    // Seen on the machine of a developer.
    if (pictures) await page.screenshot({ path: `${pictures}/failure-${Date.now()}.png` });
  }
  throw error;
} finally {
  await browser.close();
  await provider.stop();
  clearTimeout(deadline);
}
