import type { ComponentChildren, JSX } from "preact";

type Props = JSX.IntrinsicElements["button"] & { children?: ComponentChildren };

/** A button with words. */
export function Button({ class: extra, ...rest }: Props) {
  return <button type="button" {...rest} class={`button ${String(extra ?? "")}`} />;
}

interface IconProps extends Omit<Props, "label"> {
  label: string;
  /** Shown as pressed or not; absent for plain actions. */
  pressed?: boolean;
  badge?: number;
}

/** A round button with only an icon; its label is its name and its tooltip. */
export function IconButton({ label, pressed, badge, class: extra, children, ...rest }: IconProps) {
  return (
    <button
      type="button"
      aria-label={badge ? `${label} ${badge}` : label}
      title={label}
      aria-pressed={pressed}
      {...rest}
      class={`icon-button ${String(extra ?? "")}`}
    >
      {children}
      {badge ? (
        <span class="badge" aria-hidden="true">
          {badge > 99 ? "99+" : badge}
        </span>
      ) : null}
    </button>
  );
}
