import { Drawer } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import classes from "./bottom-sheet.module.css";

type BottomSheetProps = {
  title: string;
  opened: boolean;
  onClose: () => void;
  children: ReactNode;
};

/** A dialog that rises from the bottom, within reach of the thumb, as high as its content. */
export function BottomSheet({ title, opened, onClose, children }: BottomSheetProps) {
  const { t } = useTranslation();
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      position="bottom"
      title={title}
      classNames={{ content: classes.content, header: classes.header, body: classes.body }}
      closeButtonProps={{ "aria-label": t("app.close") }}
    >
      {children}
    </Drawer>
  );
}
