import { mergeConfig } from "vite";
import { defineConfig } from "vitest/config";
import viteConfig from "./vite.config.ts";

export default mergeConfig(
  viteConfig,
  defineConfig({
    test: {
      environment: "jsdom",
      environmentOptions: { jsdom: { url: "http://trottoir.test/" } },
      setupFiles: ["./src/shared/testing/setup.ts"],
      css: false,
      restoreMocks: true,
      // A busy machine is slow, not wrong.
      testTimeout: 30_000,
    },
  }),
);
