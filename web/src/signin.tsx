/** Sign-in, and the change of a password that somebody else has chosen. */
import { useState } from "preact/hooks";
import type { Say } from "./app";
import { Holder, Refused, signIn, type Session } from "./session";
import type { Key } from "./words";

function wrong(error: unknown): Key {
  const status = error instanceof Refused ? error.status : 0;
  if (status === 429) return "slow_down";
  return status === 401 || status === 422 ? "refused" : "no_answer";
}

export function SignIn(props: { say: Say; ended: boolean; onSession: (session: Session) => void }) {
  const { say } = props;
  const [problem, setProblem] = useState<Key | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setProblem(null);
    try {
      props.onSession(await signIn(String(form.get("account")), String(form.get("password"))));
    } catch (error) {
      setProblem(wrong(error));
      setBusy(false);
    }
  };
  return (
    <main class="sheet">
      <h2>{say("sign_in")}</h2>
      {props.ended && <p role="status">{say("ended")}</p>}
      <form onSubmit={(event) => void submit(event)}>
        <label>{say("account")}<input name="account" autocomplete="username" required /></label>
        <label>{say("password")}<input name="password" type="password" autocomplete="current-password" required /></label>
        {problem && <p role="alert">{say(problem)}</p>}
        <button type="submit" disabled={busy}>{say("sign_in")}</button>
      </form>
    </main>
  );
}

export function NewPassword(props: { session: Session; say: Say; onDone: () => void }) {
  const { say } = props;
  const [problem, setProblem] = useState<Key | null>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const body = JSON.stringify({ old_password: form.get("old"), new_password: form.get("new") });
    const holder = new Holder(props.session, props.onDone);
    const answer = await holder.ask("v1/me/password", {
      method: "PUT", body, headers: { "Content-Type": "application/json" },
    }).catch(() => null);
    // Signed in with the new one: whoever changed it knows it.
    if (answer?.ok) void holder.signOut().then(props.onDone);
    else {
      holder.close();
      setProblem(answer === null ? "no_answer" : "not_taken");
    }
  };
  return (
    <main class="sheet">
      <h2>{say("change")}</h2>
      <p>{say("change_why")}</p>
      <form onSubmit={(event) => void submit(event)}>
        <label>{say("password")}<input name="old" type="password" autocomplete="current-password" required /></label>
        <label>{say("new_password")}<input name="new" type="password" autocomplete="new-password" minLength={12} required /></label>
        {problem && <p role="alert">{say(problem)}</p>}
        <button type="submit">{say("save")}</button>
      </form>
    </main>
  );
}
