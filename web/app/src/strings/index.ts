import { en, type Strings } from "./en.js";

/** The words in use. */
export const t: Strings = en;
