import { Hand, MessageSquare, Mic, MicOff, PhoneOff, Video } from "lucide-preact";

const PEOPLE = ["Ada", "Grace", "Alan", "Edsger"];

/** A small drawing of a call for the start page. Says nothing to screen readers. */
export function Picture() {
  return (
    <div class="picture" aria-hidden="true">
      <div class="picture-grid">
        {PEOPLE.map((name, i) => (
          <div class={`picture-tile ${i === 1 ? "speaking" : ""}`} key={name}>
            <span class={`avatar tone-${i * 2}`}>{name[0]}</span>
            <span class="picture-name">
              {i === 2 ? <MicOff size={11} /> : null}
              {name}
            </span>
          </div>
        ))}
      </div>
      <div class="picture-bar">
        {[Mic, Video, Hand, MessageSquare].map((Icon, i) => (
          <span key={i}>
            <Icon size={15} />
          </span>
        ))}
        <span class="end">
          <PhoneOff size={15} />
        </span>
      </div>
    </div>
  );
}
