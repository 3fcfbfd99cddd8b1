// The workers of Monaco, as files of our own: the policy allows no `blob:`.
import EditorWorker from 'monaco-editor/esm/vs/editor/editor.worker.js?worker';
import JsonWorker from 'monaco-editor/esm/vs/language/json/json.worker.js?worker';
import GraphQLWorker from 'monaco-graphql/esm/graphql.worker.js?worker';

const create = (label: string): Worker => {
  if (label === 'json') return new JsonWorker();
  return label === 'graphql' ? new GraphQLWorker() : new EditorWorker();
};

/** By then the editor is on the screen: compiling a megabyte of workers must not come before it. */
const LATEST_MS = 2_000;

self.MonacoEnvironment = {
  getWorker: (_: string, label: string) =>
    new Promise((resolve) => {
      const begin = () => resolve(create(label));
      // Safari has no idle callbacks.
      if ('requestIdleCallback' in window) requestIdleCallback(begin, { timeout: LATEST_MS });
      else setTimeout(begin);
    }),
};
