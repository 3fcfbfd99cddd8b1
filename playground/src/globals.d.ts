interface Window {
  MonacoEnvironment?: { getWorker: (id: string, label: string) => Promise<Worker> };
}

declare module 'virtual:weights' {
  /** By `Type.field`, and by `Type`. */
  const weights: Readonly<Record<string, number>>;
  export default weights;
}
