// Signing in, linking and confirming with a provider: a journey to the provider's pages and back to this one.
import { AuthError, readOAuthAnswer, type AuthClient, type LoginResult, type OAuthAnswer, type OAuthPurpose } from '../client/index.ts';
import { ConfirmWithProvider, LinkProvider } from './account/generated.ts';
import { messageOf } from './messages.ts';
import { HOME, OAUTH_CALLBACK } from './page.ts';

/** What the page has to know when the browser comes back. It is in sessionStorage: another tab cannot take over the journey. */
interface Journey {
  readonly flowToken: string;
  readonly purpose: OAuthPurpose;
  readonly returnTo: string;
  /** Whether a code of the second factor has to follow. */
  readonly needsCode: boolean;
}

/** What a provider said, and the journey it belongs to. */
type Answer = OAuthAnswer & { readonly flowToken: string };

const KEY = 'authgraph:oauth';

/** Sends the browser to the provider. */
export const beginOAuth = async (auth: AuthClient, provider: string, purpose: OAuthPurpose, needsCode = false): Promise<void> => {
  const redirectUri = `${location.origin}${OAUTH_CALLBACK}`;
  const { url, flowToken } = await auth.startOAuth({ provider, redirectUri, purpose });
  const journey: Journey = { flowToken, purpose, returnTo: location.pathname + location.search, needsCode };
  sessionStorage.setItem(KEY, JSON.stringify(journey));
  location.assign(url);
};

export interface FinishedOAuth {
  step?: LoginResult;
  notice?: string;
}

const takeJourney = (): Journey | null => {
  const text = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  try {
    return JSON.parse(text ?? 'null') as Journey | null;
  } catch {
    return null;
  }
};

const takeArrival = () => {
  if (location.pathname !== OAUTH_CALLBACK) return undefined;
  const [answer, journey] = [readOAuthAnswer(location.search), takeJourney()];
  // The code must not stay in the address or in the history.
  history.replaceState(null, '', journey?.returnTo ?? HOME);
  return { answer, journey };
};

// While the script loads, before anything else can read the address or fail.
let arrival = takeArrival();

let proof: Answer | undefined;

/** What a provider said to confirm an identity where a code has to follow. It works once. */
export const takeProof = (): Answer | undefined => {
  const taken = proof;
  proof = undefined;
  return taken;
};

/** Completes what was begun, if the browser has just come back from a provider. */
export const finishOAuth = async (auth: AuthClient): Promise<FinishedOAuth> => {
  if (!arrival) return {};
  const { answer, journey } = arrival;
  arrival = undefined;
  if (!journey) return { notice: 'This sign-in was not begun in this tab, or was completed before. Please begin again.' };
  try {
    return await complete(auth, journey, { flowToken: journey.flowToken, ...answer });
  } catch (error) {
    return { notice: sentenceOf(error) };
  }
};

const complete = async (auth: AuthClient, { purpose, needsCode }: Journey, oauth: Answer): Promise<FinishedOAuth> => {
  switch (purpose) {
    case 'LOGIN': {
      const step = await auth.completeOAuth(oauth);
      return step.__typename === 'SignedIn' ? {} : { step };
    }
    case 'LINK':
      await auth.request(LinkProvider, { input: { oauth } });
      return { notice: 'The account at the provider is linked. You can sign in with it from now on.' };
    case 'REAUTHENTICATE':
      if (needsCode && oauth.code) {
        proof = oauth;
        return { notice: 'One more step: choose again what you wanted to do, and type the code of your authenticator app.' };
      }
      await auth.request(ConfirmWithProvider, { input: { oauth } });
      return { notice: 'Your identity is confirmed. Please choose again what you wanted to do.' };
  }
};

/** What a person reads of a journey that failed. */
const sentenceOf = (error: unknown): string => {
  if (!(error instanceof AuthError)) return messageOf(error);
  switch (error.code) {
    case 'INVALID_TOKEN':
      return error.reason === 'EXPIRED'
        ? 'The sign-in at the provider took too long, or your session ended meanwhile. Please begin again.'
        : 'This sign-in was completed before, or is not known. Please begin again.';
    case 'EMAIL_TAKEN':
      return 'There is an account with this email address. Sign in to it another way, and link the provider there.';
    case 'UNAUTHENTICATED':
    case 'SESSION_ENDED':
      return 'Your session ended meanwhile. Please sign in and begin again.';
    case 'REAUTHENTICATION_REQUIRED':
      return 'It took too long. Please confirm that it is you, and begin again.';
    default:
      return messageOf(error);
  }
};
