import { PRODUCT } from '../shared/page.ts';

export const Account = () => (
  <main className="ag-page">
    <h1>{PRODUCT}</h1>
  </main>
);
