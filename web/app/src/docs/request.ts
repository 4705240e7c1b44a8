import { type Document, type Entry, type Parameter, resolved } from "./document.js";

/** A call as the snippet generators take it (HAR). */
export interface Call {
  method: string;
  url: string;
  headers: { name: string; value: string }[];
  queryString: { name: string; value: string }[];
  cookies: { name: string; value: string }[];
  postData?: { mimeType: string; text: string };
}

/** What people have typed into the page, by security scheme. */
export type Credentials = Partial<Record<string, string>>;

const PLACEHOLDERS: Credentials = { ApiKey: "YOUR_API_KEY", AdminToken: "YOUR_ADMIN_TOKEN", Session: "YOUR_SESSION" };

function exampleOf(document: Document, parameter: Parameter): string {
  const schema = parameter.schema ? resolved(document, parameter.schema) : {};
  return String(
    parameter.example ?? schema.example ?? schema.examples?.[0] ?? schema.default ?? schema.enum?.[0] ?? parameter.name,
  );
}

/** The operation's first example, as a call to this server. */
export function callOf(
  document: Document,
  { method, path, operation }: Entry,
  origin: string,
  credentials: Credentials,
): Call {
  const call: Call = { method: method.toUpperCase(), url: "", headers: [], queryString: [], cookies: [] };
  let filled = path;
  for (const parameter of operation.parameters ?? []) {
    const value = exampleOf(document, parameter);
    if (parameter.in === "path") filled = filled.replace(`{${parameter.name}}`, encodeURIComponent(value));
    else if (parameter.in === "query") call.queryString.push({ name: parameter.name, value });
    else if (parameter.in === "header") call.headers.push({ name: parameter.name, value });
  }
  call.url = origin + filled;
  const needed = operation.security?.find((alternative) => Object.keys(alternative).length > 0);
  for (const scheme of Object.keys(needed ?? {})) {
    const { in: where, name } = document.components.securitySchemes[scheme] ?? { in: "", name: "" };
    const value = credentials[scheme] || (PLACEHOLDERS[scheme] ?? "");
    if (where === "header") call.headers.push({ name, value });
    if (where === "cookie") call.cookies.push({ name, value });
  }
  const [type, media] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (type && media) {
    const example = media.example ?? Object.values(media.examples ?? {})[0]?.value;
    call.headers.push({ name: "Content-Type", value: type });
    call.postData = { mimeType: type, text: JSON.stringify(example) };
  }
  return call;
}
