// What we use of swagger-ui, whose bundle comes without types.
declare module "swagger-ui-dist/swagger-ui-es-bundle.js" {
  interface SwaggerSystem {
    React: {
      createElement(type: unknown, props?: object | null, ...children: unknown[]): unknown;
      Fragment: unknown;
    };
    preauthorizeApiKey(scheme: string, value: string): void;
    authActions: { logout(schemes: string[]): void };
    layoutActions: { show(what: string[], shown: boolean): void; readyToScroll(what: string[], ref: Element): void };
  }

  interface SwaggerResponse {
    url: string;
    text?: string;
  }

  interface SwaggerOptions {
    domNode: Element;
    spec: object;
    docExpansion?: "list" | "full" | "none";
    defaultModelsExpandDepth?: number;
    displayRequestDuration?: boolean;
    tryItOutEnabled?: boolean;
    withCredentials?: boolean;
    validatorUrl?: null;
    syntaxHighlight?: false | { theme: string };
    presets?: unknown[];
    plugins?: unknown[];
    responseInterceptor?(response: SwaggerResponse): SwaggerResponse;
    onComplete?(): void;
  }

  const SwaggerUI: { (options: SwaggerOptions): SwaggerSystem; presets: { apis: unknown } };
  export default SwaggerUI;
  export type { SwaggerOptions, SwaggerResponse, SwaggerSystem };
}
