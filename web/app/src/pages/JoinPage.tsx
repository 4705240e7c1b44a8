import { useMemo } from "preact/hooks";
import { Call } from "../call/Call.js";
import { Session } from "../state/session.js";
import { t } from "../strings/index.js";
import { Button } from "../ui/Button.js";
import { Notice } from "./Notice.js";
import { Over } from "./Over.js";
import { PreJoin } from "./PreJoin.js";

export function JoinPage({ meetingId }: { meetingId: string }) {
  const session = useMemo(() => new Session(meetingId), [meetingId]);
  const call = session.call.value;
  const closed = session.closed.value;

  switch (session.stage.value) {
    case "preview":
    case "joining":
      return <PreJoin session={session} />;
    case "waiting":
      return (
        <Notice title={t.waiting.title} text={t.waiting.text}>
          <span class="spinner" aria-hidden="true" />
          <Button onClick={() => session.leave()}>{t.waiting.cancel}</Button>
        </Notice>
      );
    case "call":
      return call && <Call call={call} meetingId={meetingId} onLeave={() => session.leave()} />;
    case "over":
      return closed && <Over closed={closed} onAgain={() => session.again()} />;
  }
}
