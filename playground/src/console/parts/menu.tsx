// A button that opens a list of buttons. The browser closes it with Escape or a click elsewhere, and gives the focus back.
import { useId, useLayoutEffect, useRef, useState } from 'react';

interface MenuProps<Item extends { readonly label: string }> {
  label: string;
  items: readonly Item[];
  onChoose: (item: Item) => void;
}

export const Menu = <Item extends { readonly label: string; readonly isDangerous?: boolean }>({ label, items, onChoose }: MenuProps<Item>) => {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [isOpen, setOpen] = useState(false);
  const place = () => {
    if (!button.current || !list.current) return;
    const { bottom, right, top } = button.current.getBoundingClientRect();
    const { offsetHeight, offsetWidth, style } = list.current;
    const fits = bottom + offsetHeight < innerHeight;
    style.top = `${fits ? bottom : Math.max(top - offsetHeight, 0)}px`;
    style.left = `${Math.max(right - offsetWidth, 8)}px`;
  };
  const choose = (item: Item) => {
    list.current?.hidePopover();
    onChoose(item);
  };
  useLayoutEffect(() => {
    if (isOpen) place();
  }, [isOpen]);
  return (
    <>
      <button ref={button} type="button" className="ag-button ag-more" popoverTarget={id} aria-expanded={isOpen} aria-label={label}>
        ⋯
      </button>
      <div ref={list} id={id} popover="auto" className="ag-popover" role="group" aria-label={label} onToggle={(event) => setOpen(event.newState === 'open')}>
        {isOpen &&
          items.map((item) => (
            <button key={item.label} type="button" data-danger={item.isDangerous} onClick={() => choose(item)}>
              {item.label}
            </button>
          ))}
      </div>
    </>
  );
};
