import { X } from "lucide-preact";
import type { ComponentChildren } from "preact";
import { t } from "../strings/index.js";
import { IconButton } from "../ui/Button.js";

interface Props {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
}

/** A sheet at the side; on phones over everything. */
export function PanelFrame({ title, onClose, children }: Props) {
  return (
    <aside class="panel" aria-label={title} onKeyDown={(e) => e.key === "Escape" && onClose()}>
      <header class="panel-head">
        <h2>{title}</h2>
        <IconButton label={t.chat.close} onClick={onClose}>
          <X size={20} />
        </IconButton>
      </header>
      {children}
    </aside>
  );
}
