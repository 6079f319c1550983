import { lazyRouteComponent } from "@tanstack/react-router";
import type { Area } from "@/shared/i18n/areas";
import { loadTexts } from "@/shared/i18n/i18n";
import { NotLoaded } from "@/shared/ui/lazy-part";

/**
 * A page that is loaded when it is first shown, with the texts that it shows. One that cannot be loaded (no network, or
 * another version has been installed since) fails like any other request, so that it can be tried again.
 */
export function page<Module extends Record<string, unknown>, Name extends keyof Module & string>(
  load: () => Promise<Module>,
  name: Name,
  texts: readonly Area[],
) {
  return lazyRouteComponent(async () => {
    try {
      const [module] = await Promise.all([load(), loadTexts(texts)]);
      return module;
    } catch (cause) {
      throw new NotLoaded(cause);
    }
  }, name);
}
