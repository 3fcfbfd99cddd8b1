// Reads the development mailbox of a server that has no mail server.

/** The token in the link of the latest email to an address. Emails are sent in the background, so it waits for one. */
export const tokenFromEmail = async (url: string, email: string, page: string): Promise<string> => {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(`${url}/dev/mailbox/latest?to=${encodeURIComponent(email)}`);
    const [, token] = (await response.text()).match(new RegExp(`/${page}\\?token=([\\w-]+)`)) ?? [];
    if (response.ok && token) return token;
    await new Promise((wake) => setTimeout(wake, 100));
  }
  throw new Error(`There is no email with a link to ${page} for ${email}.`);
};
