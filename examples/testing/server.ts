/** Address of the server that the programs talk to. */
export const serverUrl = (): string => process.env['AUTHGRAPH_URL'] ?? 'http://localhost:8080';

/** An address and a password of a new user. */
export const newcomer = (name: string) => ({
  email: `${name}-${crypto.randomUUID()}@example.com`,
  password: 'Blue-Kettle-42-Harbour',
});

/** Waits until something holds, ten seconds at most. */
export const until = async (what: () => string, holds: () => boolean | Promise<boolean>): Promise<void> => {
  for (let attempt = 0; attempt < 200; attempt++) {
    if (await holds()) return;
    await new Promise((wake) => setTimeout(wake, 50));
  }
  throw new Error(`It took too long: ${what()}.`);
};

/** The administrator that the server printed at its first start. */
export const administrator = () => ({
  email: process.env['ADMIN_EMAIL'] ?? 'admin@example.com',
  password: process.env['ADMIN_PASSWORD'] ?? '',
});
