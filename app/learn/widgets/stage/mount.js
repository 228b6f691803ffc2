// Where the server's three messages arrive: the lesson, pictures, and what it says of a live training.

/** @type {{stage: Stage | null, lesson: string, pictures: Record<string, string> | null, live: any, tell: ((what: string, value: string) => void) | null}} */
const here = { stage: null, lesson: "", pictures: null, live: null, tell: null };

/** @param {any} component */
export default function (component) {
  const { data, parentElement: root, setTriggerValue } = component;
  if (data.kind === "pictures") here.pictures = data.pictures;
  if (data.kind === "live") {
    here.live = data;
    here.tell = (what, value) => setTriggerValue(what, value);
  }
  if (data.kind === "lesson" && (here.lesson !== data.lesson || !here.stage?.node.isConnected)) {
    here.stage?.end();
    here.lesson = data.lesson;
    here.stage = new Stage(root, new Lesson(data));
  }
  const { stage } = here;
  if (stage) {
    if (here.pictures && data.kind !== "live") stage.lesson.receive(here.pictures, stage.node);
    if (here.tell) stage.tell = here.tell;
    if (here.live && data.kind !== "pictures") stage.receive(here.live);
  }
  if (data.kind !== "lesson") return () => {};
  return () =>
    setTimeout(() => {
      if (root.isConnected || here.stage?.node.isConnected) return;
      here.stage?.end();
      here.stage = null;
    }, 0);
}
