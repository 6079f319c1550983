import { Title } from "@mantine/core";
import type { ReactNode } from "react";
import classes from "./before-sign-in.module.css";
import { Brand } from "./brand";
import { LanguageSwitch } from "./language-switch";
import { PageTitle } from "./page-title";

type BeforeSignInProps = { title: string; children: ReactNode };

/** A page for whoever is not signed in: the brand, the language, and one thing to do. */
export function BeforeSignIn({ title, children }: BeforeSignInProps) {
  return (
    <div className={classes.page}>
      <PageTitle>{title}</PageTitle>
      <header className={classes.top}>
        <Brand />
        <LanguageSwitch />
      </header>
      <main className={classes.main}>{children}</main>
    </div>
  );
}

/** The heading of what is to be done. */
export function BeforeSignInTitle({ children }: { children: ReactNode }) {
  return (
    <>
      <span className={classes.kerb} aria-hidden />
      <Title order={1}>{children}</Title>
    </>
  );
}

type MessageProps = { title: string; text: string; children?: ReactNode };

/** How something ended, or a link that leads no further, and what to do about it. */
export function Message({ title, text, children }: MessageProps) {
  return (
    <div className={classes.form}>
      <BeforeSignInTitle>{title}</BeforeSignInTitle>
      <p className={classes.text}>{text}</p>
      {children}
    </div>
  );
}
