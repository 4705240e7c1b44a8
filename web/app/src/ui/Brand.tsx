import icon from "../icon.svg";
import { t } from "../strings/index.js";

export function Brand() {
  return (
    <a class="brand" href="/">
      <img src={icon} alt="" width="28" height="28" />
      <span>{t.brand}</span>
    </a>
  );
}
