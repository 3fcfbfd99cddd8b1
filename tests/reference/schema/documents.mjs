export function checkDocuments() { return 'TODO'; }
