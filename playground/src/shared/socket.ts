// The socket of the subscriptions, watched: a page that follows events shows whether it is connected.
import { createStore, useStore } from './store.ts';

export type Connection = 'connecting' | 'open' | 'closed';

const connections = createStore<Connection>('closed');
let newest: WebSocket | undefined;

/** Give this class to the client, which opens another one after each loss. */
export class WatchedSocket extends WebSocket {
  constructor(url: string | URL, protocols?: string | string[]) {
    super(url, protocols);
    newest = this;
    const tell = (connection: Connection) => {
      if (newest === this) connections.set(connection);
    };
    tell('connecting');
    this.addEventListener('open', () => tell('open'));
    this.addEventListener('close', () => tell('closed'));
  }
}

export const useConnection = (): Connection => useStore(connections);
