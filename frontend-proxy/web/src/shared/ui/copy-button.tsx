import { Button, type ButtonProps } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";

type CopyButtonProps = Pick<ButtonProps, "variant"> & {
  /** A dialog gives it the focus. */
  "data-autofocus"?: boolean;
  text: string;
  children: string;
  /** The browser does not let it: the text has to be selected by hand. */
  onFailed: () => void;
};

/** Puts a text on the clipboard, and says so. */
export function CopyButton({ text, children, onFailed, ...button }: CopyButtonProps) {
  const { t } = useTranslation();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      // Missing where the page came without encryption.
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      onFailed();
    }
  };
  const Icon = copied ? IconCheck : IconCopy;
  return (
    <Button {...button} leftSection={<Icon size={20} aria-hidden />} onClick={() => void copy()}>
      <span aria-live="polite">{copied ? t("copy.copied") : children}</span>
    </Button>
  );
}
