'use strict';

// The page shows what the server has made of it: each event brings <main> anew, and what is there becomes that. Nothing is run of what
// comes: a parsed document's scripts never are, and the page's Content-Security-Policy refuses all others.

const main = document.querySelector('main');
const connection = document.getElementById('connection');
const parser = new DOMParser();

const SILENCE_MILLIS = 5000;
const AGAIN_MILLIS = 5000;

let events = null;
let silence = 0;
let again = 0;
let since = '';

/** Changes only what differs, so that selections, focus and scrolling stay. */
function become(present, wanted) {
  for (const { name, value } of wanted.attributes) {
    if (present.getAttribute(name) !== value) {
      present.setAttribute(name, value);
    }
  }
  for (const { name } of [...present.attributes]) {
    if (!wanted.hasAttribute(name)) {
      present.removeAttribute(name);
    }
  }
  let child = present.firstChild;
  for (const next of [...wanted.childNodes]) {
    if (child === null) {
      present.append(next);
    } else if (child.nodeName !== next.nodeName) {
      const stale = child;
      child = child.nextSibling;
      stale.replaceWith(next);
    } else {
      if (child instanceof Element) {
        become(child, next);
      } else if (child.data !== next.data) {
        child.data = next.data;
      }
      child = child.nextSibling;
    }
  }
  while (child !== null) {
    const surplus = child;
    child = child.nextSibling;
    surplus.remove();
  }
}

function expect() {
  clearTimeout(silence);
  silence = setTimeout(() => lost('Sluice cannot be reached'), SILENCE_MILLIS);
}

function lost(reason) {
  if (connection.hidden) {
    since = new Date().toLocaleTimeString();
    connection.hidden = false;
  }
  connection.textContent = `Not live since ${since}: ${reason}. Trying again.`;
}

function listen() {
  stop();
  expect();
  events = new EventSource('events');
  events.onmessage = event => {
    expect();
    connection.hidden = true;
    become(main, parser.parseFromString(event.data, 'text/html').querySelector('main'));
  };
  events.onerror = () => {
    // There was another answer, such as that too many are watching already. Where there was none, as after each change of
    // the configuration, the browser asks again by itself.
    if (events.readyState === EventSource.CLOSED) {
      lost('there are no updates now');
      clearTimeout(silence);
      clearTimeout(again);
      again = setTimeout(listen, AGAIN_MILLIS);
    }
  };
}

function stop() {
  clearTimeout(silence);
  clearTimeout(again);
  if (events !== null) {
    events.close();
  }
}

/** Nothing is sent to a page that nobody sees. */
document.addEventListener('visibilitychange', () => document.hidden ? stop() : listen());
if (!document.hidden) {
  listen();
}
