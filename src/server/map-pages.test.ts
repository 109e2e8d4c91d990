import { afterAll, beforeAll, expect, test } from 'vitest';
import { suite } from '../../tests/support/suite.ts';
import { crowd, showCrowd, starCrowd } from '../../tests/web/crowd.ts';
import { Dashboard } from './fixtures/testing-pages.ts';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

const overlap = (a: Box, b: Box): boolean =>
  a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;

suite('the map and the policy', { needs: ['chromium'] }, () => {
  let board: Dashboard;
  beforeAll(async () => {
    board = await Dashboard.open();
  });
  afterAll(async () => {
    await board?.close();
  });

  test('tell who gets where, and lead from there to the way of the packets', async () => {
    const { page, offences } = await board.visit();
    await page.getByRole('link', { name: 'Map' }).press('Enter');
    await page.getByRole('link', { name: /^router bench-gw/ }).focus();
    const out = 'out: 10.254.0.1/32, 130.238.7.10/32 udp/53 tcp/53';
    await page.getByText(`router bench-gw at hub of bench; ${out}`).waitFor();
    await page.getByRole('link', { name: /^segment bench: 10.101.0.0\/16, VNI 1203/ }).waitFor();
    await page.getByRole('link', { name: 'Policy' }).press('Enter');
    const open = page.locator('td.all').getByRole('link');
    await open.getByText('all but tcp/14790, udp/14789', { exact: true }).first().waitFor();
    await page.getByRole('link', { name: 'icmp tcp/22' }).first().press('Enter');
    await page.getByText('tcp/22 from anna to giessen arrives').waitFor();
    await page.locator('.decider').getByText('giessen').waitFor();
    await page.getByLabel('To', { exact: true }).fill('lab-printer');
    await page.keyboard.press('Enter');
    await page.getByText('tcp/22 from anna to lab-printer is refused').waitFor();
    await page.getByLabel('To', { exact: true }).fill('nobody');
    await page.keyboard.press('Enter');
    await page.getByRole('alert').getByText('nobody').waitFor();
    await page.goto('/n/net/tunnels/anna/hub');
    await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
    await page.getByRole('button', { name: 'Copy the public key of anna' }).press('Enter');
    await expect
      .poll(() => page.evaluate('navigator.clipboard.readText()'))
      .toMatch(/^[\w+/]{43}=$/);
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test('draw hundreds of members at one hub as one, and lead to these and to their tunnels', async () => {
    const { page, offences } = await board.visit();
    await showCrowd(page, 'net', starCrowd);
    await page.goto('/n/net/map');
    await page.getByRole('link', { name: /^members of hub: \d+ of 400 machines/ }).press('Enter');
    await page.getByText('Only members of hub.').waitFor();
    const count = page.locator('.tools [role=status]');
    await count.getByText('400', { exact: true }).waitFor();
    await page.getByRole('link', { name: 'Show all' }).press('Enter');
    await count.getByText('402', { exact: true }).waitFor();
    await page.goto('/n/net/map');
    await page.getByRole('link', { name: /^members of hub – hub: \d+ of 400 tunnels/ }).click();
    await page.getByText('Only members of hub – hub.').waitFor();
    await count.getByText('400', { exact: true }).waitFor();
    expect(new URL(page.url()).searchParams.getAll('only')).toEqual(['members:hub', 'site:hub']);
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test.each(['net', 'crowd'])('show all of a map on a telephone, of %s', async (what) => {
    const phone = { scheme: 'light', width: 390, height: 760 } as const;
    const { page, offences } = await board.visit(phone);
    if (what === 'crowd') await showCrowd(page, 'net');
    await page.goto('/n/net/map');
    const map = page.getByRole('group', { name: 'Map of net' });
    const names = map.locator('text:visible');
    await names.first().waitFor();
    const [sheet, ...texts] = await Promise.all(
      [page.locator('.sheet'), ...(await names.all())].map((one) => one.boundingBox()),
    );
    for (const text of texts) {
      expect(text?.x).toBeGreaterThanOrEqual(sheet?.x ?? 0);
      expect(text?.y).toBeGreaterThanOrEqual(sheet?.y ?? 0);
      expect((text?.x ?? 0) + (text?.width ?? 0)).toBeLessThanOrEqual(
        (sheet?.x ?? 0) + (sheet?.width ?? 0),
      );
      expect((text?.y ?? 0) + (text?.height ?? 0)).toBeLessThanOrEqual(phone.height);
      expect(text?.height).toBeGreaterThan(9);
    }
    if (what === 'net') {
      const name = map.getByText('anna', { exact: true });
      expect(await name.isVisible()).toBe(false);
      await map.getByRole('link', { name: /^anna: / }).focus();
      await name.waitFor();
    }
    expect(offences).toEqual([]);
    await page.context().close();
  });

  test.each([
    [390, 'crowd', crowd],
    [390, 'star', starCrowd],
    [1200, 'crowd', crowd],
    [1200, 'net', undefined],
  ] as const)('write no name over another, at %i pixels, of %s', async (width, _, of) => {
    const { page } = await board.visit({ width });
    if (of) await showCrowd(page, 'net', of);
    await page.goto('/n/net/map');
    const names = page.getByRole('group', { name: 'Map of net' }).locator('text:visible');
    await names.first().waitFor();
    const boxes = await Promise.all(
      (await names.all()).map(async (one) => [await one.textContent(), await one.boundingBox()]),
    );
    const known = boxes.filter((one): one is [string, Box] => one[1] !== null);
    // Where names are left out, most are there.
    expect(known.length).toBeGreaterThan(of === crowd ? 35 : 1);
    const over = known.flatMap(([a, one], index) =>
      known.slice(index + 1).flatMap(([b, other]) => (overlap(one, other) ? [`${a} ${b}`] : [])),
    );
    expect(over).toEqual([]);
    await page.context().close();
  });
});
