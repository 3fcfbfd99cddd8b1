import { readFileSync, readdirSync } from 'node:fs';
import { launch } from './page.mjs';
const [base, serverPid, count = 3] = process.argv.slice(2);
const cpu = (pid) => { try { const p = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' '); return (Number(p[11]) + Number(p[12])) * 10; } catch { return 0; } };
const kids = (pid) => readdirSync('/proc').filter((d) => /^\d+$/.test(d)).filter((d) => { try { return readFileSync(`/proc/${d}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(pid); } catch { return false; } }).flatMap((d) => [Number(d), ...kids(d)]);
const sum = () => kids(process.pid).reduce((all, pid) => all + cpu(pid), 0);
const browser = await launch();
for (let i = 0; i < count; i++) {
  const context = await browser.newContext();
  for (const kind of ['cold', 'warm']) {
    const page = await context.newPage();
    const b0 = sum(), s0 = cpu(serverPid), t0 = performance.now();
    await page.goto(`${base}/playground`, { waitUntil: 'commit' });
    const panel = page.locator('.ag-panel form, .ag-form').first().waitFor().then(() => performance.now() - t0);
    await page.locator('.graphiql-query-editor .view-lines .view-line').first().waitFor({timeout: 60000});
    const t = performance.now() - t0;
    const res = await page.evaluate(() => { const n = performance.getEntriesByType('resource').map((r) => [r.name.split('/').pop(), Math.round(r.startTime), Math.round(r.responseEnd), r.encodedBodySize]); return [n, performance.getEntriesByName('first-contentful-paint')[0]?.startTime]; });
    console.log(kind, 'editor', Math.round(t), 'panel', Math.round(await panel), 'browserCPU', sum() - b0, 'serverCPU', cpu(serverPid) - s0, 'fcp', Math.round(res[1]), 'load', readFileSync('/proc/loadavg', 'utf8').split(' ')[0]);
    if (i === 0) for (const r of res[0]) console.log('   ', r.join(' '));
    await page.close();
  }
  await context.close();
}
await browser.close();
