import type { ReactNode } from "react";
import { EdgeDialog } from "./dialog";

type BottomSheetProps = {
  title: string;
  opened: boolean;
  onClose: () => void;
  children: ReactNode;
};

/** A dialog that rises from the bottom, within reach of the thumb, as high as its content. */
export function BottomSheet({ title, opened, onClose, children }: BottomSheetProps) {
  return opened ? (
    <EdgeDialog position="bottom" title={title} onClose={onClose}>
      {children}
    </EdgeDialog>
  ) : null;
}
