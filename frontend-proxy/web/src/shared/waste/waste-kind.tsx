import { VisuallyHidden } from "@mantine/core";
import type { WasteKind } from "../api/types";
import { lazyPart } from "../ui/lazy-part";
import { inkOn } from "./colours";
import { useWasteKinds } from "./use-waste-kinds";
import classes from "./waste-kind.module.css";

// All drawings come together, into the room that the colour keeps for them; the word does without.
const WasteIcon = lazyPart(() =>
  import("./waste-icon").then(
    (module) => module.WasteIcon,
    () => () => null,
  ),
);

type DrawnKind = Pick<WasteKind, "colour" | "icon"> & { archived?: boolean };

type WasteSwatchProps = {
  /** Undefined as long as it is not known: the place is kept. */
  kind: DrawnKind | undefined;
  /** Pixels. */
  size?: number;
};

/** The icon of a kind on its colour. It says nothing by itself: a word stands beside it, or around it for screen readers. */
export function WasteSwatch({ kind, size = 24 }: WasteSwatchProps) {
  const style = { width: size, height: size };
  return (
    <span
      className={classes.mark}
      data-archived={kind?.archived || undefined}
      style={
        kind === undefined
          ? style
          : { ...style, background: kind.colour, color: inkOn(kind.colour) }
      }
      aria-hidden
    >
      {kind !== undefined && <WasteIcon name={kind.icon} size={Math.round(size * 0.7)} />}
    </span>
  );
}

type WasteKindMarkProps = { code: string; size?: number };

/** A kind of waste where there is no room for its word: icon and colour, with the word for screen readers and the pointer. */
export function WasteKindMark({ code, size }: WasteKindMarkProps) {
  const { kind, name } = useWasteKinds();
  return (
    <span title={name(code)}>
      <WasteSwatch kind={kind(code)} {...(size !== undefined && { size })} />
      <VisuallyHidden>{name(code)}</VisuallyHidden>
    </span>
  );
}

type WasteKindLabelProps = {
  code: string;
  /** The code is shown instead of the name, which screen readers and the pointer still get. */
  short?: boolean;
  /** Of the icon, in pixels. */
  size?: number;
};

/** A kind of waste as it is shown everywhere: icon, colour and word, never the colour alone. */
export function WasteKindLabel({ code, short = false, size }: WasteKindLabelProps) {
  const { kind, name } = useWasteKinds();
  return (
    <span className={classes.kind} title={short ? name(code) : undefined}>
      <WasteSwatch kind={kind(code)} {...(size !== undefined && { size })} />
      {short ? (
        <>
          <span aria-hidden>{code}</span>
          <VisuallyHidden>{name(code)}</VisuallyHidden>
        </>
      ) : (
        <span className={classes.word}>{name(code)}</span>
      )}
    </span>
  );
}
