// A user under load who keeps account of everything that was acknowledged, and follows the own events over a WebSocket.
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { Person } from './authgraph.mjs';

const require = createRequire(new URL('../live/package.json', import.meta.url));
const { createClient } = require('graphql-ws');
const WebSocket = require('ws');

// Codes of answers that were lost: the action may have been done.
const LOST = /^(NO_ANSWER|HTTP_5..)$/;
export const isLost = (answer) => LOST.test(answer.code);

const RENAME = 'mutation($input: UpdateProfileInput!) { updateProfile(input: $input) { user { name } } }';
const NEWEST = '{ me { auditEvents(first: 1) { edges { node { id } } } } }';

export class Caller extends Person {
  // What was acknowledged; what was asked for, and may have been done.
  acknowledged = { USER_REGISTERED: 0, PROFILE_UPDATED: 0, SESSION_REFRESHED: 0 };
  asked = { USER_REGISTERED: 0, PROFILE_UPDATED: 0, SESSION_REFRESHED: 0 };
  // The name that was acknowledged last, and those of later attempts whose answers were lost.
  names = [null];
  // How often a lost answer was asked for again, with the same key and with success.
  askedAgain = 0;

  // With one key, so that a lost answer may be asked for again.
  async register() {
    const isAgain = Boolean(this.key);
    this.key ??= randomUUID();
    this.asked.USER_REGISTERED = 1;
    const answer = await this.signUp('register', { idempotencyKey: this.key });
    if (!answer.code) this.acknowledged.USER_REGISTERED = 1;
    if (!answer.code && isAgain) this.askedAgain += 1;
    return answer;
  }

  async rename() {
    const name = `Name ${(this.asked.PROFILE_UPDATED += 1)}`;
    const answer = await this.server.ask(RENAME, { name }, this.tokens.accessToken);
    if (answer.code) this.names.push(name);
    else this.names = [name];
    if (!answer.code) this.acknowledged.PROFILE_UPDATED += 1;
    return answer;
  }

  async refresh() {
    const isAgain = Boolean(this.attempt);
    if (!isAgain) this.asked.SESSION_REFRESHED += 1;
    const answer = await super.refresh();
    if (!answer.code) this.acknowledged.SESSION_REFRESHED += 1;
    if (!answer.code && isAgain) this.askedAgain += 1;
    return answer;
  }

  async name() {
    const answer = await this.server.ask('{ me { name } }', undefined, this.tokens.accessToken);
    return answer.code ?? answer.name;
  }

  // Does the next of its actions; a newcomer registers.
  async act(round) {
    if (!this.tokens) return this.register();
    return [() => this.me(), () => this.rename(), () => this.me(), () => this.refresh()][round % 4]();
  }

  // Follows the own events from now on. `heard` has their actions by their ids, `closed` the codes of closed sockets.
  async follow(server) {
    const newest = await this.server.ask(NEWEST, undefined, this.tokens.accessToken);
    let after = newest.auditEvents.edges[0].node.id;
    Object.assign(this, { heard: new Map(), closed: [], followed: { ...this.acknowledged } });
    this.socket = createClient({
      url: `${server.base.replace(/^http/, 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      connectionParams: () => ({ authorization: `Bearer ${this.tokens.accessToken}` }),
      retryAttempts: 100,
      // A session that has ended stays so.
      shouldRetry: ({ code }) => code !== 4403,
      retryWait: () => sleep(100),
      on: { closed: ({ code }) => this.closed.push([code, performance.now()]) },
    });
    const payload = {
      query: 'subscription($after: ID) { securityEvents(after: $after) { id action } }',
      // Read again whenever the client comes back.
      get variables() {
        return { after };
      },
    };
    this.following = new Promise((ended) => {
      this.socket.subscribe(payload, {
        next: ({ data }) => {
          after = data.securityEvents.id;
          this.heard.set(after, [data.securityEvents.action, performance.now()]);
        },
        error: ended,
        complete: ended,
      });
    });
  }

  heardOf(action) {
    return [...this.heard.values()].filter(([heard]) => heard === action);
  }

  // How many renamings since it began to follow were not heard.
  missed() {
    return this.acknowledged.PROFILE_UPDATED - this.followed.PROFILE_UPDATED - this.heardOf('PROFILE_UPDATED').length;
  }
}
