import { TextInput } from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useShortcut } from "../shortcuts";

type SearchFieldProps = {
  placeholder: string;
  /** What is searched for. */
  value: string | undefined;
  onSearch: (q: string | undefined) => void;
};

const quiet = 250;

/** Narrows a list while one types. What is typed stays, whatever the list does meanwhile. */
export function SearchField({ placeholder, value, onSearch }: SearchFieldProps) {
  const { t } = useTranslation();
  const input = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(value ?? "");
  const asked = useRef(value);
  useShortcut("/", () => input.current?.focus());
  const search = useDebouncedCallback((typed: string) => {
    const q = typed.trim() === "" ? undefined : typed.trim();
    asked.current = q;
    onSearch(q);
  }, quiet);
  // Another search than the one that was typed here: "show all", or the browser's way back.
  useEffect(() => {
    if (value !== asked.current) {
      asked.current = value;
      setText(value ?? "");
    }
  }, [value]);
  return (
    <TextInput
      ref={input}
      label={t("app.search")}
      placeholder={placeholder}
      type="search"
      maxLength={100}
      value={text}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value);
      }}
    />
  );
}
