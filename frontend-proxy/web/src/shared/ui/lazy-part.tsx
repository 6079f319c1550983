import { type ComponentType, type ReactNode, Suspense, use } from "react";
import { ApiError } from "../api/client";

/** Milliseconds until a part that has not come is asked for again: whoever shows it is told before. */
const pause = 1_000;

/** A part of the app itself has not come. */
export class NotLoaded extends ApiError {
  constructor(cause: unknown) {
    super({ status: 0, code: "network", message: "A part of the app did not load.", cause });
  }
}

/**
 * A part of a page that is loaded when it is first shown, so that the page need not wait for it. Until then what stands in
 * for it is shown, or nothing. One that cannot be loaded fails like any other request, and is asked for again the next time.
 */
export function lazyPart<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
  StandIn?: ComponentType<Props>,
): ComponentType<Props> & { load: () => Promise<unknown> } {
  let coming: Promise<ComponentType<Props>> | undefined;
  const bring = (): Promise<ComponentType<Props>> => {
    if (coming === undefined) {
      const promise = load().then(
        (component) => {
          // React reads this: what is here already is shown in the same frame.
          Object.assign(promise, { status: "fulfilled", value: component });
          return component;
        },
        (cause: unknown) => {
          // Not at once: React renders what has failed again, and would ask without end.
          setTimeout(() => {
            coming = undefined;
          }, pause);
          throw new NotLoaded(cause);
        },
      );
      coming = promise;
    }
    return coming;
  };
  function Loaded(props: Props): ReactNode {
    const Component = use(bring());
    return <Component {...props} />;
  }
  function Part(props: Props): ReactNode {
    return (
      <Suspense fallback={StandIn === undefined ? null : <StandIn {...props} />}>
        <Loaded {...props} />
      </Suspense>
    );
  }
  Part.load = bring;
  return Part;
}
