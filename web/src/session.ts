/** Who is signed in. Tokens stay in the memory of the page: nothing is left on the machine. */
import type { components } from "./schema";

export type Session = components["schemas"]["Session"];

/** A refusal of the server; `status` 0: it did not answer. */
export class Refused extends Error {
  constructor(readonly status: number) {
    super(`status ${status}`);
  }
}

// Renewed so long before its end: a request on its way is not refused for its age.
const AHEAD_MS = 60_000;

export class Holder {
  private renewing: Promise<void> | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  /** `onEnd` is told once when the session can go on no more. */
  constructor(private session: Session | null, private readonly onEnd: () => void) {
    this.plan();
  }

  /** Ask with the token; renewed and asked again, once, where it has ended. */
  async ask(path: string, init: RequestInit = {}): Promise<Response> {
    const used = this.session?.token;
    const answer = await this.send(path, init);
    if (answer.status !== 401) return answer;
    // Another request may have renewed it meanwhile: a refresh is good once.
    if (used === this.session?.token) await this.renew();
    const again = await this.send(path, init);
    if (again.status === 401) this.end();
    return again;
  }

  /** The next token, for all who wait for one. */
  renew(): Promise<void> {
    this.renewing ??= this.take().finally(() => { this.renewing = null; });
    return this.renewing;
  }

  async signOut(): Promise<void> {
    await this.send("v1/session", { method: "DELETE" }).catch(() => undefined);
    this.close();
  }

  close(): void {
    clearTimeout(this.timer);
    this.session = null;
  }

  private async take(): Promise<void> {
    const refresh_token = this.session?.refresh_token;
    if (refresh_token === undefined) throw new Refused(401);
    const answer = await post("v1/session/refresh", { refresh_token });
    if (answer.status === 401) {
      this.end();
      throw new Refused(401);
    }
    if (!answer.ok) throw new Refused(answer.status);
    const renewed = (await answer.json()) as Session;
    // Signed out while the answer was on its way.
    if (this.session === null) throw new Refused(401);
    this.session = renewed;
    this.plan();
  }

  private plan(): void {
    clearTimeout(this.timer);
    if (this.session === null) return;
    const left_ms = Date.parse(this.session.expires_at) - Date.now() - AHEAD_MS;
    // A clock of this machine that is wrong must not make a storm of it.
    this.timer = setTimeout(() => void this.renew().catch(() => undefined), Math.max(30_000, left_ms));
  }

  private send(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    headers.set("Authorization", `Bearer ${this.session?.token ?? ""}`);
    return fetch(at(path), { ...init, headers });
  }

  private end(): void {
    if (this.session === null) return;
    this.close();
    this.onEnd();
  }
}

/** The session of an account; throws Refused. */
export async function signIn(account_id: string, password: string): Promise<Session> {
  const answer = await post("v1/session", { account_id, password }).catch(() => null);
  if (answer === null || !answer.ok) throw new Refused(answer?.status ?? 0);
  return (await answer.json()) as Session;
}

/** Where the API is: beside the folder of the screen, wherever a proxy puts both. */
function at(path: string): URL {
  return new URL(`../${path}`, document.baseURI);
}

function post(path: string, body: object): Promise<Response> {
  return fetch(at(path), {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
}
