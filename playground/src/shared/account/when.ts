const format = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** A time as people write it, in the zone of the browser. */
export const when = (time: string): string => format.format(new Date(time));
