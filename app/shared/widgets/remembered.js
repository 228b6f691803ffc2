// Keeps values in this browser for a year; an empty one is forgotten.
const YEAR = 365 * 24 * 60 * 60;

export default function ({ data }) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  for (const [name, value] of Object.entries(data)) {
    const age = value ? YEAR : 0;
    document.cookie = `${name}=${encodeURIComponent(value)}; Path=/; Max-Age=${age}; SameSite=Lax${secure}`;
  }
}
