import type { ComponentChildren } from "preact";
import { Brand } from "../ui/Brand.js";

interface Props {
  title: string;
  text: string;
  children?: ComponentChildren;
}

/** A page that says one thing. */
export function Notice({ title, text, children }: Props) {
  return (
    <div class="notice-page">
      <header class="topbar">
        <Brand />
      </header>
      <main class="notice" role="status">
        <h1>{title}</h1>
        <p>{text}</p>
        <div class="notice-actions">{children}</div>
      </main>
    </div>
  );
}
