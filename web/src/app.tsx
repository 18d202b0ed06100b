/** The frame of the screen: who is signed in, which language, light or dark. */
import { useEffect, useState } from "preact/hooks";
import { Frame } from "./frame";
import { Holder, type Session } from "./session";
import { NewPassword, SignIn } from "./signin";
import { WORDS, type Key, type Language } from "./words";

export type Say = (key: Key) => string;

const KEPT_LANGUAGE = "gridpatrol.language";
const KEPT_THEME = "gridpatrol.theme";

function firstLanguage(): Language {
  const kept = localStorage.getItem(KEPT_LANGUAGE) ?? navigator.language;
  return kept.startsWith("zh") ? "zh" : "en";
}

function firstTheme(): "light" | "dark" {
  const kept = localStorage.getItem(KEPT_THEME);
  if (kept === "light" || kept === "dark") return kept;
  return matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
}

export function App() {
  const [language, setLanguage] = useState(firstLanguage);
  const [theme, setTheme] = useState(firstTheme);
  const [holder, setHolder] = useState<Holder | null>(null);
  const [given, setGiven] = useState<Session | null>(null);
  const [ended, setEnded] = useState(false);
  const say: Say = (key) => WORDS[language][key];

  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
    document.title = say("title");
  }, [language]);
  useEffect(() => { document.documentElement.dataset.theme = theme; }, [theme]);

  const leave = (byItself: boolean) => {
    setHolder(null);
    setGiven(null);
    setEnded(byItself);
  };
  const enter = (session: Session) => {
    if (session.must_change_password) {
      setGiven(session);
      return;
    }
    setEnded(false);
    setGiven(null);
    setHolder(new Holder(session, () => leave(true)));
  };
  const switchLanguage = () => {
    const next = language === "en" ? "zh" : "en";
    localStorage.setItem(KEPT_LANGUAGE, next);
    setLanguage(next);
  };
  const switchTheme = () => {
    const next = theme === "light" ? "dark" : "light";
    localStorage.setItem(KEPT_THEME, next);
    setTheme(next);
  };
  return (
    <>
      <header>
        <h1>{say("title")}</h1>
        <button type="button" onClick={switchLanguage} lang={language === "en" ? "zh-CN" : "en"}>{say("language")}</button>
        <button type="button" onClick={switchTheme} aria-label={say("theme")} aria-pressed={theme === "dark"}>◐</button>
        {holder && <button type="button" onClick={() => { void holder.signOut(); leave(false); }}>{say("sign_out")}</button>}
      </header>
      {holder ? <Frame holder={holder} say={say} language={language} theme={theme} />
        : given ? <NewPassword session={given} say={say} onDone={() => leave(false)} />
        : <SignIn say={say} ended={ended} onSession={enter} />}
    </>
  );
}
