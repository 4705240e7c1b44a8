import { t } from "../strings/index.js";
import { credentials, setCredential, taken } from "./credentials.js";

const FIELDS = [
  ["ApiKey", "x-api-key", "mk_…"],
  ["AdminToken", "x-admin-token", ""],
] as const;

/** The headers that calls from this page carry. */
export function CredentialsBar() {
  return (
    <section class="credentials" aria-label={t.docs.credentials}>
      {FIELDS.map(([scheme, header, placeholder]) => (
        <label key={scheme}>
          <code>{header}</code>
          <input
            name={header}
            placeholder={placeholder}
            autocomplete="off"
            spellcheck={false}
            value={credentials.value[scheme] ?? ""}
            onInput={(e) => setCredential(scheme, e.currentTarget.value)}
          />
        </label>
      ))}
      <p role="status">{taken.value ? t.docs.taken[taken.value as keyof typeof t.docs.taken] : t.docs.hint}</p>
    </section>
  );
}
