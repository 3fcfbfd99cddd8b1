import { PRODUCT } from '../shared/page.ts';

export const Console = () => (
  <main className="ag-page">
    <h1>{PRODUCT}</h1>
  </main>
);
