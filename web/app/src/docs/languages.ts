import { cLibcurl } from "@scalar/snippetz/plugins/c/libcurl";
import { csharpHttpclient } from "@scalar/snippetz/plugins/csharp/httpclient";
import { goNative } from "@scalar/snippetz/plugins/go/native";
import { javaNethttp } from "@scalar/snippetz/plugins/java/nethttp";
import { jsFetch } from "@scalar/snippetz/plugins/js/fetch";
import { kotlinOkhttp } from "@scalar/snippetz/plugins/kotlin/okhttp";
import { phpCurl } from "@scalar/snippetz/plugins/php/curl";
import { powershellRestmethod } from "@scalar/snippetz/plugins/powershell/restmethod";
import { pythonRequests } from "@scalar/snippetz/plugins/python/requests";
import { rubyNative } from "@scalar/snippetz/plugins/ruby/native";
import { rustReqwest } from "@scalar/snippetz/plugins/rust/reqwest";
import { shellCurl } from "@scalar/snippetz/plugins/shell/curl";
import { swiftNsurlsession } from "@scalar/snippetz/plugins/swift/nsurlsession";
import type { Call } from "./request.js";

const PLUGINS = {
  curl: shellCurl,
  JavaScript: jsFetch,
  Python: pythonRequests,
  Go: goNative,
  PHP: phpCurl,
  Java: javaNethttp,
  "C#": csharpHttpclient,
  Ruby: rubyNative,
  Rust: rustReqwest,
  Kotlin: kotlinOkhttp,
  Swift: swiftNsurlsession,
  PowerShell: powershellRestmethod,
  C: cLibcurl,
};

export type Language = keyof typeof PLUGINS;
export const LANGUAGES = Object.keys(PLUGINS) as Language[];

/** The call in a programming language. */
export function snippet(language: Language, call: Call): string {
  return PLUGINS[language].generate(call);
}
