/** The marks of the map, drawn here: no font or picture comes from elsewhere. */
import { COLOURS, STATES, type State } from "./states";

const SIDE = 40;

export interface Mark {
  name: string;
  picture: ImageData;
}

/** A circle, a triangle, a diamond, a square: told apart without colour. */
export function shapeOf(state: State): string {
  return {
    inside: "M20 5a15 15 0 1 0 .01 0z",
    outside: "M20 3L38 36H2z",
    unknown: "M20 2L38 20L20 38L2 20z",
    silent: "M5 5h30v30h-30z",
  }[state];
}

function canvas(width: number, height: number): CanvasRenderingContext2D {
  const made = document.createElement("canvas");
  made.width = width;
  made.height = height;
  const pen = made.getContext("2d");
  if (pen === null) throw new Error("this browser draws nothing");
  return pen;
}

/** The mark of each state. */
export function stateMarks(): Mark[] {
  return STATES.map((state) => {
    const pen = canvas(SIDE, SIDE);
    const path = new Path2D(shapeOf(state));
    pen.fillStyle = COLOURS[state];
    pen.fill(path);
    pen.lineWidth = 3;
    pen.strokeStyle = "#ffffff";
    pen.stroke(path);
    return { name: state, picture: pen.getImageData(0, 0, SIDE, SIDE) };
  });
}

/** A text as a picture, on a ground that makes it readable. */
export function textMark(name: string, text: string, ink: string, ground: string): Mark {
  const font = "600 24px system-ui, sans-serif";
  const measure = canvas(1, 1);
  measure.font = font;
  const width = Math.ceil(measure.measureText(text).width) + 20;
  const pen = canvas(width, 36);
  pen.fillStyle = ground;
  pen.beginPath();
  pen.roundRect(0, 0, width, 36, 12);
  pen.fill();
  pen.font = font;
  pen.fillStyle = ink;
  pen.textBaseline = "middle";
  pen.fillText(text, 10, 19);
  return { name, picture: pen.getImageData(0, 0, width, 36) };
}
