// What the server is told. Streamlit sends what is told within one task as one message, and runs one fragment of the
// page alone for it: pictures sent for in the moment of a choice would keep the choice from its own fragment.

/** @type {(() => void)[]} */
const untold = [];

/** Tell the server a state, in a task of its own. @param {(name: string, value: any) => void} tell @param {string} name @param {any} value */
function tellAlone(tell, name, value) {
  untold.push(() => tell(name, value));
  if (untold.length === 1) tellFirst();
}

function tellFirst() {
  try {
    untold[0]();
  } finally { // set after Streamlit's own timer, so that it comes after it; and where telling failed, for those that follow
    setTimeout(() => {
      untold.shift();
      if (untold.length) tellFirst();
    });
  }
}
