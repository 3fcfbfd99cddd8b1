// Lists are tables. Where there is no room for one, each row is a card; the roles keep it a table for screen readers.
import type { ReactNode } from 'react';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ReactNode;
  /** A column whose title says nothing that one could not see. */
  readonly isUntitled?: boolean;
}

interface TableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf: (row: Row) => string;
  empty: string;
}

export const Table = <Row,>({ label, columns, rows, keyOf, empty }: TableProps<Row>) => {
  if (rows.length === 0) return <p className="ag-empty">{empty}</p>;
  return (
    <table role="table" aria-label={label} className="ag-table">
      <thead role="rowgroup">
        <tr role="row">
          {columns.map(({ title, isUntitled }) => (
            <th key={title} role="columnheader" scope="col">
              <span className={isUntitled ? 'ag-hidden' : undefined}>{title}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={keyOf(row)} role="row">
            {columns.map(({ title, isUntitled, cell }) => (
              <td key={title} role="cell" data-title={isUntitled ? undefined : title}>
                {cell(row)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
};
