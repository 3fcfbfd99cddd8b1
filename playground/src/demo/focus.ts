// Where the focus goes when a form disappears that had it: to the heading of the step, so that the next Tab goes on from there.

/** Watches everything below an element. Returns what ends it. */
export const keepFocus = (root: HTMLElement): (() => void) => {
  let last: Element | null = null;
  const note = () => void (last = document.activeElement);
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected || document.activeElement !== document.body) return;
    const headings = [...root.querySelectorAll('h2')];
    headings.find((heading) => heading.checkVisibility())?.focus();
  });
  root.addEventListener('focusin', note);
  observer.observe(root, { childList: true, subtree: true });
  return () => {
    root.removeEventListener('focusin', note);
    observer.disconnect();
  };
};
