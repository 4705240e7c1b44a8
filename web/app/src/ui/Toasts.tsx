import { X } from "lucide-preact";
import { announcement, dismiss, toasts } from "../state/toasts.js";
import { t } from "../strings/index.js";

/** Short messages over the page, and what only screen readers say. */
export function Toasts() {
  return (
    <>
      <div class="toasts" role="status" aria-live="polite">
        {toasts.value.map(({ id, text, action }) => (
          <div class="toast" key={id}>
            <span>{text}</span>
            {action && (
              <button
                type="button"
                class="toast-action"
                onClick={() => {
                  action.run();
                  dismiss(id);
                }}
              >
                {action.label}
              </button>
            )}
            <button type="button" class="toast-close" aria-label={t.chat.close} onClick={() => dismiss(id)}>
              <X size={16} />
            </button>
          </div>
        ))}
      </div>
      <div class="visually-hidden" aria-live="polite">
        {announcement.value}
      </div>
    </>
  );
}
