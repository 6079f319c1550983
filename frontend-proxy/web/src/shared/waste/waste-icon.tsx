import { wasteIcon } from "./icons";

type WasteIconProps = { name: string; size: number };

/** The drawing of a kind of waste. */
export function WasteIcon({ name, size }: WasteIconProps) {
  const Icon = wasteIcon(name);
  return <Icon size={size} stroke={1.75} />;
}
