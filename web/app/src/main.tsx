import { isMeetingId } from "@onepizza/sdk";
import { render } from "preact";
import { Home } from "./pages/Home.js";
import { JoinPage } from "./pages/JoinPage.js";
import { Notice } from "./pages/Notice.js";
import { ForgotPassword, ResetPassword } from "./pages/Password.js";
import { t } from "./strings/index.js";
import "./styles/index.css";
import { Toasts } from "./ui/Toasts.js";

function Page() {
  const joining = /^\/join\/([^/]+)\/?$/.exec(location.pathname);
  const meetingId = joining?.[1]?.toLowerCase();
  if (meetingId && isMeetingId(meetingId)) return <JoinPage meetingId={meetingId} />;
  if (meetingId) return <Lost title={t.notice.not_found[0] ?? ""} text={t.notice.not_found[1] ?? ""} />;
  if (location.pathname === "/") return <Home />;
  if (location.pathname === "/forgot-password") return <ForgotPassword />;
  if (location.pathname === "/reset-password") return <ResetPassword />;
  const topUp = location.pathname === "/dashboard" && new URLSearchParams(location.search).get("topup");
  if (topUp === "success" || topUp === "cancelled") return <Lost title={t.topUp[topUp][0]} text={t.topUp[topUp][1]} />;
  return <Lost title={t.notice.page[0] ?? ""} text={t.notice.page[1] ?? ""} />;
}

function Lost({ title, text }: { title: string; text: string }) {
  return (
    <Notice title={title} text={text}>
      <a class="button primary" href="/">
        {t.notice.home}
      </a>
    </Notice>
  );
}

const root = document.getElementById("app");
if (root) {
  render(
    <>
      <Page />
      <Toasts />
    </>,
    root,
  );
}
