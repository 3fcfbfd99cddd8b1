import type { AnchorHTMLAttributes, MouseEvent } from 'react';
import { navigate } from './place.ts';

interface LinkProps extends AnchorHTMLAttributes<HTMLAnchorElement> {
  href: string;
}

/** A link to another view of the console, without loading the page again. */
export const Link = ({ href, ...more }: LinkProps) => {
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={open} {...more} />;
};
