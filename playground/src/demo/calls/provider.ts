import { readOAuthAnswer, type AuthClient } from '../../client/index.ts';
import { OAUTH_CALLBACK } from '../../shared/page.ts';
import { Providers } from '../generated.ts';

const FLOW = 'authgraph:demo:flow';

/** For the buttons of a sign-in page. */
export const readProviders = async (auth: AuthClient) =>
  (await auth.request(Providers, {})).authConfig.oauthProviders;

/**
 * The address to send the browser to. The flow token stays
 * here, where only this tab can read it.
 */
export const startOAuth = async (
  auth: AuthClient,
  provider: string,
) => {
  const redirectUri = `${location.origin}${OAUTH_CALLBACK}`;
  const started = await auth.startOAuth({ provider, redirectUri });
  sessionStorage.setItem(FLOW, started.flowToken);
  return started.url;
};

/**
 * On the page that the provider sends the browser back to. The
 * code must not stay in the address or in the history.
 */
export const completeOAuth = async (
  auth: AuthClient,
  returnTo: string,
) => {
  const answer = readOAuthAnswer(location.search);
  history.replaceState(null, '', returnTo);
  const flowToken = sessionStorage.getItem(FLOW) ?? '';
  sessionStorage.removeItem(FLOW);
  return auth.completeOAuth({ flowToken, ...answer });
};
