import { isMeetingId, parseJoinLink } from "@onepizza/sdk";
import { ArrowRight, Network, ShieldCheck, Video, Zap } from "lucide-preact";
import { useState } from "preact/hooks";
import { ApiError, createGuestMeeting } from "../lib/api.js";
import { store } from "../lib/store.js";
import { t } from "../strings/index.js";
import { Brand } from "../ui/Brand.js";
import { Button } from "../ui/Button.js";
import { Picture } from "./Picture.js";

const POINT_ICONS = [Zap, Network, ShieldCheck];

export function Home() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const [link, setLink] = useState("");
  const [linkProblem, setLinkProblem] = useState("");

  const start = async () => {
    setBusy(true);
    setProblem("");
    try {
      const { meetingId, adminToken } = await createGuestMeeting();
      store.setAdminToken(meetingId, adminToken);
      location.assign(`/join/${meetingId}`);
    } catch (e) {
      setProblem(e instanceof ApiError && e.status === 429 ? t.home.tooMany : t.home.failed);
      setBusy(false);
    }
  };

  const join = (e: Event) => {
    e.preventDefault();
    const found = parseJoinLink(link);
    if (!found || !isMeetingId(found.meetingId)) return setLinkProblem(t.home.badLink);
    if (found.adminToken) store.setAdminToken(found.meetingId, found.adminToken);
    const query = new URLSearchParams();
    if (found.name) query.set("name", found.name);
    if (found.invite) query.set("invite", found.invite);
    location.assign(`/join/${found.meetingId}${query.size ? `?${query}` : ""}`);
  };

  return (
    <div class="home">
      <header class="topbar">
        <Brand />
        <a class="topbar-link" href="/docs">
          {t.home.docs}
        </a>
      </header>
      <main class="hero">
        <div class="hero-text">
          <h1>{t.home.title}</h1>
          <p class="lead">{t.home.lead}</p>
          <Button class="primary large" onClick={start} disabled={busy}>
            <Video size={20} aria-hidden="true" />
            {busy ? t.home.starting : t.home.start}
          </Button>
          {problem && (
            <p class="problem" role="alert">
              {problem}
            </p>
          )}
          <form class="join-form" onSubmit={join} noValidate>
            <label for="link">{t.home.or}</label>
            <div class="join-row">
              <input
                id="link"
                aria-label={t.home.joinLabel}
                placeholder={t.home.joinPlaceholder}
                autocomplete="off"
                autocapitalize="none"
                spellcheck={false}
                value={link}
                aria-invalid={linkProblem !== ""}
                aria-describedby="link-problem"
                onInput={(e) => {
                  setLink(e.currentTarget.value);
                  setLinkProblem("");
                }}
              />
              <Button type="submit" disabled={!link.trim()}>
                {t.home.join}
                <ArrowRight size={18} aria-hidden="true" />
              </Button>
            </div>
            <p class="problem" id="link-problem" role="alert">
              {linkProblem}
            </p>
          </form>
        </div>
        <Picture />
      </main>
      <section class="points">
        {t.home.points.map(([title, text], i) => {
          const Icon = POINT_ICONS[i] ?? Zap;
          return (
            <div class="point" key={title}>
              <Icon size={22} aria-hidden="true" />
              <h2>{title}</h2>
              <p>{text}</p>
            </div>
          );
        })}
      </section>
    </div>
  );
}
