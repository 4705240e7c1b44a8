import { signal } from "@preact/signals";

export interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

const SHOWN_MS = 4500;
const SHOWN_WITH_ACTION_MS = 9000;
const MOST = 3;

export const toasts = signal<Toast[]>([]);
/** Spoken by screen readers, not shown. */
export const announcement = signal("");
let serial = 0;

export function toast(text: string, action?: Toast["action"]): void {
  const entry: Toast = { id: ++serial, text, ...(action && { action }) };
  toasts.value = [...toasts.value.filter((old) => old.text !== text), entry].slice(-MOST);
  setTimeout(() => dismiss(entry.id), action ? SHOWN_WITH_ACTION_MS : SHOWN_MS);
}

export function dismiss(id: number): void {
  toasts.value = toasts.value.filter((entry) => entry.id !== id);
}

/** For a message that is no longer true. */
export function withdraw(text: string): void {
  toasts.value = toasts.value.filter((entry) => entry.text !== text);
}

export function announce(text: string): void {
  announcement.value = text;
}
