import { PRODUCT } from '../shared/page.ts';

export const Demo = () => (
  <main className="ag-page">
    <h1>{PRODUCT}</h1>
  </main>
);
