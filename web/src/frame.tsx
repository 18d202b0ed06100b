/** The rooms that are offered to whoever is signed in, and the one that is entered. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Say } from "./app";
import type { Theme } from "./map";
import { offered, roomOf, type Permission, type Room, type RoomGiven } from "./rooms";
import type { Holder } from "./session";
import type { Language } from "./words";

interface Given { holder: Holder; say: Say; language: Language; theme: Theme }

export function Frame({ holder, say, language, theme }: Given) {
  const [permissions, setPermissions] = useState<readonly Permission[] | "failed" | null>(null);
  const [hash, setHash] = useState(location.hash);
  const readMe = () => {
    setPermissions(null);
    void holder.ask("v1/me").then(async (answer) => {
      setPermissions(answer.ok ? ((await answer.json()) as { permissions: Permission[] }).permissions : "failed");
    }).catch(() => setPermissions("failed"));
  };
  useEffect(readMe, [holder]);
  useEffect(() => {
    const onHash = () => setHash(location.hash);
    addEventListener("hashchange", onHash);
    return () => removeEventListener("hashchange", onHash);
  }, []);
  if (permissions === null) return null;
  if (permissions === "failed") {
    return <main class="sheet"><p role="alert">{say("no_answer")} <button type="button" onClick={readMe}>{say("again")}</button></p></main>;
  }
  const rooms = offered(permissions);
  const room = roomOf(hash, rooms);
  if (room === null) return <main class="sheet"><p>{say("no_room")}</p></main>;
  return (
    <>
      {rooms.length > 1 && <nav class="rooms" aria-label={say("rooms")}>{rooms.map((one) => (
        <a key={one.key} href={`#${one.key}`} aria-current={one === room ? "page" : undefined}>{one.title[language]}</a>
      ))}</nav>}
      <Entered key={room.key} room={room} holder={holder} say={say} language={language} theme={theme} />
    </>
  );
}

function Entered({ room, ...given }: RoomGiven & { room: Room }) {
  const { say } = given;
  const [Shown, setShown] = useState<ComponentType<RoomGiven> | null>(null);
  const [failed, setFailed] = useState(false);
  const load = () => {
    setFailed(false);
    // A component is a function: given as it is, it would be called for the next state.
    void room.load().then((made) => setShown(() => made.default)).catch(() => setFailed(true));
  };
  useEffect(load, [room]);
  if (failed) return <main class="sheet"><p role="alert">{say("no_answer")} <button type="button" onClick={load}>{say("again")}</button></p></main>;
  return Shown === null ? null : <Shown {...given} />;
}
