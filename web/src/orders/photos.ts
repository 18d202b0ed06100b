/** Photos that an act names: announced, then brought in pieces (tus 1.0.0). */
import { send } from "../day/reading";
import type { Holder } from "../session";

export const MEDIA_TYPES = ["image/jpeg", "image/png", "image/webp", "image/heic"] as const;

/** SHA-256 in hexadecimal digits: the name of a photo. */
export async function nameOfPhoto(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((one) => one.toString(16).padStart(2, "0")).join("");
}

/** Announce a photo and bring it; its name, or null where it was not taken. */
export async function bringPhoto(holder: Holder, file: File): Promise<string | null> {
  const bytes = await file.arrayBuffer();
  const sha256 = await nameOfPhoto(bytes);
  const announced = await send(holder, "v1/photos", { sha256, bytes: file.size, media_type: file.type });
  if (!announced.ok) return null;
  const path = `v1/photos/${sha256}`;
  const there = await holder.ask(path, { method: "HEAD" }).catch(() => null);
  const offset = Number(there?.headers.get("Upload-Offset") ?? "0");
  if (there?.ok && offset === file.size) return sha256;
  const brought = await holder.ask(path, {
    method: "PATCH", body: bytes.slice(offset),
    headers: { "Upload-Offset": String(offset), "Content-Type": "application/offset+octet-stream", "Tus-Resumable": "1.0.0" },
  }).catch(() => null);
  return brought?.ok ? sha256 : null;
}
