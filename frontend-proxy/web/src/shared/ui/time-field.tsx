import { TextInput } from "@mantine/core";
import type { ReactNode } from "react";

/** A time as it is typed (7, 730, 7u30, 07:30), as HH:MM; what is no time stays as it is. */
export function readTime(text: string): string {
  const [, hours, minutes = "00"] =
    /^([01]?\d|2[0-3])(?:[:.uh]?([0-5]\d)?)$/i.exec(text.trim()) ?? [];
  return hours === undefined ? text.trim() : `${hours.padStart(2, "0")}:${minutes}`;
}

/** True for HH:MM, and for nothing at all. */
export function isTime(text: string): boolean {
  return /^(([01]\d|2[0-3]):[0-5]\d)?$/.test(text);
}

type TimeFieldProps = {
  label: string;
  /** HH:MM, empty, or what is typed so far. */
  value?: string;
  error?: ReactNode;
  onChange?: (time: string) => void;
};

/** A time of the day, in the 24 hours of everybody here, whatever the browser's language. */
export function TimeField({ label, value = "", error, onChange }: TimeFieldProps) {
  return (
    <TextInput
      label={label}
      placeholder="06:00"
      inputMode="numeric"
      autoComplete="off"
      maxLength={5}
      value={value}
      error={error}
      onChange={(event) => onChange?.(event.currentTarget.value)}
      onBlur={() => onChange?.(readTime(value))}
    />
  );
}
