// What the modules of k6 share within a virtual user.
let samples = [];

export const state = {
  group: '',
  // Set by the virtual user: sends a request, and blocks until it is answered.
  send() {
    throw new Error('Only the default function may send requests: k6 runs the rest of a scenario before it begins.');
  },
  add(metric, value, tags = {}) {
    samples.push({ metric, value, tags: { group: this.group, ...tags } });
  },
  take() {
    const taken = samples;
    samples = [];
    return taken;
  },
};
