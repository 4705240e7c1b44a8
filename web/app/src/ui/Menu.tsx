import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { IconButton } from "./Button.js";

interface Props {
  label: string;
  icon: ComponentChildren;
  class?: string;
  /** Laid out in a row (reactions) rather than as a list. */
  row?: boolean;
  children: (close: () => void) => ComponentChildren;
}

/** A button that opens a small menu above it. Arrows move, Escape and clicks elsewhere close. */
export function Menu({ label, icon, class: extra, row, children }: Props) {
  const [open, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const items = () => [...(root.current?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
  const close = () => {
    setOpen(false);
    root.current?.querySelector("button")?.focus();
  };

  useEffect(() => {
    if (!open) return;
    items()[0]?.focus();
    const outside = (e: PointerEvent) => root.current?.contains(e.target as Node) || setOpen(false);
    document.addEventListener("pointerdown", outside);
    return () => document.removeEventListener("pointerdown", outside);
  }, [open]);

  const onKeyDown = (e: KeyboardEvent) => {
    if (!open) return;
    if (e.key === "Escape") return close();
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[e.key];
    if (!step) return;
    e.preventDefault();
    const list = items();
    const at = list.indexOf(document.activeElement as HTMLElement);
    list[(at + step + list.length) % list.length]?.focus();
  };

  return (
    <div class={`menu-root ${extra ?? ""}`} ref={root} onKeyDown={onKeyDown}>
      <IconButton label={label} aria-haspopup="menu" aria-expanded={open} onClick={() => setOpen(!open)}>
        {icon}
      </IconButton>
      {open && (
        <div class={`menu ${row ? "row" : ""}`} role="menu" aria-label={label}>
          {children(close)}
        </div>
      )}
    </div>
  );
}

interface ItemProps {
  icon?: ComponentChildren;
  children: ComponentChildren;
  onSelect: () => void;
  class?: string;
}

export function MenuItem({ icon, children, onSelect, class: extra }: ItemProps) {
  return (
    <button type="button" role="menuitem" class={`menu-item ${extra ?? ""}`} onClick={onSelect}>
      {icon}
      <span>{children}</span>
    </button>
  );
}
