import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { t } from "../strings/index.js";
import { LANGUAGES, type Language, snippet } from "./languages.js";
import type { Call } from "./request.js";

const language = signal<Language>("curl"); // one choice for the whole page

/** A call in the language of the reader's choice. */
export function Snippets({ call }: { call: () => Call }) {
  const [copied, setCopied] = useState(false);
  const code = snippet(language.value, call());
  const copy = async () => {
    await navigator.clipboard.writeText(code);
    setCopied(true);
    setTimeout(() => setCopied(false), 1500);
  };
  return (
    <section class="snippets">
      <div class="snippets-top">
        <h4>{t.docs.snippet}</h4>
        <select
          aria-label={t.docs.language}
          value={language.value}
          onChange={(e) => (language.value = e.currentTarget.value as Language)}
        >
          {LANGUAGES.map((name) => (
            <option key={name} value={name}>
              {name}
            </option>
          ))}
        </select>
        <button type="button" class="button small" onClick={copy}>
          {copied ? t.docs.copied : t.docs.copy}
        </button>
      </div>
      <pre tabIndex={0}>
        <code>{code}</code>
      </pre>
    </section>
  );
}
