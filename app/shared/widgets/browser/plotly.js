// Plotly, loaded once a tab.

/** @type {Promise<any> | undefined} */
let plotlyLoaded;

/** @param {string} address where the server has it */
function plotly(address) {
  plotlyLoaded ??= new Promise((loaded, failed) => {
    const script = el("script", { src: address, async: true });
    script.onload = () => loaded(/** @type {any} */ (window).Plotly);
    script.onerror = () => {
      plotlyLoaded = undefined;
      failed(new Error("The chart library did not load; reload the page."));
    };
    document.head.append(script);
  });
  return plotlyLoaded;
}
