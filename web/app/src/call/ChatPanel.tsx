import type { ChatMessage } from "@onepizza/sdk";
import { SendHorizontal } from "lucide-preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { linkify } from "../lib/linkify.js";
import { clock } from "../lib/time.js";
import type { CallState } from "../state/call.js";
import { t } from "../strings/index.js";
import { IconButton } from "../ui/Button.js";
import { PanelFrame } from "./PanelFrame.js";

const LONGEST = 2000;
/** Messages of one person within this time stand under one name. */
const TOGETHER_MS = 120_000;

export function ChatPanel({ call }: { call: CallState }) {
  const messages = call.messages.value;
  const list = useRef<HTMLDivElement>(null);
  const [problem, setProblem] = useState(false);

  useEffect(() => {
    list.current?.scrollTo({ top: list.current.scrollHeight });
  }, [messages.length]);

  const send = async (text: string) => {
    setProblem(false);
    await call.meeting.sendChat(text).catch(() => setProblem(true));
  };

  return (
    <PanelFrame title={t.chat.title} onClose={() => call.togglePanel("chat")}>
      <div class="chat-list" ref={list} tabIndex={0} role="log" aria-label={t.chat.title}>
        {messages.length === 0 && <p class="panel-empty">{t.chat.empty}</p>}
        {messages.map((m, i) => (
          <Message key={`${m.timestamp}-${i}`} message={m} before={messages[i - 1]} own={m.from === call.self.id} />
        ))}
      </div>
      {problem && (
        <p class="problem" role="alert">
          {t.chat.failed}
        </p>
      )}
      <Composer onSend={send} />
    </PanelFrame>
  );
}

function Message({ message, before, own }: { message: ChatMessage; before: ChatMessage | undefined; own: boolean }) {
  const together = before?.from === message.from && message.timestamp - before.timestamp < TOGETHER_MS;
  return (
    <div class={`message ${own ? "own" : ""} ${together ? "together" : ""}`}>
      {!together && (
        <p class="message-head">
          <strong>{own ? t.call.you : message.name}</strong>
          <time>{clock(message.timestamp)}</time>
        </p>
      )}
      <p class="message-text">
        {linkify(message.text).map(({ text, href }, i) =>
          href ? (
            <a key={i} href={href} target="_blank" rel="noopener noreferrer nofollow">
              {text}
            </a>
          ) : (
            text
          ),
        )}
      </p>
    </div>
  );
}

function Composer({ onSend }: { onSend: (text: string) => Promise<void> }) {
  const [text, setText] = useState("");
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => field.current?.focus(), []);
  const submit = () => {
    const trimmed = text.trim();
    if (!trimmed) return;
    void onSend(trimmed);
    setText("");
  };
  return (
    <form
      class="composer"
      onSubmit={(e) => {
        e.preventDefault();
        submit();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        maxLength={LONGEST}
        placeholder={t.chat.placeholder}
        aria-label={t.chat.placeholder}
        value={text}
        onInput={(e) => setText(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key !== "Enter" || e.shiftKey || e.isComposing) return;
          e.preventDefault();
          submit();
        }}
      />
      <IconButton type="submit" label={t.chat.send} disabled={!text.trim()}>
        <SendHorizontal size={18} />
      </IconButton>
    </form>
  );
}
