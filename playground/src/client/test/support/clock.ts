// The clock by which clients count the lifetime of tokens, moved forward instead of waited for.
const running = performance.now.bind(performance);
let ahead = 0;
performance.now = () => running() + ahead;

/** Lets every access token of this process expire, as its clients see it. For the server no time goes by. */
export const expireTokens = () => {
  ahead += 900_000;
};
