// Lets a scenario import the modules of k6.
const modules = { k6: './k6.mjs', 'k6/http': './http.mjs', 'k6/metrics': './metrics.mjs' };

export async function resolve(specifier, context, next) {
  if (!Object.hasOwn(modules, specifier)) {
    if (specifier.startsWith('k6')) throw new Error(`This runner has no module ${specifier}.`);
    return next(specifier, context);
  }
  return { url: new URL(modules[specifier], import.meta.url).href, shortCircuit: true };
}
