/** The part of an OpenAPI document that this page reads itself; swagger-ui reads the rest. */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  default?: unknown;
  example?: unknown;
  examples?: unknown[];
  properties?: Record<string, Schema>;
  items?: Schema;
}

export interface Parameter {
  $ref?: string;
  name: string;
  in: "path" | "query" | "header" | "cookie";
  required?: boolean;
  example?: unknown;
  schema?: Schema;
}

export interface Operation {
  tags: string[];
  operationId: string;
  summary: string;
  parameters?: Parameter[];
  security?: Record<string, string[]>[];
  requestBody?: { content: Record<string, { example?: unknown; examples?: Record<string, { value: unknown }> }> };
}

export type PathItem = Record<Method, Operation | undefined> & { parameters?: Parameter[] };

export interface Document {
  info: { description: string };
  tags: { name: string }[];
  paths: Record<string, PathItem>;
  components: {
    parameters: Record<string, Parameter>;
    schemas: Record<string, Schema>;
    securitySchemes: Record<string, { in: string; name: string }>;
  };
}

export const METHODS = ["get", "post", "put", "patch", "delete"] as const;
export type Method = (typeof METHODS)[number];

export interface Entry {
  method: Method;
  path: string;
  operation: Operation;
}

/** Every operation with the tag, in the document's order. */
export function entriesOf(document: Document, tag: string): Entry[] {
  return Object.entries(document.paths).flatMap(([path, item]) =>
    METHODS.flatMap((method) => {
      const operation = item[method];
      return operation?.tags.includes(tag) ? [{ method, path, operation }] : [];
    }),
  );
}

/** The headings of a level, "##" or "###", in Markdown; not those inside of code. */
export function headingsOf(markdown: string, level: string): string[] {
  return markdown
    .replaceAll(/^```[\s\S]*?^```/gm, "")
    .split("\n")
    .filter((line) => line.startsWith(`${level} `))
    .map((line) => line.slice(level.length + 1).trim());
}

/** "Socket.IO events" -> "socket-io-events": the id of a heading. */
export function slug(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-|-$/g, "");
}

/** Follows a "#/components/…" reference, if it is one. */
export function resolved<T extends { $ref?: string }>(document: Document, value: T): T {
  if (!value.$ref) return value;
  const keys = value.$ref
    .split("/")
    .slice(1)
    .map((key) => key.replaceAll("~1", "/").replaceAll("~0", "~"));
  return resolved(document, keys.reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], document) as T);
}

/** The same document with each operation's parameters in it, and not on its path or behind a reference. */
export function withParameters(document: Document): Document {
  const paths: Document["paths"] = {};
  for (const [path, { parameters: shared = [], ...item }] of Object.entries(document.paths)) {
    const filled = { ...item } as PathItem;
    for (const method of METHODS) {
      const operation = filled[method];
      if (!operation) continue;
      const own = [...shared, ...(operation.parameters ?? [])].map((parameter) => resolved(document, parameter));
      filled[method] = {
        ...operation,
        parameters: own.map((parameter) => ({
          ...parameter,
          schema: parameter.schema && resolved(document, parameter.schema),
        })),
      };
    }
    paths[path] = filled;
  }
  return { ...document, paths };
}
