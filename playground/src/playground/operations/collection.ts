// The collection: every file of the folder `operations`. Its folder is its group, its first comment says what it does.

export interface CollectedOperation {
  group: string;
  name: string;
  kind: 'query' | 'mutation' | 'subscription';
  description: string;
  /** The document without the comments in front. */
  document: string;
  variables: string;
}

const files = import.meta.glob<string>('../../../operations/**/*.graphql', { eager: true, query: '?raw', import: 'default' });

const VARIABLES = '# @variables ';

const read = (path: string, text: string): CollectedOperation => {
  const [group = '', file = ''] = path.split('/').slice(-2);
  const lines = text.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  const header = lines.slice(0, end);
  const document = lines.slice(end).join('\n').trimStart();
  const variables = header.find((line) => line.startsWith(VARIABLES))?.slice(VARIABLES.length);
  const [kind] = document.match(/^(query|mutation|subscription)\b/) ?? ['query'];
  return {
    group,
    name: file.replace(/\.graphql$/, ''),
    kind: kind as CollectedOperation['kind'],
    description: header.filter((line) => !line.startsWith('# @')).map((line) => line.replace(/^# ?/, '')).join(' '),
    document,
    variables: variables ? JSON.stringify(JSON.parse(variables), null, 2) : '',
  };
};

export const collection: readonly CollectedOperation[] = Object.entries(files)
  .toSorted(([one], [other]) => (one < other ? -1 : 1))
  .map(([path, text]) => read(path, text));
