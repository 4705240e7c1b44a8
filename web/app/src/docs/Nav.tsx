import { useEffect, useMemo, useState } from "preact/hooks";
import { t } from "../strings/index.js";
import { type Document, entriesOf, headingsOf, slug } from "./document.js";

/** The way through the page: the guide's headings, then the operations by tag. */
export function Nav({ api }: { api: Document }) {
  const [wanted, setWanted] = useState("");
  const [open, setOpen] = useState(false);
  const [here, setHere] = useState(location.hash);
  const guide = useMemo(() => headingsOf(api.info.description, "##"), [api]);
  const groups = useMemo(() => api.tags.map(({ name }) => ({ name, entries: entriesOf(api, name) })), [api]);

  useEffect(() => {
    const moved = () => {
      setHere(location.hash);
      setOpen(false);
    };
    addEventListener("hashchange", moved);
    return () => removeEventListener("hashchange", moved);
  }, []);

  const fits = (text: string) => text.toLowerCase().includes(wanted.trim().toLowerCase());
  const link = (href: string, children: preact.ComponentChildren) => (
    <li key={href}>
      <a href={href} aria-current={href === here ? "location" : undefined}>
        {children}
      </a>
    </li>
  );

  return (
    <nav class={`docs-nav ${open ? "open" : ""}`} aria-label={t.docs.contents}>
      <button type="button" class="button docs-nav-toggle" aria-expanded={open} onClick={() => setOpen(!open)}>
        {t.docs.contents}
      </button>
      <div class="docs-nav-body">
        <input
          type="search"
          aria-label={t.docs.filter}
          placeholder={t.docs.filter}
          value={wanted}
          onInput={(e) => setWanted(e.currentTarget.value)}
        />
        {guide.some(fits) && <h2>{t.docs.guide}</h2>}
        <ul>{guide.filter(fits).map((heading) => link(`#${slug(heading)}`, heading))}</ul>
        {groups.map(({ name, entries }) => {
          const shown = entries.filter(({ method, path, operation }) =>
            fits(`${name} ${method} ${path} ${operation.summary}`),
          );
          return (
            shown.length > 0 && (
              <div key={name}>
                <h2>{name}</h2>
                <ul>
                  {shown.map(({ method, operation }) =>
                    link(
                      `#/${encodeURIComponent(name)}/${operation.operationId}`,
                      <>
                        <span class={`method ${method}`}>{method === "delete" ? "del" : method}</span>
                        {operation.summary}
                      </>,
                    ),
                  )}
                </ul>
              </div>
            )
          );
        })}
      </div>
    </nav>
  );
}
