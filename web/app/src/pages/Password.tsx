import { useEffect, useState } from "preact/hooks";
import { ApiError, forgotPassword, resetPassword, resetTokenIsGood } from "../lib/api.js";
import { t } from "../strings/index.js";
import { Button } from "../ui/Button.js";
import { Notice } from "./Notice.js";

type Trouble = { text: string; busy: boolean };
const NONE: Trouble = { text: "", busy: false };

function sentence(error: unknown): string {
  if (error instanceof ApiError && error.status === 429) return t.password.tooMany;
  return error instanceof ApiError && error.message ? error.message : t.password.failed;
}

/** Asks for an e-mail address and has a reset link sent to it. */
export function ForgotPassword() {
  const [email, setEmail] = useState("");
  const [sent, setSent] = useState(false);
  const [trouble, setTrouble] = useState(NONE);

  const send = async (e: Event) => {
    e.preventDefault();
    setTrouble({ text: "", busy: true });
    try {
      await forgotPassword(email.trim());
      setSent(true);
    } catch (error) {
      setTrouble({ text: sentence(error), busy: false });
    }
  };

  if (sent) return <Notice title={t.password.sent[0]} text={t.password.sent[1]} />;
  return (
    <Notice title={t.password.forgot[0]} text={t.password.forgot[1]}>
      <form class="password-form" onSubmit={send}>
        <label for="email">{t.password.email}</label>
        <input
          id="email"
          type="email"
          autocomplete="email"
          required
          value={email}
          onInput={(e) => setEmail(e.currentTarget.value)}
        />
        <p class="problem" role="alert">
          {trouble.text}
        </p>
        <Button type="submit" class="primary" disabled={trouble.busy || !email.trim()}>
          {t.password.send}
        </Button>
      </form>
    </Notice>
  );
}

/** Where the mailed link leads. The token leaves the address bar, and with it the history, at once. */
export function ResetPassword() {
  const [token] = useState(() => new URLSearchParams(location.search).get("token") ?? "");
  const [stage, setStage] = useState<"checking" | "good" | "bad" | "done">("checking");
  const [password, setPassword] = useState("");
  const [trouble, setTrouble] = useState(NONE);

  useEffect(() => {
    history.replaceState(null, "", location.pathname);
    resetTokenIsGood(token).then(
      (good) => setStage(good ? "good" : "bad"),
      (error: unknown) => {
        setStage("good"); // it can't be known now: saving will tell
        setTrouble({ text: sentence(error), busy: false });
      },
    );
  }, [token]);

  const save = async (e: Event) => {
    e.preventDefault();
    setTrouble({ text: "", busy: true });
    try {
      await resetPassword(token, password);
      setStage("done");
    } catch (error) {
      setTrouble({ text: sentence(error), busy: false });
    }
  };

  if (stage === "checking") return <Notice title={t.password.reset[0]} text={t.password.checking} />;
  if (stage === "done") return <Notice title={t.password.done[0]} text={t.password.done[1]} />;
  if (stage === "bad") {
    return (
      <Notice title={t.password.bad[0]} text={t.password.bad[1]}>
        <a class="button primary" href="/forgot-password">
          {t.password.again}
        </a>
      </Notice>
    );
  }
  return (
    <Notice title={t.password.reset[0]} text={t.password.reset[1]}>
      <form class="password-form" onSubmit={save}>
        <label for="password">{t.password.fresh}</label>
        <input
          id="password"
          type="password"
          autocomplete="new-password"
          minLength={8}
          required
          value={password}
          onInput={(e) => setPassword(e.currentTarget.value)}
        />
        <p class="problem" role="alert">
          {trouble.text}
        </p>
        <Button type="submit" class="primary" disabled={trouble.busy || password.length < 8}>
          {t.password.save}
        </Button>
      </form>
    </Notice>
  );
}
