import { effect } from "@preact/signals";
import { render } from "preact";
import SwaggerUI, { type SwaggerSystem } from "swagger-ui-dist/swagger-ui-es-bundle.js";
import "swagger-ui-dist/swagger-ui.css";
import "../styles/docs-reader.css";
import { credentials, learn } from "./credentials.js";
import { type Document, METHODS, type Method, slug } from "./document.js";
import { type Call, callOf } from "./request.js";
import { Snippets } from "./Snippets.js";

/** An Immutable.Map as far as we need it. */
interface ImmutableMap {
  get(key: string): unknown;
  toJS(): Record<string, unknown>;
}

interface ResponsesProps {
  path: string;
  method: Method;
  specSelectors: { mutatedRequestFor(path: string, method: string): ImmutableMap | undefined };
}

interface System extends SwaggerSystem {
  specActions: {
    changeParam(operation: [string, Method], name: string, where: string, value: string, isXml: boolean): void;
  };
}

/** The call that was last sent from the form, or undefined. */
function sentCall(props: ResponsesProps, example: Call): Call | undefined {
  const sent = props.specSelectors.mutatedRequestFor(props.path, props.method)?.toJS();
  if (!sent?.url) return undefined;
  const headers = Object.entries((sent.headers ?? {}) as Record<string, string>).map(([name, value]) => ({
    name,
    value,
  }));
  const body = typeof sent.body === "string" ? sent.body : undefined;
  return {
    ...example,
    url: new URL(String(sent.url), location.origin).href,
    queryString: [],
    headers: headers.filter(({ name }) => name.toLowerCase() !== "accept"),
    postData: body === undefined ? undefined : { mimeType: "application/json", text: body },
  };
}

/** Above an operation's responses: the call as code, in place of swagger-ui's own curl line. */
function snippetsPlugin(api: Document) {
  const call = (props: ResponsesProps) => {
    const operation = api.paths[props.path]?.[props.method];
    if (!operation) return undefined;
    const example = callOf(
      api,
      { method: props.method, path: props.path, operation },
      location.origin,
      credentials.value,
    );
    return sentCall(props, example) ?? example;
  };
  return () => ({
    wrapComponents: {
      curl: () => () => null,
      responses:
        (Original: unknown, { React }: System) =>
        (props: ResponsesProps) => {
          const mount = (element: HTMLElement | null) => {
            if (element && call(props)) render(<Snippets call={() => call(props) as Call} />, element);
          };
          return React.createElement(
            React.Fragment,
            null,
            React.createElement("div", { ref: mount }),
            React.createElement(Original, props),
          );
        },
    },
  });
}

/** Fills a new meeting's id into every form that wants one. */
function useMeeting(ui: System, api: Document, meetingId: string): void {
  for (const [path, item] of Object.entries(api.paths)) {
    if (!path.includes("{meetingId}")) continue;
    for (const method of METHODS)
      if (item[method]) ui.specActions.changeParam([path, method], "meetingId", "path", meetingId, false);
  }
}

/** Shows what the address names: "#quick-start" of the guide, or "#/Meetings/createMeeting". */
function goTo(ui: SwaggerSystem, within: Element, hash: string): void {
  const [, tag, operationId] = hash.split("/").map(decodeURIComponent);
  if (tag && operationId) {
    ui.layoutActions.show(["operations-tag", tag], true);
    ui.layoutActions.show(["operations", tag, operationId], true);
  }
  const target = () =>
    operationId
      ? document.getElementById(`operations-${tag?.replaceAll(" ", "_")}-${operationId}`)
      : [...within.querySelectorAll(".info h2, .info h3")].find(
          (heading) => slug(heading.textContent ?? "") === hash.slice(1),
        );
  reveal(target, 120);
}

/** Scrolls to what may take some frames to be there. */
function reveal(target: () => Element | null | undefined, frames: number): void {
  requestAnimationFrame(() => {
    const element = target();
    if (element) element.scrollIntoView();
    else if (frames > 0) reveal(target, frames - 1);
  });
}

function followSystemColours(): void {
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const apply = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
  dark.addEventListener("change", apply);
  apply();
}

/** Calls carry what is in the fields above, from each change on. */
function useCredentials(ui: SwaggerSystem): void {
  const inUse = new Set<string>();
  effect(() => {
    for (const [scheme, value] of Object.entries(credentials.value)) {
      if (value) {
        ui.preauthorizeApiKey(scheme, value);
        inUse.add(scheme);
      } else if (inUse.delete(scheme)) {
        ui.authActions.logout([scheme]);
      }
    }
  });
}

/** Puts the reader into an element, once. */
export function openReader(element: Element, api: Document): void {
  followSystemColours();
  const ui = SwaggerUI({
    domNode: element,
    spec: api,
    docExpansion: "list",
    defaultModelsExpandDepth: -1,
    displayRequestDuration: true,
    tryItOutEnabled: true,
    withCredentials: true,
    validatorUrl: null,
    presets: [SwaggerUI.presets.apis],
    plugins: [snippetsPlugin(api)],
    responseInterceptor: (response) => {
      const meetingId = learn(response.text ?? "");
      if (meetingId) useMeeting(ui, api, meetingId);
      return response;
    },
    onComplete: () => {
      if (location.hash) goTo(ui, element, location.hash);
      addEventListener("hashchange", () => goTo(ui, element, location.hash));
      useCredentials(ui);
    },
  }) as System;
}
