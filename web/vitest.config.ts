import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { conditions: ["source", "module", "import"] },
  test: { include: ["*/src/**/*.test.ts"], environment: "node" },
});
