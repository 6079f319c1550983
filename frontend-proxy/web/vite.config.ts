import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { VitePWA } from "vite-plugin-pwa";
import { makeChunkOf } from "./scripts/chunks.ts";

// The API answers on the same origin in development; this forwards to `go tool encore run`.
const backend = process.env.API_URL ?? "http://127.0.0.1:4000";
// The first part of every path of the API, from its generated types; the web app's own pages share none of them.
const schema = readFileSync(join(import.meta.dirname, "src/shared/api/schema.d.ts"), "utf8");
const apiPaths = new Set(
  [...schema.matchAll(/^ {4}"(\/[^/"]+)[^"]*": \{$/gm)].map(([, path]) => path),
);

const apiShape = createHash("sha256").update(schema).digest("hex").slice(0, 16);

export default defineConfig({
  define: { __API_SHAPE__: JSON.stringify(apiShape) },
  plugins: [
    react(),
    VitePWA({
      strategies: "injectManifest",
      registerType: "prompt",
      // shared/app-version.ts does it.
      injectRegister: false,
      srcDir: "src/service-worker",
      filename: "service-worker.ts",
      injectManifest: {
        // The whole app, so that no page is missing after another version was installed on the server; not the streets of
        // maps, which need the network anyway, nor letters of other alphabets.
        globPatterns: [
          "index.html",
          "*.{svg,png}",
          "assets/*.{js,css}",
          "assets/inter-latin-wght-*.woff2",
        ],
        globIgnores: ["assets/{tile-ground,maplibre-gl}*"],
      },
      manifest: {
        id: "/",
        name: "Trottoir",
        short_name: "Trottoir",
        start_url: "/",
        scope: "/",
        lang: "nl",
        display: "standalone",
        background_color: "#f7f5f2",
        theme_color: "#f7f5f2",
        icons: [
          { src: "/icon-192.png", sizes: "192x192", type: "image/png" },
          { src: "/icon-512.png", sizes: "512x512", type: "image/png" },
          {
            src: "/icon-maskable-512.png",
            sizes: "512x512",
            type: "image/png",
            purpose: "maskable",
          },
          { src: "/favicon.svg", sizes: "any", type: "image/svg+xml" },
        ],
      },
    }),
  ],
  resolve: { alias: { "@": join(import.meta.dirname, "src") } },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    // Everything stays a file of its own: the content security policy allows no data: scripts or styles.
    assetsInlineLimit: 0,
    target: "es2022",
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What every page needs, in two files: many small ones compress badly. Not main.tsx, which waits for what imports them.
          // Then what comes together.
          groups: [
            { name: "libraries", test: /node_modules/, tags: ["$initial"] },
            { name: "start", test: /src\/(?!main\.tsx)/, tags: ["$initial"] },
            { name: makeChunkOf(), includeDependenciesRecursively: false },
          ],
        },
      },
    },
    // The library that draws streets is large, and comes with a map that has a ground only.
    chunkSizeWarningLimit: 1100,
  },
  server: {
    port: 5173,
    // Pages and endpoints share no path, so that both can live on one origin.
    proxy: Object.fromEntries(
      [...apiPaths].map((path) => [`^${path}(/|$|\\?)`, { target: backend, ws: path === "/ws" }]),
    ),
  },
});
