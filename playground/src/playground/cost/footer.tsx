// Below the answer: what the document costs, while one types, and what is left of the budget.
import { useGraphiQL } from '@graphiql/react';
import { Kind, type OperationDefinitionNode } from 'graphql';
import { useMemo } from 'react';
import { MAX_COST } from '../../shared/page.ts';
import { createStore, useStore } from '../../shared/store.ts';
import { costOf } from './cost.ts';

/** `extensions.cost` of an answer, if `COST_EXTENSION` is on. */
export interface CostExtension {
  requested: number;
  remaining?: number | null;
}

const last = createStore<CostExtension | undefined>(undefined);

export const noteCost = (extensions: Readonly<Record<string, unknown>> | undefined): void => {
  const cost = extensions?.['cost'] as CostExtension | undefined;
  if (cost) last.set(cost);
};

const readVariables = (text: string | null | undefined): Record<string, unknown> => {
  try {
    return text ? (JSON.parse(text) as Record<string, unknown>) : {};
  } catch {
    return {};
  }
};

const points = new Intl.NumberFormat();

export const CostFooter = () => {
  const { schema, documentAST, operationName, variables } = useGraphiQL((state) => ({
    schema: state.schema,
    documentAST: state.documentAST,
    operationName: state.operationName,
    variables: state.tabs[state.activeTabIndex]?.variables,
  }));
  const answered = useStore(last);
  const cost = useMemo(() => {
    const operations = documentAST?.definitions.filter((one): one is OperationDefinitionNode => one.kind === Kind.OPERATION_DEFINITION);
    const operation = operations?.find(({ name }) => name?.value === operationName) ?? operations?.[0];
    if (!schema || !documentAST || !operation) return undefined;
    return costOf({ schema, document: documentAST, operation, variables: readVariables(variables) });
  }, [schema, documentAST, operationName, variables]);
  if (cost === undefined) return null;
  const isTooDear = MAX_COST > 0 && cost > MAX_COST;
  return (
    <p className={isTooDear ? 'ag-cost ag-fault' : 'ag-cost'} role="status">
      Costs up to <strong data-cost={cost}>{points.format(cost)}</strong>
      {MAX_COST > 0 && ` of ${points.format(MAX_COST)}`} points{isTooDear && ': too many for one operation'}.
      {answered?.remaining != null && ` ${points.format(answered.remaining)} are left.`}
    </p>
  );
};
