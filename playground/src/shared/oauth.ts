// Signing in, linking and confirming with a provider: a journey to the provider's pages and back to this one.
import { readOAuthAnswer, type AuthClient, type LoginResult, type OAuthPurpose } from '../client/index.ts';
import { ConfirmWithProvider, LinkProvider } from './account/generated.ts';
import { messageOf } from './messages.ts';
import { HOME, OAUTH_CALLBACK } from './page.ts';

/** What the page has to know when the browser comes back. It is in sessionStorage: another tab cannot take over the journey. */
interface Journey {
  readonly flowToken: string;
  readonly purpose: OAuthPurpose;
  readonly returnTo: string;
}

const KEY = 'authgraph:oauth';

/** Sends the browser to the provider. */
export const beginOAuth = async (auth: AuthClient, provider: string, purpose: OAuthPurpose): Promise<void> => {
  const redirectUri = `${location.origin}${OAUTH_CALLBACK}`;
  const { url, flowToken } = await auth.startOAuth({ provider, redirectUri, purpose });
  const journey: Journey = { flowToken, purpose, returnTo: location.pathname + location.search };
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
  return text === null ? null : (JSON.parse(text) as Journey);
};

/** Completes what was begun, if the browser has just come back from a provider. */
export const finishOAuth = async (auth: AuthClient): Promise<FinishedOAuth> => {
  if (location.pathname !== OAUTH_CALLBACK) return {};
  const answer = readOAuthAnswer(location.search);
  const journey = takeJourney();
  // The code must not stay in the address or in the history.
  history.replaceState(null, '', journey?.returnTo ?? HOME);
  if (!journey) return { notice: 'This sign-in was not begun in this tab. Please try again.' };
  const oauth = { flowToken: journey.flowToken, ...answer };
  try {
    switch (journey.purpose) {
      case 'LOGIN': {
        const step = await auth.completeOAuth(oauth);
        return step.__typename === 'SignedIn' ? {} : { step };
      }
      case 'LINK':
        await auth.request(LinkProvider, { input: { oauth } });
        return { notice: 'The account at the provider is linked.' };
      case 'REAUTHENTICATE':
        await auth.request(ConfirmWithProvider, { input: { oauth } });
        return { notice: 'Your identity is confirmed.' };
    }
  } catch (error) {
    return { notice: messageOf(error) };
  }
};
