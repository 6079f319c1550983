// Says which modules share a file. Every file costs a phone some milliseconds however small it is, and each page would have
// dozens of them: a module that two pages share, an icon of six. So what comes together anyway is put together here, in files
// that hold little for anybody who does not need it; the rest is the bundler's to divide. `npm run budget` shows what it costs.
import { basename, join } from "node:path";
import type { Rolldown } from "vite";

type Graph = Rolldown.ChunkingContext;

const page = (path: string) => join(import.meta.dirname, "../src", path);

const signIn = page("app/sign-in-route.tsx");
const shell = page("app/shell.tsx");
const officeShell = page("app/office-shell.tsx");
const runs = page("features/work/my-runs-page.tsx");
const run = page("app/work-run-route.tsx");
/** What reads and keeps on the device, which is loaded behind whichever page is first. */
const device = [page("app/offline-cache.ts"), page("features/work/outbox/open-outbox.ts")];
/** Pages that need little, and are not to wait for what most of the office's pages need. */
const light = [
  "app/register-route.tsx",
  "features/auth/forgot-password-page.tsx",
  "app/reset-password-route.tsx",
  "app/confirm-email-route.tsx",
  "app/unsubscribe-route.tsx",
  "app/second-factor-setup-route.tsx",
  "app/hours-route.tsx",
  "app/my-buildings-route.tsx",
  "app/profile-route.tsx",
  "app/regions-route.tsx",
  "app/waste-kinds-route.tsx",
  "app/wall-route.tsx",
  "features/swaps/swaps-page.tsx",
].map(page);

/** So many of the office's pages make a module one that most of them need. */
const most = 12;

/** A module that hands on what others have, of which who imports from it gets only what it names. */
const isBarrel = (id: string) =>
  /(@mantine\/\w+\/esm\/index|icons-react\/dist\/esm\/(tabler-icons-react|icons\/index))\.mjs$/.test(
    id,
  );

class Reach {
  readonly #graph: Graph;
  readonly #barrels = new Map<string, Map<string, string>>();

  constructor(graph: Graph) {
    this.#graph = graph;
  }

  /** All that a module imports, itself too, without what it loads later. */
  of(module: string): Set<string> {
    const reached = new Set<string>();
    const walk = (id: string) => {
      if (!reached.has(id)) {
        reached.add(id);
        this.#imports(id).forEach(walk);
      }
    };
    walk(module);
    return reached;
  }

  later(module: string): readonly string[] {
    return this.#graph.getModuleInfo(module)?.dynamicallyImportedIds ?? [];
  }

  #imports(id: string): string[] {
    const info = this.#graph.getModuleInfo(id);
    const imported = info?.importedIds ?? [];
    const named = [...(info?.code ?? "").matchAll(/import\s*\{([^}]*)\}\s*from/g)]
      .flatMap(([, list = ""]) => list.split(","))
      .map((name) => name.trim().split(/\s/)[0] ?? "");
    return imported.flatMap((other) =>
      isBarrel(other) ? named.flatMap((name) => this.#handedOn(other).get(name) ?? []) : other,
    );
  }

  /** The modules behind a barrel, by the name of what they export. */
  #handedOn(barrel: string): Map<string, string> {
    let parts = this.#barrels.get(barrel);
    if (parts === undefined) {
      parts = new Map();
      this.#barrels.set(barrel, parts);
      for (const id of this.#graph.getModuleInfo(barrel)?.importedIds ?? []) {
        for (const [name, part] of isBarrel(id)
          ? this.#handedOn(id)
          : [[basename(id, ".mjs"), id] as const]) {
          parts.set(name, part);
        }
      }
    }
    return parts;
  }
}

function look(graph: Graph) {
  const reach = new Reach(graph);
  const apart = [signIn, shell, runs, run, ...light];
  const brought = reach.later(page("features/work/bring-run-parts.ts")).map((id) => reach.of(id));
  return {
    signIn: reach.of(signIn),
    shell: reach.of(shell),
    officeShell: reach.of(officeShell),
    runs: reach.of(runs),
    run: reach.of(run),
    brought: new Set(brought.flatMap((ids) => [...ids])),
    device: new Set(device.flatMap((id) => [...reach.of(id)])),
    light: light.map((id) => reach.of(id)),
    others: reach
      .later(page("app/router.tsx"))
      .filter((id) => !apart.includes(id))
      .map((id) => reach.of(id)),
  };
}

/** The file of a module, of those that are not part of the start; null for one of its own or with whom the bundler sees fit. */
export function makeChunkOf(): (id: string, graph: Graph) => string | null {
  let pages: ReturnType<typeof look> | undefined;
  return (id, graph) => {
    pages ??= look(graph);
    const inLight = pages.light.filter((set) => set.has(id)).length;
    const inOthers = pages.others.filter((set) => set.has(id)).length;
    const shared = inLight + inOthers > 0;
    const ofWorker = pages.runs.has(id) || pages.run.has(id);
    if (pages.signIn.has(id)) {
      return pages.shell.has(id) || ofWorker ? "states" : shared ? "forms" : null;
    }
    if (pages.shell.has(id)) {
      return "shell";
    }
    if (ofWorker) {
      if (shared) {
        return "signed-in";
      }
      if (pages.device.has(id)) {
        // It is not to bring a page for the little that it shares with it.
        return "device";
      }
      return pages.runs.has(id) && pages.run.has(id)
        ? "work"
        : pages.run.has(id)
          ? "run"
          : "my-runs";
    }
    if (pages.officeShell.has(id)) {
      return "office-shell";
    }
    if (id.includes("icons-react")) {
      return inLight + inOthers > 1 ? "icons" : null;
    }
    if (inOthers >= most) {
      return inLight > 0 ? "controls" : "office";
    }
    return pages.brought.has(id) && !pages.device.has(id) && !shared ? "run-parts" : null;
  };
}
