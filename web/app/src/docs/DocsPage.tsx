import { useEffect, useRef, useState } from "preact/hooks";
import { t } from "../strings/index.js";
import { Brand } from "../ui/Brand.js";
import { CredentialsBar } from "./CredentialsBar.js";
import { type Document, withParameters } from "./document.js";
import { Nav } from "./Nav.js";

/** The page: who you are above, the way on the left, the reader (a chunk of its own, and large) in the middle. */
export function DocsPage() {
  const [api, setApi] = useState<Document>();
  const [failed, setFailed] = useState(false);
  const reader = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const open = async () => {
      const [response, { openReader }] = await Promise.all([fetch("/docs/openapi.json"), import("./reader.js")]);
      if (!response.ok || !reader.current) throw new Error(`openapi.json: ${response.status}`);
      const loaded = withParameters((await response.json()) as Document);
      openReader(reader.current, loaded);
      setApi(loaded);
    };
    open().catch(() => setFailed(true));
  }, []);

  return (
    <div class="docs">
      <header class="topbar docs-top">
        <Brand />
        <span class="docs-title">{t.docs.title}</span>
        <nav class="docs-links" aria-label={t.docs.files}>
          <a href="/docs/openapi.yaml">openapi.yaml</a>
          <a href="/docs/openapi.json">openapi.json</a>
        </nav>
      </header>
      {api && <Nav api={api} />}
      <main class="docs-main">
        {api && <CredentialsBar />}
        {failed && (
          <p class="problem" role="alert">
            {t.docs.failed}
          </p>
        )}
        {!api && !failed && <span class="spinner" role="status" aria-label={t.docs.loading} />}
        <div ref={reader} />
      </main>
    </div>
  );
}
