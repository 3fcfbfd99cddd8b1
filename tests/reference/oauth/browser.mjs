// A browser without windows: it keeps cookies, follows redirects and submits forms.
const STEPS = 20;
const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'", '#x2F': '/' };
const decode = (text) => text.replace(/&(#?\w+);/g, (entity, name) => ENTITIES[name] ?? entity);
const attributes = (tag) => Object.fromEntries([...tag.matchAll(/([\w-]+)="([^"]*)"/g)].map(([, name, value]) => [name, decode(value)]));

/** What a person sees: the forms and links of a page. */
class Page {
  constructor(url, status, html) {
    Object.assign(this, { url, status, html });
  }

  forms() {
    return [...this.html.matchAll(/(<form[^>]*>)([^]*?)<\/form>/g)].map(([, tag, inside]) => ({ ...attributes(tag), inside }));
  }

  /** Submits a form. Inputs without a value get `typed`. */
  submit(form, typed) {
    const inputs = [...form.inside.matchAll(/<input[^>]*>/g)].map(([tag]) => attributes(tag)).filter(({ name }) => name);
    const body = new URLSearchParams(inputs.map(({ name, value }) => [name, value ?? typed]));
    return { url: new URL(form.action, this.url).href, method: 'POST', body };
  }

  /** Follows the link whose text contains this. */
  follow(text) {
    const links = [...this.html.matchAll(/(<a [^>]*>)([^<]*)<\/a>/g)];
    const [, tag] = links.find(([, , label]) => label.includes(text)) ?? this.complain(`no link ${text}`);
    return { url: new URL(attributes(tag).href, this.url).href };
  }

  complain(what) {
    throw new Error(`${what} at ${this.url} (${this.status}): ${this.html.replace(/<style>[^]*?<\/style>/g, '').slice(0, 1_000)}`);
  }
}

export class Browser {
  #cookies = new Map();

  /** Opens a URL, lets `act` answer each page, and returns the parameters with which it arrives at the redirect URI. */
  async visit(url, redirectUri, act) {
    let next = { url };
    for (let step = 0; step < STEPS; step += 1) {
      // Nobody listens at the redirect URI: a client would read the address.
      if (next.url.split(/[?#]/)[0] === redirectUri) return Object.fromEntries(new URL(next.url).searchParams);
      const response = await this.#send(next);
      const location = response.headers.get('location');
      const html = await response.text();
      next = location ? { url: new URL(location, next.url).href } : act(new Page(next.url, response.status, html));
    }
    throw new Error(`${STEPS} steps from ${url} did not lead to ${redirectUri}`);
  }

  async #send({ url, method, body }) {
    const { host } = new URL(url);
    const jar = this.#cookies.get(host) ?? new Map();
    this.#cookies.set(host, jar);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = cookie ? { cookie } : {};
    const response = await fetch(url, { method, body, headers, redirect: 'manual', signal: AbortSignal.timeout(20_000) });
    for (const set of response.headers.getSetCookie()) {
      const [name, value] = set.split(';')[0].split('=');
      if (value) jar.set(name, value);
      else jar.delete(name);
    }
    return response;
  }
}

/** A person who signs in: types the login where it is asked for, chooses the account by it, and agrees to everything. */
export const signInAs = (login) => (page) => {
  const forms = page.forms();
  const form = forms.length === 1 ? forms[0] : forms.find(({ inside }) => inside.includes(`"${login}"`));
  return form ? page.submit(form, login) : page.complain(`no form for ${login}`);
};

/** A person who says no. */
export const cancel = (page) => page.follow('Cancel');
