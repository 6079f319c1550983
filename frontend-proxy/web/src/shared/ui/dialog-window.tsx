import { Drawer, Modal } from "@mantine/core";
import {
  createContext,
  type ReactNode,
  use,
  useEffect,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
} from "react";
import { useTranslation } from "react-i18next";
import bottomSheet from "./bottom-sheet.module.css";
import classes from "./dialog.module.css";
import { useReturnFocus } from "./use-return-focus";

type DialogProps = {
  title: ReactNode;
  onClose: () => void;
  /** A click beside it closes it; not where something would be lost. */
  closeOnClickOutside?: boolean;
  children: ReactNode;
};

// A dialog that stands over another one tells it so: Esc closes the upper one only, and the page is darkened once.
const Below = createContext<{ covered: () => () => void } | undefined>(undefined);

function useLayer() {
  useReturnFocus();
  const below = use(Below);
  const [above, setAbove] = useState(0);
  useEffect(() => below?.covered(), [below]);
  const layer = useMemo(
    () => ({
      covered: () => {
        setAbove((count) => count + 1);
        return () => setAbove((count) => count - 1);
      },
    }),
    [],
  );
  return { layer, covered: above > 0, over: below !== undefined };
}

/** A dialog's title; it gets the focus when nothing in the dialog asks for it, so that one hears where one is. */
function DialogTitle({ children }: { children: ReactNode }) {
  const title = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => {
    const asked = title.current?.closest('[role="dialog"]')?.querySelector("[data-autofocus]");
    if (asked === null) {
      title.current?.setAttribute("data-autofocus", "");
    }
  }, []);
  return (
    <span ref={title} tabIndex={-1}>
      {children}
    </span>
  );
}

/** A question or a short form in the middle of the page. It is open as long as it is rendered. */
export function Dialog({
  title,
  onClose,
  closeOnClickOutside = true,
  size = "md",
  children,
}: DialogProps & { size?: "md" | "xl" }) {
  const { t } = useTranslation();
  const { layer, covered, over } = useLayer();
  return (
    <Modal.Root
      opened
      centered
      size={size}
      onClose={onClose}
      closeOnClickOutside={closeOnClickOutside}
      closeOnEscape={!covered}
      returnFocus={false}
    >
      <Modal.Overlay {...(over ? { backgroundOpacity: 0 } : {})} />
      <Modal.Content {...(over ? { className: classes.over ?? "" } : {})}>
        {/* Not the page's banner, which a header is otherwise. */}
        <Modal.Header role="none">
          <Modal.Title>
            <DialogTitle>{title}</DialogTitle>
          </Modal.Title>
          <Modal.CloseButton aria-label={t("app.close")} />
        </Modal.Header>
        <Modal.Body>
          <Below value={layer}>{children}</Below>
        </Modal.Body>
      </Modal.Content>
    </Modal.Root>
  );
}

type EdgeDialogProps = DialogProps & { position: "right" | "bottom" };

/** A dialog at an edge of the page: a form beside its list, or what rises within reach of the thumb. */
export function EdgeDialog({
  title,
  onClose,
  closeOnClickOutside = true,
  position,
  children,
}: EdgeDialogProps) {
  const { t } = useTranslation();
  const { layer, covered } = useLayer();
  const sheet = position === "bottom";
  return (
    <Drawer.Root
      opened
      onClose={onClose}
      position={position}
      {...(sheet ? {} : { size: 480 })}
      closeOnClickOutside={closeOnClickOutside}
      closeOnEscape={!covered}
      returnFocus={false}
    >
      <Drawer.Overlay />
      <Drawer.Content {...(sheet ? { className: bottomSheet.content ?? "" } : {})}>
        <Drawer.Header role="none" {...(sheet ? { className: bottomSheet.header ?? "" } : {})}>
          <Drawer.Title>
            <DialogTitle>{title}</DialogTitle>
          </Drawer.Title>
          <Drawer.CloseButton aria-label={t("app.close")} />
        </Drawer.Header>
        <Drawer.Body {...(sheet ? { className: bottomSheet.body ?? "" } : {})}>
          <Below value={layer}>{children}</Below>
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
